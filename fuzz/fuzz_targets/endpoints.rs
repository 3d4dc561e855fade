//! Endpoints: classifies each line of the input as the method and target of a request.
//!
//! * An endpoint is written as a request that is read as the same endpoint.
//! * Names are decoded exactly once: the original path and the written path, each decoded once by other code, are the
//!   same text.
//! * Other software sees the same segments, even if it decodes the path first or twice, cuts it at `;`, `?` or `#`, or
//!   treats a backslash as a slash. No accepted path has any of these characters, and no segment is empty or dots, even
//!   after an encoded slash.
//! * The required access names the names in the path. It is never empty for an endpoint that needs a permission.
//! * No message has anything with the shape of a secret, and no `Debug` text has a token from a path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate::npm::{Endpoint, OpenRequest, RequiredAccess};
use tollgate::{PackageName, value::OrganizationName};

#[path = "shared/laws.rs"]
mod laws;

/// Returns the path without its query, decoded once, or `None` if it is not valid UTF-8.
fn decoded(target: &str) -> Option<String> {
    let path = target.split('?').next().unwrap_or_default().as_bytes();
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < path.len() {
        if path[at] == b'%' {
            let digits = core::str::from_utf8(path.get(at + 1..at + 3)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            bytes.push(path[at]);
            at += 1;
        }
    }
    String::from_utf8(bytes).ok()
}

fn request(line: &str) {
    let Some((method, target)) = line.split_once(' ') else { return };
    let endpoint = match Endpoint::classify(method, target) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            laws::message(&error.to_string());
            assert!(matches!(error.status(), 400 | 404 | 405));
            return;
        }
    };
    let path = endpoint.to_path();
    assert_eq!(Endpoint::classify(endpoint.method(), &path).as_ref(), Ok(&endpoint), "{line:?} is {path:?}");
    let (came, written) =
        (decoded(target).expect("what is read decodes"), decoded(&path).expect("what is written too"));
    if matches!(endpoint, Endpoint::Open(OpenRequest::ReadAudit)) {
        assert!(came.starts_with("/-/npm/v1/security/audits"));
    } else {
        assert_eq!(came, written, "{line:?}");
    }
    assert!(!came.contains(['%', '\\', ';', '?', '#']) && came.bytes().all(|byte| byte.is_ascii_graphic()), "{line:?}");
    assert!(!came.split('/').skip(1).any(|segment| matches!(segment, "" | "." | "..")), "{line:?}");
    let is_secret = came.starts_with("/-/user/token/") || came.starts_with("/-/npm/v1/tokens/token/");
    if is_secret {
        let text = format!("{endpoint:?}");
        assert!(text.len() < 200, "a text in the path is not printed: {text}");
    }
    let access_requests = match endpoint.required_access() {
        RequiredAccess::Nothing => {
            assert!(matches!(endpoint, Endpoint::Open(_)));
            return;
        }
        RequiredAccess::This(access_request) => vec![access_request],
        RequiredAccess::OneOf(access_requests) => access_requests.into_vec(),
    };
    assert!(!access_requests.is_empty());
    for access_request in access_requests {
        for name in [
            access_request.package().map(PackageName::into_str),
            access_request.organization().map(OrganizationName::into_str),
        ] {
            assert!(name.is_none_or(|name| came.contains(name)), "{line:?}: {access_request}");
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    for line in laws::lines(bytes) {
        request(&line);
    }
});
