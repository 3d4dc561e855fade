//! Pages for browsers. A page shows what the caller may read, and its forms send the same requests as npm's client.

pub(crate) mod access_text;
pub(crate) mod entry;
pub(crate) mod html;
pub(crate) mod identity;
pub(crate) mod internal;
pub(crate) mod membership;
pub(crate) mod new_token;
pub(crate) mod npm_login;
pub(crate) mod organizations;
pub(crate) mod package;
pub(crate) mod problem;
pub(crate) mod refusal;
pub(crate) mod routes;
pub(crate) mod security;
pub(crate) mod token_text;
pub(crate) mod tokens;
pub(crate) mod visitor;
