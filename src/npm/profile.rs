//! Changes of an account: profile, password, second factor.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use super::{Body, BodyError};
use crate::{
    decision::AccessRequest,
    facts::TwoFactorMode,
    operation::AccountAction,
    value::document::{self, ErrorAt, Fields, Node, Path},
};

/// **A password or one-time password in a body**: cannot be printed or compared.
#[derive(Clone, Copy)]
pub struct Password<'a>(pub(super) &'a str);

impl<'a> Password<'a> {
    /// The text, to be verified.
    #[must_use]
    pub const fn expose(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// **A change of the account of who asks**: `POST /-/npm/v1/user`.
///
/// ```
/// use tollgate::npm::{Body, ProfileChange};
///
/// let read = |text: &str| {
///     let body: Body = serde_json::from_str(text).unwrap();
///     ProfileChange::read(&body)
///         .map(|change| change.access_requests().iter().map(ToString::to_string).collect::<Vec<_>>())
/// };
/// assert_eq!(read(r#"{"fullname": "Alice", "homepage": null}"#)?, ["change-profile"]);
/// assert_eq!(read(r#"{"tfa": {"mode": "auth-only", "password": "…"}}"#)?, ["configure-two-factor"]);
/// assert!(read(r#"{"tfa": {"mode": "sometimes", "password": "…"}}"#).is_err());
/// # Ok::<(), tollgate::npm::BodyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProfileChange<'a> {
    fields: Vec<(&'a str, Option<&'a str>)>,
    password: Option<PasswordChange<'a>>,
    two_factor: Option<TwoFactorChange<'a>>,
}

/// A new password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordChange<'a> {
    /// The present one.
    pub old: Password<'a>,
    /// The next one.
    pub new: Password<'a>,
}

/// A step of enrolling or removing a second factor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TwoFactorChange<'a> {
    /// To another mode: from none it begins an enrolment, to none ([`TwoFactorMode::Disabled`]) it ends the factor.
    Mode {
        /// The password of the account.
        password: Password<'a>,
        /// The mode asked for.
        mode: TwoFactorMode,
    },
    /// The one-time passwords that show that the enrolment worked.
    Confirm {
        /// In the order in which the client sent them; at least one. Verify each.
        codes: Vec<Password<'a>>,
    },
}

/// What a person says of themselves.
const FIELDS: [&str; 6] = ["email", "fullname", "homepage", "freenode", "twitter", "github"];
const KNOWN: [&str; 8] = ["email", "fullname", "homepage", "freenode", "twitter", "github", "password", "tfa"];

impl<'a> ProfileChange<'a> {
    /// Reads it.
    ///
    /// # Errors
    /// Nothing to change, an unknown field or mode, or a field of another shape than npm sends.
    pub fn read(body: &'a Body) -> Result<Self, BodyError> {
        let top = Path::Top;
        let fields = Fields::new(&body.0, &top, &KNOWN)?;
        let mut change = Self { fields: Vec::new(), password: None, two_factor: None };
        for name in FIELDS {
            if let Some(node) = fields.optional(name) {
                change.fields.push((name, document::nullable_text(node, &top.field(name))?));
            }
        }
        if let Some(node) = fields.optional("password") {
            let path = top.field("password");
            // A text here is a password in a wrong wrapping: an error of its kind would repeat it.
            if !matches!(node, Node::Object(_)) {
                return Err(path.error("no change of the password: expected an object with `old` and `new`").into());
            }
            let passwords = Fields::new(node, &path, &["old", "new"])?;
            let (old, new) = (password(&passwords, "old", &path)?, password(&passwords, "new", &path)?);
            change.password = Some(PasswordChange { old, new });
        }
        if let Some(node) = fields.optional("tfa") {
            change.two_factor = Some(two_factor(node, &top.field("tfa"))?);
        }
        if change.fields.is_empty() && change.password.is_none() && change.two_factor.is_none() {
            return Err(top.error("nothing to change: expected a field of the profile, `password` or `tfa`").into());
        }
        Ok(change)
    }

    /// What must be allowed, all of it.
    #[must_use]
    pub fn access_requests(&self) -> Box<[AccessRequest]> {
        let own = |action| AccessRequest::Account { action, user: None };
        let mut access_requests = Vec::new();
        if self.two_factor.is_some() {
            access_requests.push(own(AccountAction::ConfigureTwoFactor));
        }
        if !self.fields.is_empty() || self.password.is_some() {
            access_requests.push(own(AccountAction::ChangeProfile));
        }
        access_requests.into()
    }

    /// The fields that change, each with its new value; `None` empties it.
    #[must_use]
    pub fn fields(&self) -> &[(&'a str, Option<&'a str>)] {
        &self.fields
    }

    /// The password, if it changes.
    #[must_use]
    pub const fn password(&self) -> Option<PasswordChange<'a>> {
        self.password
    }

    /// The step of the second factor, if there is one.
    #[must_use]
    pub const fn two_factor(&self) -> Option<&TwoFactorChange<'a>> {
        self.two_factor.as_ref()
    }
}

fn password<'a>(fields: &Fields<'a>, name: &'static str, path: &Path<'_>) -> Result<Password<'a>, ErrorAt> {
    secret_text(fields.required(name, path)?, &path.field(name))
}

/// A text that no error repeats.
pub(super) fn secret_text<'a>(node: &'a Node, path: &Path<'_>) -> Result<Password<'a>, ErrorAt> {
    match node {
        Node::Text(text) => Ok(Password(text)),
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::List(_) | Node::Object(_) => {
            Err(path.error("not a string: expected one"))
        }
    }
}

fn two_factor<'a>(node: &'a Node, path: &Path<'_>) -> Result<TwoFactorChange<'a>, ErrorAt> {
    match node {
        Node::List(items) if items.is_empty() => Err(path.error("no one-time password: expected at least one")),
        Node::List(items) => {
            let codes = items.iter().enumerate().map(|(index, code)| secret_text(code, &path.item(index)));
            Ok(TwoFactorChange::Confirm { codes: codes.collect::<Result<_, _>>()? })
        }
        Node::Object(_) => {
            let fields = Fields::new(node, path, &["password", "mode"])?;
            let at = path.field("mode");
            let mode = match document::text(fields.required("mode", path)?, &at)? {
                "disable" => TwoFactorMode::Disabled,
                "auth-only" => TwoFactorMode::AuthOnly,
                "auth-and-writes" => TwoFactorMode::AuthAndWrites,
                _ => return Err(at.error("unknown mode: expected `auth-only`, `auth-and-writes` or `disable`")),
            };
            Ok(TwoFactorChange::Mode { password: password(&fields, "password", path)?, mode })
        }
        // A text here may be a one-time password in a wrong wrapping.
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) => {
            Err(path.error("neither a mode nor one-time passwords: expected an object or a list"))
        }
    }
}
