//! The response to a request that is not carried out, which the npm client shows at the terminal.
//!
//! If the status is 403 or 404, the npm client prints the body's `error` verbatim (npm-registry-fetch, `errors.js`,
//! `HttpErrorGeneral`). If the status is 401, it prints a sentence of its own, chosen by `www-authenticate`
//! (`check-response.js`, npm's `error-message.js`), and never the body. So the reason of a 401 goes into the header
//! `npm-notice`, which the client prints with any status.

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{BodyError, ChangesNotAllowedError, CredentialError, EndpointError};
use crate::{
    decision::{Challenge, Decision, Deny, OperationPhrase, ResourceFactsError},
    facts::LookupError,
    rules::Reason,
    token::IssueError,
};

/// The response to a request that is not carried out: a status, headers and a body.
///
/// - `Answer::from` takes a denial, a challenge, a step of the [`Decider`](super::Decider) that refuses or challenges, the
///   errors of this module, an [`IssueError`], a [`LookupError`] or a [`ResourceFactsError`]. So a handler that returns
///   `Result<_, Answer>` can use `?` on each of them. For any other fault of the server, log it and use
///   [`server_error`](Self::server_error).
/// - Serializing an answer writes the body, `{"error": "…"}`.
/// - An answer says only what the client may know ([D4](crate::docs::rules#d4)). A private package that the token may
///   not read and a package that does not exist have equal answers.
/// - The answer to a challenge asks for a one-time password in the header `www-authenticate` and in the body. Either is
///   enough to make the npm client ask the user for the password.
///
/// # Examples
///
/// ```
/// use tollgate::{Decision, MissingPackage, PackageAction, PackageName, authorize_anonymous, npm::Answer};
///
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
///
/// let Decision::Deny(deny) = authorize_anonymous(PackageAction::Publish, left_pad) else { panic!("not denied") };
/// let answer = Answer::from(deny);
/// assert_eq!(answer.status(), 401);
/// assert_eq!(answer.www_authenticate(), Some("Bearer"));
/// assert_eq!(answer.npm_notice(), Some("an access token is needed to publish: log in first"));
///
/// let Decision::Deny(deny) = authorize_anonymous(PackageAction::ReadPackage, left_pad) else { panic!("not denied") };
/// let answer = Answer::from(deny);
/// assert_eq!(answer.status(), 404);
/// assert_eq!(answer.www_authenticate(), None);
/// assert_eq!(answer.npm_notice(), None);
/// assert_eq!(
///     serde_json::to_string(&answer)?,
///     r#"{"error":"`left-pad` could not be found or you do not have permission to access it"}"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    www_authenticate: Option<&'static str>,
    error: Box<str>,
    npm_notice: Option<Box<str>>,
    browser: Option<Browser>,
}

/// Where a person answers a challenge in a browser, and where the client then gets the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Browser {
    auth_url: Box<str>,
    done_url: Box<str>,
}

/// Creates the answer to a denial.
impl From<Deny<'_>> for Answer {
    fn from(deny: Deny<'_>) -> Self {
        let status = deny.status();
        let www_authenticate = match deny.reason() {
            Reason::IpNotAllowed => "ipaddress",
            Reason::TokenUnknown
            | Reason::AuthenticationRequired
            | Reason::TokenRevoked
            | Reason::TokenRetired
            | Reason::TokenExpired
            | Reason::OwnerSuspended
            | Reason::KindForbidsAction
            | Reason::OwnerOnHold
            | Reason::PermissionTooLow
            | Reason::StageRequired
            | Reason::NoSuchOrg
            | Reason::NoSuchPackage
            | Reason::NotSelected
            | Reason::CreationNotCovered
            | Reason::OwnerLacksPermission
            | Reason::InvalidNewName
            | Reason::TokensDisallowed
            | Reason::SecondFactorNotEnrolled => "Bearer",
        };
        Self::new(status, www_authenticate, deny.client_text())
    }
}

