//! The body that changes an account: its profile, password or second factor.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use super::{
    Body, BodyError,
    body::{BodyFields, BodyNode},
};
use crate::{
    decision::AccessRequest,
    facts::TwoFactorMode,
    operation::AccountAction,
    value::document::{self, ErrorAt, Fields, Node, Path},
};

/// A password or a one-time password that a body carries.
///
/// A `Password` has no `Display` and no `==`, and `Debug` writes `Password(…)`.
#[derive(Clone, Copy)]
pub struct Password<'a>(pub(super) &'a str);

impl<'a> Password<'a> {
    /// Returns the text, so that the registry can verify it.
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

/// A change of the caller's own account: the body of `POST /-/npm/v1/user`.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     facts::TwoFactorMode,
///     npm::{Body, ProfileChange},
/// };
///
/// let body: Body = serde_json::from_str(r#"{"fullname": "Alice", "homepage": null}"#)?;
/// let change = ProfileChange::read(&body)?;
/// assert_eq!(change.fields(), [("fullname", Some("Alice")), ("homepage", None)]);
/// assert_eq!(change.access_requests(TwoFactorMode::Disabled)[0].to_string(), "change-profile");
///
/// let body: Body = serde_json::from_str(r#"{"tfa": {"mode": "auth-only", "password": "hunter2"}}"#)?;
/// let change = ProfileChange::read(&body)?;
/// assert_eq!(change.access_requests(TwoFactorMode::Disabled)[0].to_string(), "enrol-two-factor");
/// assert_eq!(change.access_requests(TwoFactorMode::AuthAndWrites)[0].to_string(), "configure-two-factor");
///
/// // There is no such mode.
/// let body: Body = serde_json::from_str(r#"{"tfa": {"mode": "sometimes", "password": "hunter2"}}"#)?;
/// assert!(ProfileChange::read(&body).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProfileChange<'a> {
    fields: Vec<(&'a str, Option<&'a str>)>,
    password: Option<PasswordChange<'a>>,
    two_factor: Option<TwoFactorChange<'a>>,
}

/// A change of an account's password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordChange<'a> {
    /// The present password. Verify it before the change.
    pub old: Password<'a>,
    /// The new password.
    pub new: Password<'a>,
}

/// A step of enrolling, changing or removing a second factor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TwoFactorChange<'a> {
    /// Changes the mode. If the present mode is [`Disabled`](TwoFactorMode::Disabled), this starts an enrolment, which
    /// [`Confirm`](Self::Confirm) completes. The mode `Disabled` removes the second factor.
    Mode {
        /// The password of the account. Verify it before the change.
        password: Password<'a>,
        /// The new mode.
        mode: TwoFactorMode,
    },
    /// Completes an enrolment with one-time passwords, which show that the user's device has the key.
    Confirm {
        /// The one-time passwords in the order in which the client sent them. There is at least one. Verify each of
        /// them.
        codes: Vec<Password<'a>>,
    },
}

/// The fields of a profile that hold a text.
const TEXT_FIELDS: [&str; 6] = ["email", "fullname", "homepage", "freenode", "twitter", "github"];
const KNOWN: [&str; 8] = ["email", "fullname", "homepage", "freenode", "twitter", "github", "password", "tfa"];

