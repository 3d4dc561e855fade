//! Passwords, one-time passwords, logins, holds, and the issuing of tokens.

pub(crate) mod hashing;
pub(crate) mod hold;
pub(crate) mod issuance;
pub(crate) mod login;
pub(crate) mod one_time_password;
pub(crate) mod password;
pub(crate) mod recovery;
