//! npm's wire: what the npm client's requests ask for, and how an answer reaches the person.

mod all_of;
mod answer;
mod asks;
mod body;
mod classify;
mod endpoint;
mod invalid;
mod packument;
mod profile;
mod proxy;
mod publication;
mod render;
mod settings;
mod target;
mod token_answer;
mod token_request;

pub use all_of::AllOf;
pub use answer::Answer;
pub use asks::Asks;
pub use body::{Body, InvalidBody};
pub use endpoint::{AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, TeamRequest};
pub use invalid::{InvalidRequest, PathProblem};
pub use packument::{PackumentChanges, PutTo, StoredPackument};
pub use profile::{Password, PasswordChange, ProfileChange, TwoFactorChange};
pub use proxy::TrustedProxies;
pub use publication::Publication;
pub use settings::{AccessChange, IsMember, MemberChange, TeamAccessChange, TeamToCreate};
pub use target::{PathText, TokenInPath};
pub use token_answer::{CreatedToken, ListedToken, TokenList};
pub use token_request::{CreateTokenRequest, RequestedToken};