impl<'a> ProfileChange<'a> {
    /// Reads the body of the request.
    ///
    /// # Errors
    ///
    /// Returns an error if the body changes nothing, or if a field or the mode is unknown or has a wrong type. The
    /// message does not repeat a password.
    pub fn read(body: &'a Body<'a>) -> Result<Self, BodyError> {
        let top = Path::Top;
        let fields = Fields::new(&body.0, &top, &KNOWN)?;
        let mut change = Self { fields: Vec::new(), password: None, two_factor: None };
        for name in TEXT_FIELDS {
            if let Some(node) = fields.optional(name) {
                change.fields.push((name, document::nullable_text(node, &top.field(name))?));
            }
        }
        if let Some(node) = fields.optional("password") {
            let path = top.field("password");
            // A string here may be a password that should be in an object. `wrong_kind` would repeat the string in its
            // message.
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

    /// Drops the fields that have the same value in the present profile, if the body changes the password.
    ///
    /// npm's client sends every field of the profile with a new password. The fields that stay as they are need no
    /// `change-profile`, which an account on hold may not do
    /// ([T5](crate::docs::rules#t5)), and the new password alone needs `change-password`, which it may do.
    ///
    /// `present` returns the present value of a field, or `None` if the profile does not have the field.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     facts::TwoFactorMode,
    ///     npm::{Body, ProfileChange},
    /// };
    ///
    /// let text = r#"{"email": "a@example.test", "password": {"old": "hunter2", "new": "correct horse"}}"#;
    /// let body: Body = serde_json::from_str(text)?;
    /// let actions = |email: &str| {
    ///     let change = ProfileChange::read(&body)?.without_unchanged_fields(|_| Some(email));
    ///     let requests = change.access_requests(TwoFactorMode::Disabled);
    ///     Ok::<_, Box<dyn std::error::Error>>(requests.iter().map(ToString::to_string).collect::<Vec<_>>())
    /// };
    /// assert_eq!(actions("a@example.test")?, ["change-password"]);
    /// assert_eq!(actions("b@example.test")?, ["change-password", "change-profile"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn without_unchanged_fields<'p>(mut self, present: impl Fn(&str) -> Option<&'p str>) -> Self {
        // A body that changes only fields keeps them all: without any, it would need no permission.
        if self.password.is_some() {
            self.fields.retain(|(field, value)| present(field) != *value);
        }
        self
    }

    /// Returns the access requests of the body, each of which must be allowed.
    ///
    /// `present` is the two-factor mode that the caller's account has now. A change of the second factor is
    /// `enrol-two-factor` if the account has no second factor and the change is a step of enrolling one. Otherwise it
    /// is `configure-two-factor`.
    #[must_use]
    pub fn access_requests(&self, present: TwoFactorMode) -> Box<[AccessRequest]> {
        let two_factor = self.two_factor.as_ref().map(|change| match (present, change) {
            (TwoFactorMode::Disabled, TwoFactorChange::Mode { password: _, mode: TwoFactorMode::Disabled })
            | (TwoFactorMode::AuthOnly | TwoFactorMode::AuthAndWrites, _) => AccountAction::ConfigureTwoFactor,
            (
                TwoFactorMode::Disabled,
                TwoFactorChange::Mode { password: _, mode: TwoFactorMode::AuthOnly | TwoFactorMode::AuthAndWrites }
                | TwoFactorChange::Confirm { codes: _ },
            ) => AccountAction::EnrolTwoFactor,
        });
        let password = self.password.map(|_| AccountAction::ChangePassword);
        let profile = (!self.fields.is_empty()).then_some(AccountAction::ChangeProfile);
        let actions = [two_factor, password, profile].into_iter().flatten();
        actions.map(|action| AccessRequest::Account { action, user: None }).collect()
    }

    /// Returns the texts of the profile that change, each with its field's name and its new value. `None` removes the
    /// text.
    ///
    /// The names are `email`, `fullname`, `homepage`, `freenode`, `twitter` and `github`.
    #[must_use]
    pub fn fields(&self) -> &[(&'a str, Option<&'a str>)] {
        &self.fields
    }

    /// Returns the change of the password, or `None` if the password does not change.
    #[must_use]
    pub const fn password(&self) -> Option<PasswordChange<'a>> {
        self.password
    }

    /// Returns the change of the second factor, or `None` if the second factor does not change.
    #[must_use]
    pub const fn two_factor(&self) -> Option<&TwoFactorChange<'a>> {
        self.two_factor.as_ref()
    }
}

fn password<'a>(fields: &BodyFields<'a>, name: &'static str, path: &Path<'_>) -> Result<Password<'a>, ErrorAt> {
    secret_text(fields.required(name, path)?, &path.field(name))
}

/// Reads a string that an error must not repeat.
pub(super) fn secret_text<'a>(node: &'a BodyNode<'_>, path: &Path<'_>) -> Result<Password<'a>, ErrorAt> {
    match node {
        Node::Text(text) => Ok(Password(text)),
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::List(_) | Node::Object(_) => {
            Err(path.error("not a string: expected one"))
        }
    }
}

fn two_factor<'a>(node: &'a BodyNode<'a>, path: &Path<'_>) -> Result<TwoFactorChange<'a>, ErrorAt> {
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
        // A string here may be a one-time password that should be in a list, so the error does not repeat it.
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) => {
            Err(path.error("neither a mode nor one-time passwords: expected an object or a list"))
        }
    }
}
