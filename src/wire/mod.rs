//! npm's wire: what the npm client's requests ask for, and how an answer reaches the person.

mod asks;
mod body;
mod classify;
mod endpoint;
mod render;
mod target;

pub use asks::Asks;
pub use body::{Body, InvalidBody};
pub use endpoint::{
    AccountRequest, Endpoint, InvalidRequest, OpenRequest, OrganizationRequest, PackageRequest, TeamRequest,
};
pub use target::{PathProblem, PathText, TokenInPath};
