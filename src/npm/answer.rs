//! How a denial or a challenge reaches the person at the terminal.
//!
//! The npm client prints `error` of a body verbatim where the status is 403 or 404 (npm-registry-fetch, `errors.js`,
//! `HttpErrorGeneral`). Of a 401 it prints a sentence of its own, chosen by `www-authenticate` (`check-response.js`,
//! npm's `error-message.js`), and never the body: there the reason goes into `npm-notice`, which it prints with any
//! status.

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    decision::{Challenge, Deny},
    operation::Operation,
    rules::Reason,
};

/// **What to answer to a request that was not allowed**: status, headers and body, all that the client is told.
///
/// - As a value it serializes to the body, `{"error": "…"}`.
/// - It is made of the client's text alone: what D3 hides stays hidden, so a hidden package and a free name have equal
///   answers.
/// - For a challenge the headers and the body both say that a one-time password is missing, each enough for npm to ask
///   for it.
///
/// ```
/// use tollgate::{Decision, MissingPackage, PackageAction, PackageName, authorize_anonymous, npm::Answer};
///
/// let answer = |action: PackageAction| {
///     let left_pad = MissingPackage::new(PackageName::new("left-pad").unwrap());
///     match authorize_anonymous(action, left_pad) {
///         Decision::Deny(deny) => Answer::from_deny(&deny),
///         Decision::Challenge(challenge) => Answer::from_challenge(&challenge),
///         Decision::Allow(_) => unreachable!("there is no such package"),
///     }
/// };
/// # use tollgate::operation::ActionOn;
/// let publish = answer(PackageAction::Publish);
/// assert_eq!((publish.status(), publish.www_authenticate()), (401, Some("Bearer")));
/// assert_eq!(publish.npm_notice(), Some("publish needs an access token: log in first"));
///
/// let read = answer(PackageAction::ReadPackage);
/// assert_eq!((read.status(), read.www_authenticate(), read.npm_notice()), (404, None, None));
/// let body = r#"{"error":"`left-pad` could not be found or you do not have permission to access it"}"#;
/// assert_eq!(serde_json::to_string(&read)?, body);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    www_authenticate: Option<&'static str>,
    error: Box<str>,
    npm_notice: Option<Box<str>>,
}

impl Answer {
    /// The answer to a denial.
    #[must_use]
    pub fn from_deny(deny: &Deny<'_>) -> Self {
        let status = deny.status();
        let error: Box<str> = deny.client_text().to_string().into();
        let www_authenticate = (status == 401).then(|| match deny.reason() {
            Reason::IpNotAllowed => "ipaddress",
            Reason::TokenUnknown
            | Reason::AuthenticationRequired
            | Reason::TokenRevoked
            | Reason::TokenExpired
            | Reason::OwnerSuspended
            | Reason::KindForbidsAction
            | Reason::PermissionTooLow
            | Reason::NoSuchOrg
            | Reason::NoSuchPackage
            | Reason::NotSelected
            | Reason::CreationNotCovered
            | Reason::OwnerLacksPermission
            | Reason::InvalidNewName
            | Reason::TokensDisallowed
            | Reason::SecondFactorNotEnrolled => "Bearer",
        });
        let npm_notice = (status == 401).then(|| header_safe(&error));
        Self { status, www_authenticate, error, npm_notice }
    }

    /// The answer to a challenge. npm says itself what to do about it, so there is no notice.
    #[must_use]
    pub fn from_challenge(challenge: &Challenge<'_>) -> Self {
        let operation: &Operation<'_> = challenge.operation();
        Self {
            status: challenge.status(),
            www_authenticate: Some("OTP"),
            error: format!("{operation} needs a one-time password: repeat it with `--otp`").into(),
            npm_notice: None,
        }
    }

    /// The notice for a public read that the server allowed [without the token](crate::authorize_anonymous), a dead one:
    /// why that was ignored. `None` where the denial has another reason than T: then the token is alive, and there was
    /// nothing to ignore.
    #[must_use]
    pub const fn notice_for_ignored(deny: &Deny<'_>) -> Option<&'static str> {
        match deny.reason() {
            Reason::TokenUnknown => Some("the access token was ignored: it is not valid, log in again"),
            Reason::TokenRevoked => Some("the access token was ignored: it was revoked, log in again or use another"),
            Reason::TokenExpired => Some("the access token was ignored: it has expired, make a new one"),
            Reason::IpNotAllowed => Some("the access token was ignored: it may not be used from this address"),
            Reason::OwnerSuspended => Some("the access token was ignored: the account that it belongs to is suspended"),
            Reason::AuthenticationRequired
            | Reason::KindForbidsAction
            | Reason::PermissionTooLow
            | Reason::NoSuchOrg
            | Reason::NoSuchPackage
            | Reason::NotSelected
            | Reason::CreationNotCovered
            | Reason::OwnerLacksPermission
            | Reason::InvalidNewName
            | Reason::TokensDisallowed
            | Reason::SecondFactorNotEnrolled => None,
        }
    }

    /// 401, 403 or 404 (D3).
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The header `www-authenticate` of a 401: `OTP` for a challenge (npm: `EOTP`), `ipaddress` where the address is the
    /// reason (`EAUTHIP`), else `Bearer` (`E401`).
    #[must_use]
    pub const fn www_authenticate(&self) -> Option<&'static str> {
        self.www_authenticate
    }

    /// The text of the body: the client's text of the denial, or what is missing of a challenge.
    #[must_use]
    pub const fn error(&self) -> &str {
        &self.error
    }

    /// The header `npm-notice` of a denial with 401, visible ASCII and spaces on one line: the client's text again.
    #[must_use]
    pub fn npm_notice(&self) -> Option<&str> {
        self.npm_notice.as_deref()
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(Some(1))?;
        body.serialize_entry("error", self.error())?;
        body.end()
    }
}

/// The text as the value of a header: whatever is not visible ASCII or a space is a question mark.
fn header_safe(text: &str) -> Box<str> {
    let safe = |character: char| if matches!(character, ' '..='~') { character } else { '?' };
    text.chars().map(safe).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::header_safe;

    #[test]
    fn a_notice_is_one_line_of_visible_ascii() {
        assert_eq!(&*header_safe("a plain `text` ~"), "a plain `text` ~");
        assert_eq!(&*header_safe("a\r\nset-cookie: x\0\u{7f}é\u{85}…"), "a??set-cookie: x?????");
    }
}
