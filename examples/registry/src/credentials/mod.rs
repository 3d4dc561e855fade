//! Passwords, one-time passwords, logins, and the issuing of tokens.

pub(crate) mod issuance;
pub(crate) mod login;
pub(crate) mod one_time_password;
pub(crate) mod password;
