//! The parts of a request other than its endpoint and its body: its credentials, the address of the client, and the URL
//! by which the client reaches the server.

use std::net::SocketAddr;

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use tollgate::{
    ClientIp, Timestamp,
    npm::{Credential, CredentialError},
};

use crate::{
    base::{clock, failure::Failure},
    exchange::services::Services,
};

/// **The credentials of a request**, not verified yet. They hold secrets, so the type has no `Debug`.
pub(crate) enum Credentials {
    /// No `authorization` header.
    None,
    /// The text of a token.
    Bearer(String),
    /// A name and a password, which only a login accepts.
    Basic { name: String, password: String },
    /// Another scheme, a malformed header, or more than one header.
    Unreadable,
}

/// **The parts of a request other than its endpoint and its body**, before any look-up.
pub(crate) struct RequestContext {
    pub(crate) credentials: Credentials,
    pub(crate) one_time_password: Option<String>,
    pub(crate) client_ip: ClientIp,
    pub(crate) now: Timestamp,
    /// The URL that clients put before a path, without a slash at its end.
    pub(crate) base_url: String,
}

impl RequestContext {
    /// Reads the headers of a request and the clock. `peer` is the address of the other end of the connection.
    pub(crate) fn read(services: &Services, headers: &HeaderMap, peer: SocketAddr) -> Result<Self, Failure> {
        Ok(Self {
            credentials: credentials(headers),
            one_time_password: one_time_password(headers),
            client_ip: services.proxies.client_ip_from_headers(peer.ip(), headers),
            now: clock::now()?,
            base_url: base_url(headers, services.public_url.as_deref(), services.address),
        })
    }
}

/// Reads the `authorization` header. A header that cannot be read is [`Unreadable`](Credentials::Unreadable), which
/// counts as an unknown token, and never `None`.
fn credentials(headers: &HeaderMap) -> Credentials {
    match Credential::from_header_map(headers) {
        Credential::Absent => Credentials::None,
        Credential::Token(text) => Credentials::Bearer(text.to_owned()),
        Credential::Malformed(CredentialError::Basic) => basic(headers).unwrap_or(Credentials::Unreadable),
        Credential::Malformed(_) => Credentials::Unreadable,
    }
}

/// Reads the name and the password of a login.
fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let (_, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let encoded = encoded.trim();
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some(Credentials::Basic { name: name.to_owned(), password: password.to_owned() })
}

/// The one-time password in the header `npm-otp`.
fn one_time_password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("npm-otp")?.to_str().ok()?.trim();
    if value.is_empty() { None } else { Some(value.to_owned()) }
}

/// The URL that clients put before a path: the configured URL, or else the header `Host` of this request if it looks
/// like a host, or else the address of the server.
fn base_url(headers: &HeaderMap, public_url: Option<&str>, address: SocketAddr) -> String {
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
    use super::{Credentials, base_url, credentials};
    use axum::http::{HeaderMap, HeaderValue, header};

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn an_unreadable_authorization_header_does_not_count_as_none() {
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
    fn the_base_url_is_the_configured_one_or_a_plausible_host_or_the_address() {
        let address = "127.0.0.1:4873".parse().unwrap();
        let with = |host: &'static str| [(header::HOST, HeaderValue::from_static(host))].into_iter().collect();
        assert_eq!(base_url(&with("localhost:99"), None, address), "http://localhost:99");
        assert_eq!(
            base_url(&with("localhost:99"), Some("https://npm.example.test/"), address),
            "https://npm.example.test"
        );
        assert_eq!(base_url(&with("evil/path"), None, address), "http://127.0.0.1:4873");
        assert_eq!(base_url(&HeaderMap::new(), None, address), "http://127.0.0.1:4873");
    }
}
