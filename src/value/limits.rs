//! The limits on values, each with the sentence or the rule that it comes from.
//!
//! A quoted sentence is from npm's page on access tokens, the founding document of [the rules](crate::docs::rules).

use core::time::Duration;

/// The maximum number of granular tokens on one account that are not revoked ([L1](crate::docs::rules#l1)).
///
/// > You can create up to 1000 granular access tokens on your npm account.
pub const MAX_GRANULAR_TOKENS: usize = 1000;

/// The maximum number of packages and scopes in one selection, counted together ([L2](crate::docs::rules#l2)).
///
/// > Each token can access up to … either 50 packages, 50 scopes, or a combination of 50 packages and scopes.
pub const MAX_PACKAGES_AND_SCOPES: usize = 50;

/// The maximum number of organizations in one grant ([L3](crate::docs::rules#l3)).
///
/// > Each token can access up to 50 organizations.
pub const MAX_ORGANIZATIONS: usize = 50;

/// The minimum time between the creation of a granular token and its expiry: 24 hours ([L4](crate::docs::rules#l4)).
///
/// > You can set how long your token is valid for, at least one day in the future.
pub const MIN_LIFETIME: Duration = Duration::from_hours(24);

/// The maximum length of a granular token's name, in characters, all of which are ASCII
/// ([L6](crate::docs::rules#l6)).
pub const MAX_TOKEN_NAME: usize = 40;

/// The maximum length of a granular token's description, in Unicode scalar values ([L6](crate::docs::rules#l6)).
pub const MAX_DESCRIPTION: usize = 120;

/// The maximum number of IP ranges on one token, counted after duplicates are removed ([L7](crate::docs::rules#l7)).
pub const MAX_RANGES: usize = 1000;

/// The maximum length of an existing package's name, in bytes ([N2](crate::docs::rules#n2)).
pub const MAX_PACKAGE_NAME: usize = 1024;

/// The maximum length of a new package's name, in characters, all of which are ASCII ([N2](crate::docs::rules#n2)).
pub const MAX_NEW_PACKAGE_NAME: usize = 214;

/// The maximum length of the name of an organization, a team or a new user, in bytes ([N4](crate::docs::rules#n4)).
pub const MAX_ACCOUNT_NAME: usize = 214;

/// The maximum length of the name of a user that exists, in bytes ([N4](crate::docs::rules#n4)).
pub const MAX_USER_NAME: usize = 256;

/// The maximum length of a secret, in bytes, all of which are visible ASCII characters ([S1](crate::docs::rules#s1)).
pub const MAX_SECRET: usize = 512;

/// The number of random base-62 characters in a minted secret ([S1](crate::docs::rules#s1)).
pub const SECRET_RANDOM_CHARACTERS: usize = 30;

/// The number of checksum characters in a minted secret ([S1](crate::docs::rules#s1)).
pub const SECRET_CHECKSUM_CHARACTERS: usize = 6;

/// The maximum age of a shown second factor that a registry may accept: one day.
///
/// This limit is not from the rules, which leave the age to the registry ([F6](crate::docs::rules#f6)). A factor that
/// counts for longer does not show who uses the token now.
pub const MAX_FACTOR_AGE: Duration = Duration::from_hours(24);

/// The maximum length of a token's public id, in bytes.
///
/// This limit is not from the rules. It is far above the 36 bytes of a UUID.
pub const MAX_TOKEN_ID: usize = 512;

/// The maximum depth of a document that this crate deserializes, in levels of lists and objects inside each other. A
/// format's `Some` is a level too.
///
/// It holds for stored tokens, users and packages, worlds, request lines, policies and bodies of requests, also if the deserializer has no
/// limit of its own. A deeper document is an error of the deserializer, so that reading, comparing and dropping a
/// document take a bounded part of the stack.
///
/// This limit is not from the rules. `serde_json` stops before it, after 127 levels, unless its own limit is disabled.
pub const MAX_DOCUMENT_DEPTH: usize = 128;
