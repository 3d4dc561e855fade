//! The lines of the requests file.

use core::fmt;
use std::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use serde::Deserialize;

use crate::{
    decision::AccessRequest,
    operation::Action,
    value::{
        ClientIp, TeamName, Timestamp,
        document::{self, ErrorAt, Fields, Node, Path},
    },
};

/// One line of the requests file, deserialized but not yet [parsed](Self::parse).
///
/// Deserializing succeeds for any value, such as a number. [`parse`](Self::parse) checks that the line is a request. So
/// an invalid request can be answered with an error line that has the request's id.
///
/// ```
/// use tollgate::directory::RequestLine;
///
/// let line: RequestLine = serde_json::from_str(
///     r#"{"id": "r1", "token": "t-1", "action": "publish", "package": "left-pad", "now": "2025-11-01T00:00:00Z"}"#,
/// )?;
/// assert_eq!(line.parse()?.token_id(), Some("t-1"));
///
/// let line: RequestLine = serde_json::from_str(r#"{"id": "r2", "token": "t-1", "action": "fly"}"#)?;
/// let error = line.parse().unwrap_err();
/// assert_eq!(error.id(), Some("r2"));
/// assert!(error.to_string().starts_with("action: unknown action `fly`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct RequestLine(Node);

/// Prints no content, because the line may hold a secret ([S3](crate::docs::rules#s3)).
impl fmt::Debug for RequestLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestLine(…)")
    }
}

/// A request to a [`Directory`](super::Directory): the token, the action and its resource, the client's address and the
/// time.
///
/// Its `Debug` output has the id of a token but no secret.
#[derive(Clone)]
pub struct Request {
    id: String,
    pub(super) presented: RequestToken,
    pub(super) access: AccessRequest,
    pub(super) client_ip: ClientIp,
    pub(super) now: Timestamp,
    pub(super) second_factor: bool,
}

/// How a request identifies its token.
#[derive(Clone)]
pub(super) enum RequestToken {
    NoToken,
    Id(String),
    Secret(String),
}

impl Request {
    /// Returns the request's id, which the [`DecisionLine`](super::DecisionLine) repeats.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the public id of the token. `None` if the request has no token or has a secret in place of an id.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        match &self.presented {
            RequestToken::Id(id) => Some(id),
            RequestToken::NoToken | RequestToken::Secret(_) => None,
        }
    }

    /// Returns the client's address.
    #[must_use]
    pub const fn client_ip(&self) -> ClientIp {
        self.client_ip
    }

    /// Returns the time of the request.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = match &self.presented {
            RequestToken::NoToken => "none",
            RequestToken::Id(id) => &*crate::value::excerpt(id),
            RequestToken::Secret(_) => "(a secret)",
        };
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("token", &token)
            .field("access", &self.access)
            .field("client_ip", &self.client_ip)
            .field("now", &self.now)
            .field("second_factor", &self.second_factor)
            .finish()
    }
}

/// The fields that a request with any action may have.
const COMMON: [&str; 7] = ["id", "token", "secret", "action", "client_ip", "now", "second_factor"];
/// The fields that name the resource. Which of them a request has depends on its action.
const RESOURCE: [&str; 4] = ["package", "org", "team", "user"];

impl RequestLine {
    /// Parses the line into a request.
    ///
    /// # Errors
    ///
    /// Returns the first error in the line, such as an unknown field or an invalid name, with the id of the request if
    /// the line has one. See [errors in a request](crate::docs::format#request-errors).
    pub fn parse(&self) -> Result<Request, RequestLineError> {
        parse(&self.0).map_err(|error| RequestLineError { id: self.id(), message: error.to_string() })
    }

    /// Returns the id, if the line is an object with exactly one field `id` and its value is a string.
    fn id(&self) -> Option<String> {
        let Node::Object(entries) = &self.0 else { return None };
        let ids: Vec<&Node> = entries.iter().filter(|(name, _)| &**name == "id").map(|(_, value)| value).collect();
        match ids.as_slice() {
            [Node::Text(id)] => Some(id.to_string()),
            _ => None,
        }
    }
}

