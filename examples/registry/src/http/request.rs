//! What a request says of itself beside its endpoint: who it says it is, from where, and how the server is called.

use std::net::SocketAddr;

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use tollgate::{ClientIp, Timestamp};

/// **The credentials of a request**, unverified. Cannot be printed.
pub(crate) enum Credentials {
    /// No `authorization` header.
    None,
    /// The text of a token.
    Bearer(String),
    /// A name and a password: for logins alone.
    Basic { name: String, password: String },
    /// Something else, or more than one.
    Unreadable,
}

/// **A request**, before anything is looked up.
pub(crate) struct Asked {
    pub(crate) credentials: Credentials,
    pub(crate) one_time_password: Option<String>,
    pub(crate) client_ip: ClientIp,
    pub(crate) now: Timestamp,
    /// What clients put before a path, without the slash.
    pub(crate) base: String,
}

/// Reads the `authorization` header. Whatever is in it and is no credential, is a token that nobody knows: never none.
pub(crate) fn credentials(headers: &HeaderMap) -> Credentials {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Credentials::None };
    if values.next().is_some() {
        return Credentials::Unreadable;
    }
    let Some((scheme, rest)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
        return Credentials::Unreadable;
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        return Credentials::Bearer(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return basic(rest.trim()).unwrap_or(Credentials::Unreadable);
    }
    Credentials::Unreadable
}

fn basic(encoded: &str) -> Option<Credentials> {
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some(Credentials::Basic { name: name.to_owned(), password: password.to_owned() })
}

/// The one-time password that came along.
pub(crate) fn one_time_password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("npm-otp")?.to_str().ok()?.trim();
    if value.is_empty() { None } else { Some(value.to_owned()) }
}

/// The address that clients use: as configured, else as this one does.
pub(crate) fn base(headers: &HeaderMap, public_url: Option<&str>, address: SocketAddr) -> String {
    if let Some(url) = public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let is_host = |host: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        !host.is_empty() && host.len() <= 255 && host.bytes().all(plain)
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(is_host);
    host.map_or_else(|| format!("http://{address}"), |host| format!("http://{host}"))
}

#[cfg(test)]
mod tests {
    use super::{Credentials, base, credentials};
    use axum::http::{HeaderMap, HeaderValue, header};

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_is_no_credential_is_never_none() {
        assert!(matches!(credentials(&headers(&[])), Credentials::None));
        assert!(matches!(credentials(&headers(&["Bearer abc"])), Credentials::Bearer(text) if text == "abc"));
        assert!(matches!(credentials(&headers(&["bearer abc"])), Credentials::Bearer(_)));
        // "alice:secret"
        assert!(matches!(
            credentials(&headers(&["Basic YWxpY2U6c2VjcmV0"])),
            Credentials::Basic { name, password } if name == "alice" && password == "secret"
        ));
        for value in ["Bearer", "Basic %%%", "Digest x", ""] {
            assert!(matches!(credentials(&headers(&[value])), Credentials::Unreadable), "{value}");
        }
    }

    #[test]
    fn the_base_is_the_configured_one_or_a_host_that_looks_like_one() {
        let address = "127.0.0.1:4873".parse().unwrap();
        let with = |host: &'static str| [(header::HOST, HeaderValue::from_static(host))].into_iter().collect();
        assert_eq!(base(&with("localhost:99"), None, address), "http://localhost:99");
        assert_eq!(base(&with("localhost:99"), Some("https://npm.example.test/"), address), "https://npm.example.test");
        assert_eq!(base(&with("evil/path"), None, address), "http://127.0.0.1:4873");
        assert_eq!(base(&HeaderMap::new(), None, address), "http://127.0.0.1:4873");
    }
}