/// Creates the answer to a challenge. The answer has no `npm-notice`, because the npm client itself tells the user what
/// to do.
impl From<Challenge<'_>> for Answer {
    fn from(challenge: Challenge<'_>) -> Self {
        Self {
            status: challenge.status(),
            www_authenticate: Some("OTP"),
            error: format!(
                "a one-time password is needed to {}: repeat the command with `--otp`",
                OperationPhrase(challenge.operation())
            )
            .into(),
            npm_notice: None,
            browser: None,
        }
    }
}

/// Creates the answer to headers that do not hold one token, with status 401.
impl From<CredentialError> for Answer {
    fn from(error: CredentialError) -> Self {
        Self::new(401, "Bearer", error)
    }
}

/// Creates the answer to a request that is not one of npm's, with status 400, 404 or 405.
impl From<EndpointError> for Answer {
    fn from(error: EndpointError) -> Self {
        Self::new(error.status(), "Bearer", error)
    }
}

/// Creates the answer to a body that does not have a form that its endpoint accepts, with status 400.
impl From<BodyError> for Answer {
    fn from(error: BodyError) -> Self {
        Self::new(error.status(), "Bearer", error)
    }
}

/// Creates the answer to changes that are allowed and cannot be made, with the [status](ChangesNotAllowedError::status)
/// of the error. A status of 500 is a fault of the server: log the error.
impl From<ChangesNotAllowedError> for Answer {
    fn from(error: ChangesNotAllowedError) -> Self {
        Self::new(error.status(), "Bearer", error)
    }
}

/// Creates the answer to facts that lack a name of the request, with status 500, or 400 for a team that cannot be new. A
/// status of 500 is a fault of the server: log the error.
impl From<ResourceFactsError> for Answer {
    fn from(error: ResourceFactsError) -> Self {
        let status = match error {
            ResourceFactsError::TeamName => 400,
            ResourceFactsError::Package | ResourceFactsError::Organization | ResourceFactsError::NothingAsked => 500,
        };
        Self::new(status, "Bearer", error)
    }
}

/// Creates the answer to a look-up that found another name, with status 500. It is a fault of the server: log the error.
impl From<LookupError> for Answer {
    fn from(_: LookupError) -> Self {
        Self::server_error()
    }
}

/// Creates the answer to a request for a token that is not issued: 400 if the settings are not valid, 409 if the name is
/// taken or the account has too many tokens, 500 if the server passed no facts about a selected name, otherwise 403.
impl From<IssueError> for Answer {
    fn from(error: IssueError) -> Self {
        let status = match &error {
            IssueError::Invalid(_) | IssueError::SessionExpired { .. } => 400,
            IssueError::NameTaken | IssueError::TooManyTokens => 409,
            IssueError::PackageFactsMissing { .. } => 500,
            IssueError::OwnerSuspended
            | IssueError::OwnerOnHold { .. }
            | IssueError::AgainstPolicy { .. }
            | IssueError::PackageNotFound { .. }
            | IssueError::PackageNotWritable { .. }
            | IssueError::ScopeNotOwned { .. }
            | IssueError::RoleTooLow { .. }
            | IssueError::IssuerOfOtherUser { .. }
            | IssueError::IssuerMayNotCreateTokens { .. }
            | IssueError::RangesRequired
            | IssueError::RangeOutsideIssuer { .. } => 403,
        };
        Self::new(status, "Bearer", error)
    }
}

impl Answer {
    fn new(status: u16, www_authenticate: &'static str, error: impl core::fmt::Display) -> Self {
        // A fault of the server is for its log.
        let error: Box<str> = match status {
            500 => "the registry failed to decide about this request: try again later".into(),
            _ => error.to_string().into(),
        };
        let is_401 = status == 401;
        let npm_notice = is_401.then(|| header_safe(&error));
        Self { status, www_authenticate: is_401.then_some(www_authenticate), error, npm_notice, browser: None }
    }