fn parse(node: &Node) -> Result<Request, ErrorAt> {
    let top = Path::Top;
    let known: Vec<&str> = COMMON.into_iter().chain(RESOURCE).collect();
    let fields = Fields::new(node, &top, &known)?;
    let id = document::text(fields.required("id", &top)?, &top.field("id"))?.to_string();
    let presented = match (fields.optional("token"), fields.optional("secret")) {
        (Some(Node::Null), None) => RequestToken::NoToken,
        (Some(token), None) => RequestToken::Id(document::text(token, &top.field("token"))?.to_string()),
        (None, Some(Node::Text(secret))) => RequestToken::Secret(secret.to_string()),
        // The message does not repeat the value: it may be the secret inside another JSON type.
        (None, Some(_)) => return Err(top.field("secret").error("not a string: expected the token's text")),
        (Some(_), Some(_)) => return Err(top.error("both `token` and `secret`: expected one of them")),
        (None, None) => return Err(top.field("token").error("missing field: expected `token` or `secret`")),
    };
    let access = access(&fields)?;
    let client_ip = match fields.optional("client_ip") {
        None | Some(Node::Null) => ClientIp::UNKNOWN,
        Some(node) => document::word(node, &top.field("client_ip"))?,
    };
    let now = document::word(fields.required("now", &top)?, &top.field("now"))?;
    let at = top.field("second_factor");
    let second_factor = fields.optional("second_factor").map_or(Ok(false), |node| document::boolean(node, &at))?;
    Ok(Request { id, presented, access, client_ip, now, second_factor })
}

/// Reads the action and the names of its resource.
fn access(fields: &Fields<'_>) -> Result<AccessRequest, ErrorAt> {
    let top = Path::Top;
    let action = document::text(fields.required("action", &top)?, &top.field("action"))?;
    let names = Names { fields, action };
    if let Ok(action) = action.parse() {
        names.takes(&["package"])?;
        return Ok(AccessRequest::Package { action, package: names.required("package")? });
    }
    if let Ok(action) = action.parse() {
        names.takes(&["org"])?;
        return Ok(AccessRequest::Organization { action, organization: names.required("org")? });
    }
    if let Ok(action) = action.parse() {
        names.takes(&["org", "team"])?;
        return Ok(AccessRequest::Team { action, organization: names.required("org")?, team: names.required("team")? });
    }
    if let Ok(action) = action.parse() {
        names.takes(&["user"])?;
        return Ok(AccessRequest::Account { action, user: names.optional("user")? });
    }
    if action == Action::CreateTeam.as_str() {
        names.takes(&["org", "team"])?;
        let (organization, team): (_, TeamName) = (names.required("org")?, names.required("team")?);
        team.check_new().map_err(|error| top.field("team").error(error))?;
        return Ok(AccessRequest::CreateTeam { organization, team });
    }
    if let Ok(action) = action.parse() {
        names.takes(&["org", "team", "package"])?;
        let (organization, team, package) =
            (names.required("org")?, names.required("team")?, names.required("package")?);
        return Ok(AccessRequest::TeamAccess { action, organization, team, package });
    }
    if action == Action::SharePackage.as_str() {
        names.takes(&["org", "package"])?;
        return Ok(AccessRequest::SharePackage {
            organization: names.required("org")?,
            package: names.required("package")?,
        });
    }
    let start = crate::value::excerpt(action);
    let expected = "an action such as `read-package` or `publish`";
    Err(top.field("action").error(format!("unknown action {}: expected {expected}", crate::value::Quoted(&start))))
}

/// Reads the fields that name the resource of `action`.
struct Names<'f, 'n> {
    fields: &'f Fields<'n>,
    action: &'f str,
}

impl Names<'_, '_> {
    /// Refuses every resource field that is not in `taken`.
    fn takes(&self, taken: &[&str]) -> Result<(), ErrorAt> {
        let superfluous = |name: &&str| self.fields.optional(name).is_some() && !taken.contains(name);
        match RESOURCE.iter().find(|name| superfluous(name)) {
            Some(name) => Err(Path::Top.field(name).error(format!("a field that `{}` does not take", self.action))),
            None => Ok(()),
        }
    }

    fn optional<T: core::str::FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<Option<T>, ErrorAt> {
        let value = self.fields.optional(name);
        value.map(|node| document::word(node, &Path::Top.field(name))).transpose()
    }

    fn required<T: core::str::FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<T, ErrorAt> {
        let missing =
            || Path::Top.field(name).error(format!("missing field: expected what `{}` is about", self.action));
        self.optional(name)?.ok_or_else(missing)
    }
}

/// The error returned when [`RequestLine::parse`] fails, because the line is not a valid request.
///
/// The `Display` text has the path of the field, then what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestLineError {
    id: Option<String>,
    message: String,
}

impl RequestLineError {
    /// Returns the request's id. `None` if the line has no id, two ids, or an id that is not a string.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}
