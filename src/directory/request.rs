//! One line of the requests file.

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

/// **One line of the requests file**, read but not yet [parsed](Self::parse).
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct RequestLine(Node);

/// Without its content, which may be a secret.
impl fmt::Debug for RequestLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestLine(…)")
    }
}

/// **A request**: who, what, from where, when.
#[derive(Clone)]
pub struct Request {
    id: String,
    pub(super) presented: RequestToken,
    pub(super) access: AccessRequest,
    pub(super) client_ip: ClientIp,
    pub(super) now: Timestamp,
    pub(super) second_factor: bool,
}

/// What stands for the token.
#[derive(Clone)]
pub(super) enum RequestToken {
    NoToken,
    Id(String),
    Secret(String),
}

impl Request {
    /// The id that its decision carries.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public id of the token, if the request names one by it.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        match &self.presented {
            RequestToken::Id(id) => Some(id),
            RequestToken::NoToken | RequestToken::Secret(_) => None,
        }
    }

    /// Where it comes from.
    #[must_use]
    pub const fn client_ip(&self) -> ClientIp {
        self.client_ip
    }

    /// When it is made.
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

const COMMON: [&str; 7] = ["id", "token", "secret", "action", "client_ip", "now", "second_factor"];
const RESOURCE: [&str; 4] = ["package", "org", "team", "user"];

impl RequestLine {
    /// The request.
    ///
    /// # Errors
    /// The first thing that keeps the line from being one, with the id of the line where there is one to read.
    pub fn parse(&self) -> Result<Request, RequestLineError> {
        parse(&self.0).map_err(|error| RequestLineError { id: self.id(), message: error.to_string() })
    }

    /// The id, if the line is an object with exactly one that is a string.
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
        // The value is not repeated: it may be the secret in a wrong wrapping.
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
    if action == Action::ManageTeamAccess.as_str() {
        names.takes(&["org", "team", "package"])?;
        let (organization, team, package) =
            (names.required("org")?, names.required("team")?, names.required("package")?);
        return Ok(AccessRequest::ManageTeamAccess { organization, team, package });
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

/// The names of the resource: those that the action takes, and no others.
struct Names<'f, 'n> {
    fields: &'f Fields<'n>,
    action: &'f str,
}

impl Names<'_, '_> {
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

/// A line that is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestLineError {
    id: Option<String>,
    message: String,
}

impl RequestLineError {
    /// The id of the line, where there is one to read.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}