    /// Creates the answer to a challenge that a person answers in a browser. npm's client shows `auth_url`, asks
    /// `done_url` until it gets the one-time password, and repeats the request with it.
    ///
    /// Only a client at a terminal can do so. A client that is given `--otp` needs neither address.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tollgate::{Challenge, npm::Answer};
    /// fn answer(challenge: &Challenge<'_>) -> Answer {
    ///     Answer::from_challenge_in_browser(
    ///         challenge,
    ///         "https://npm.example.test/login/1f0c",
    ///         "https://npm.example.test/-/v1/login/done/77ab",
    ///     )
    /// }
    /// ```
    #[must_use]
    pub fn from_challenge_in_browser(challenge: &Challenge<'_>, auth_url: &str, done_url: &str) -> Self {
        let browser = Browser { auth_url: auth_url.into(), done_url: done_url.into() };
        Self { browser: Some(browser), ..Self::from(*challenge) }
    }

    /// Creates the answer to a body that is not JSON, has a key twice or is nested too deeply, with status 400.
    #[must_use]
    pub fn malformed_body() -> Self {
        Self::new(400, "Bearer", "malformed body: expected JSON in which an object has each key once")
    }

    /// Creates the answer to a body that is longer than the server reads, with status 413.
    #[must_use]
    pub fn body_too_large() -> Self {
        Self::new(413, "Bearer", "the body is too large for this registry")
    }

    /// Creates the answer to a request that the server failed to decide, with status 500. It says nothing about the cause,
    /// which is for the server's log.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::npm::Answer;
    ///
    /// fn query() -> Result<u32, Answer> {
    ///     let row: Result<u32, std::num::ParseIntError> = "not a number".parse(); // a row that does not load
    ///     row.map_err(|_| Answer::server_error()) // and log the error
    /// }
    ///
    /// assert_eq!(query().unwrap_err().status(), 500);
    /// ```
    #[must_use]
    pub fn server_error() -> Self {
        Self::new(500, "Bearer", "")
    }

    /// Creates the answer to a request that the registry does not offer, with status 404.
    #[must_use]
    pub fn not_offered() -> Self {
        Self::new(404, "Bearer", "this registry does not offer this")
    }

    /// Creates the answer to a request about a staged version whose id is not on record.
    #[must_use]
    pub fn unknown_stage() -> Self {
        let error = "no staged version has this id, or you do not have permission to access it".into();
        Self { status: 404, www_authenticate: None, error, npm_notice: None, browser: None }
    }

