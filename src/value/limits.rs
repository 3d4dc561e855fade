//! Every number that bounds a value, with the sentence that it comes from.
//!
//! "npm's page" is npm's page on access tokens; an id such as L2 is a rule of [`docs::rules`](crate::docs::rules).

use core::time::Duration;

/// L1. "You can create up to 1000 granular access tokens on your npm account."
pub const MAX_GRANULAR_TOKENS: usize = 1000;

/// L2. "Each token can access up to … either 50 packages, 50 scopes, or a combination of 50 packages and scopes."
pub const MAX_PACKAGES_AND_SCOPES: usize = 50;

/// L3. "Each token can access up to 50 organizations."
pub const MAX_ORGANIZATIONS: usize = 50;

/// L4. "You can set how long your token is valid for, at least one day in the future."
pub const MIN_LIFETIME: Duration = Duration::from_hours(24);

/// L6. The longest name of a granular token, in characters (all of them ASCII).
pub const MAX_TOKEN_NAME: usize = 40;

/// L6. The longest description of a granular token, in Unicode scalar values.
pub const MAX_DESCRIPTION: usize = 120;

/// L7. The most IP ranges that one token carries, after dropping duplicates.
pub const MAX_RANGES: usize = 1000;

/// N2. The longest package name that can exist at all, in bytes.
pub const MAX_PACKAGE_NAME: usize = 1024;

/// N2. The longest name that a new package may have, in characters (all of them ASCII).
pub const MAX_NEW_PACKAGE_NAME: usize = 214;

/// N4. The longest name of a user, an organization or a team, in bytes.
pub const MAX_ACCOUNT_NAME: usize = 214;

/// S1. The longest secret text, in bytes (all of them visible ASCII).
pub const MAX_SECRET: usize = 512;

/// S1. The random characters of a minted secret, each one of 62.
pub const SECRET_RANDOM_CHARACTERS: usize = 30;

/// S1. The checksum characters of a minted secret.
pub const SECRET_CHECKSUM_CHARACTERS: usize = 6;

/// The longest public id of a token, in bytes: a bound of ours, far above a UUID's 36.
pub const MAX_TOKEN_ID: usize = 512;
