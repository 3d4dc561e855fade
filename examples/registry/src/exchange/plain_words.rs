//! Texts that replace the text of a denial, where that text does not say what is wrong or what to do.

use tollgate::{PackageAction, PackageName, decision::AccessRequest, facts::ScopeOwner};

use crate::{
    base::failure::Failure,
    exchange::{caller::FoundCaller, context::Credentials},
    store::{database::Tx, facts},
};

/// What is wrong with a name and a password in a request that is not a login.
const ONLY_FOR_LOGIN: &str =
    "a name and a password are accepted only by a login: log in with `npm login`, and send the token that it makes";

/// The same text for a request that is answered as if it had no credentials.
const IGNORED: &str = "the name and the password were ignored, because only a login accepts them: log in with \
                       `npm login`, and send the token that it makes";

/// The notice that says why the token of a request was ignored. `notice` is the text
/// about a token.
pub(crate) const fn ignored(credentials: &Credentials, notice: &'static str) -> &'static str {
    match credentials {
        Credentials::Basic { .. } => IGNORED,
        Credentials::None | Credentials::Bearer(_) | Credentials::Unreadable => notice,
    }
}

/// The denial of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Denied<'d> {
    pub(crate) status: u16,
    /// The package that the request would publish, if it is a publish.
    pub(crate) published: Option<&'d PackageName>,
}

/// The package that the request would publish or stage.
pub(crate) const fn published(access_request: &AccessRequest) -> Option<&PackageName> {
    if let AccessRequest::Package { action: PackageAction::Publish | PackageAction::Stage, package } = access_request {
        Some(package)
    } else {
        None
    }
}

/// The text that replaces the text of a denial, or `None` if the denial keeps its own. It depends only on the request and
/// on the owner of the scope, so it tells nothing about a package.
pub(crate) async fn text(
    tx: &mut Tx,
    credentials: &Credentials,
    caller: &FoundCaller,
    denied: Denied<'_>,
) -> Result<Option<String>, Failure> {
    if matches!(credentials, Credentials::Basic { .. }) {
        return Ok(Some(ONLY_FOR_LOGIN.into()));
    }
    let is_about_package = matches!(denied.status, 403 | 404);
    let (Some(package), Some(user)) = (denied.published.filter(|_| is_about_package), caller.user()) else {
        return Ok(None);
    };
    let Some(scope) = package.as_borrowed().scope() else { return Ok(None) };
    if facts::scope_owner(tx, package.as_borrowed()).await? != ScopeOwner::Nobody {
        return Ok(None);
    }
    Ok(Some(format!(
        "no user and no organization has the name `{name}`: use your own scope `@{user}`, or ask the operator of this \
         registry for the organization `{name}`",
        name = scope.as_str(),
    )))
}