    /// Creates the answer to a denial of a request about a [staged version](super::StageRequest), which the path names
    /// by its id.
    ///
    /// `read_stage` is the decision about `read-stage` on the package that the staged version belongs to. If it is a
    /// denial too, the answer is the one for an [unknown id](Self::unknown_stage).
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{Decision, MissingPackage, PackageAction, PackageName, authorize_anonymous, npm::Answer};
    ///
    /// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
    /// let read_stage = authorize_anonymous(PackageAction::ReadStage, left_pad);
    /// let approve_stage = authorize_anonymous(PackageAction::ApproveStage, left_pad);
    /// let Decision::Deny(deny) = approve_stage else { panic!("not denied") };
    ///
    /// let answer = Answer::from_stage_deny(&deny, &read_stage);
    /// assert_eq!(answer, Answer::unknown_stage());
    /// assert_eq!(answer.status(), 404);
    /// assert_eq!(answer.error(), "no staged version has this id, or you do not have permission to access it");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_stage_deny(deny: &Deny<'_>, read_stage: &Decision<'_>) -> Self {
        match read_stage {
            Decision::Deny(_) => Self::unknown_stage(),
            Decision::Allow(_) | Decision::Challenge(_) => Self::from(*deny),
        }
    }

    /// Returns the `npm-notice` for a read of a public package that the server allowed
    /// [without the token](crate::authorize_anonymous), after it denied the request with the token.
    ///
    /// The notice says why the token was ignored. The result is `None` if the denial is not about the token itself: the
    /// token is known, not revoked, not expired and allowed from the client's address, and its owner is not suspended
    /// ([T](crate::docs::rules#t)).
    #[must_use]
    pub const fn notice_for_ignored(deny: &Deny<'_>) -> Option<&'static str> {
        match deny.reason() {
            Reason::TokenUnknown => Some("the access token was ignored: it is not valid, log in again"),
            Reason::TokenRevoked => Some("the access token was ignored: it was revoked, log in again or use another"),
            Reason::TokenRetired => {
                Some("the access token was ignored: legacy tokens are no longer accepted, log in again")
            }
            Reason::TokenExpired => Some("the access token was ignored: it has expired, make a new one"),
            Reason::IpNotAllowed => Some("the access token was ignored: it may not be used from this address"),
            Reason::OwnerSuspended => Some("the access token was ignored: the account that it belongs to is suspended"),
            Reason::AuthenticationRequired
            | Reason::KindForbidsAction
            | Reason::OwnerOnHold
            | Reason::PermissionTooLow
            | Reason::StageRequired
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

    /// Returns the HTTP status. For a denial it is 401, 403 or 404 ([D3](crate::docs::rules#d3)).
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of the header `www-authenticate`, or `None` if the status is not 401.
    ///
    /// | value | for | npm's error code |
    /// |---|---|---|
    /// | `OTP` | a challenge | `EOTP` |
    /// | `ipaddress` | a denial because of the client's address | `EAUTHIP` |
    /// | `Bearer` | any other denial | `E401` |
    #[must_use]
    pub const fn www_authenticate(&self) -> Option<&'static str> {
        self.www_authenticate
    }

    /// Returns the headers: their names in lower case, and their values, which are visible ASCII characters and spaces.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let www_authenticate = self.www_authenticate.map(|value| ("www-authenticate", value));
        let npm_notice = self.npm_notice().map(|value| ("npm-notice", value));
        [Some(("content-type", "application/json")), www_authenticate, npm_notice].into_iter().flatten()
    }

    /// Returns the text of the body: the [client text](Deny::client_text) of a denial, the request for a one-time
    /// password, or the text of an error.
    #[must_use]
    pub const fn error(&self) -> &str {
        &self.error
    }

    /// Returns the value of the header `npm-notice`, or `None` if the answer is to a challenge or its status is not
    /// 401.
    ///
    /// The value is [`error`](Self::error) again, as one line of visible ASCII characters and spaces. Every other
    /// character is replaced by `?`.
    #[must_use]
    pub fn npm_notice(&self) -> Option<&str> {
        self.npm_notice.as_deref()
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("error", self.error())?;
        if let Some(Browser { auth_url, done_url }) = &self.browser {
            body.serialize_entry("authUrl", auth_url)?;
            body.serialize_entry("doneUrl", done_url)?;
        }
        body.end()
    }
}

/// Converts an answer to a response of the `http` crate, with its body as JSON.
#[cfg(feature = "http")]
impl From<&Answer> for http::Response<String> {
    fn from(answer: &Answer) -> Self {
        // Texts in an object with three keys always serialize.
        let mut response = Self::new(serde_json::to_string(answer).unwrap_or_default());
        // Every status here is a status of HTTP, and every value is visible ASCII.
        *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::FORBIDDEN);
        for (name, value) in answer.headers() {
            if let Ok(value) = http::HeaderValue::from_str(value) {
                response.headers_mut().insert(http::HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Replaces every character that is not visible ASCII or a space by `?`, so that the text can be the value of a header.
fn header_safe(text: &str) -> Box<str> {
    let replaced = |character: char| if matches!(character, ' '..='~') { character } else { '?' };
    text.chars().map(replaced).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::header_safe;

    #[test]
    fn a_header_value_is_one_line_of_visible_ascii() {
        assert_eq!(&*header_safe("a plain `text` ~"), "a plain `text` ~");
        assert_eq!(&*header_safe("a\r\nset-cookie: x\0\u{7f}é\u{85}…"), "a??set-cookie: x?????");
    }
}
