//! Loads a world, the document that describes a registry, in two passes.
//!
//! `read` checks the shape of the whole document and stops at the first error. `build` then checks names, references
//! and limits, and collects all errors.

use core::fmt;
use std::{
    boxed::Box,
    collections::{HashMap, HashSet},
    format,
    vec::Vec,
};

use serde::Deserialize;

use super::{
    Directory,
    index::{Index, Named},
};
use crate::{
    facts::{
        Organization, Package, ScopeOwner, User, Visibility,
        stored::fields::{RawPackage, RawUser, References},
    },
    policy::{Policy, UnscopedPackages},
    token::{SecretDigest, Token, is_revoked, stored_fields::RawToken},
    value::{
        OrganizationName, PackageName, Scope, Timestamp, UserName,
        document::{self, ErrorAt, Fields, Node, Path, keep, quoted},
        limits::MAX_GRANULAR_TOKENS,
    },
};

/// The document that describes a registry, deserialized but not yet [loaded](Directory::load).
///
/// Deserializing succeeds for any value. [`Directory::load`] checks that the document is a world, as
/// [`docs::format`](crate::docs::format#world) describes it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct World(Node);

/// Prints no content, because a world holds the digests of secrets.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World(…)")
    }
}

/// The error returned when loading a world fails.
///
/// If the document does not have the shape of a world, a `WorldError` holds only the first error. Otherwise it holds
/// all errors of names, references and limits. The `Display` text has one line for each error.
///
/// ```
/// use tollgate::directory::{Directory, World};
///
/// let text = r#"{"policy": "npm-2026-08", "users": [], "orgs": [{"name": ".x"}], "packages": [], "tokens": []}"#;
/// let world: World = serde_json::from_str(text)?;
/// let error = Directory::load(&world).unwrap_err();
/// let paths: Vec<&str> = error.errors().map(|(path, _)| path).collect();
/// assert_eq!(paths, ["orgs[0].name"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldError {
    errors: Vec<ErrorAt>,
}

impl WorldError {
    /// Returns an iterator over the errors. Each item is the path to a value, such as `tokens[3].cidr[0]`, and a
    /// message that says what is wrong with that value.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.errors.iter().map(|error| (error.path.as_str(), error.message.as_str()))
    }
}

impl core::error::Error for WorldError {}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// A world of the right shape, whose names, references and limits are not yet checked.
struct RawWorld<'n> {
    policy: Policy,
    users: Vec<RawUser<'n>>,
    orgs: Vec<&'n str>,
    packages: Vec<RawPackage<'n>>,
    /// Each token, and the value of its field `secret_sha256`.
    tokens: Vec<(RawToken<'n>, Option<&'n str>)>,
}

pub(super) fn load(world: &World) -> Result<Directory, WorldError> {
    let raw = RawWorld::read(&world.0).map_err(|error| WorldError { errors: Vec::from([error]) })?;
    let mut errors = Vec::new();
    let directory = raw.build(&mut errors);
    if errors.is_empty() { Ok(directory) } else { Err(WorldError { errors }) }
}

impl<'n> RawWorld<'n> {
    fn read(node: &'n Node) -> Result<Self, ErrorAt> {
        let top = Path::Top;
        let fields = Fields::new(node, &top, &["policy", "users", "orgs", "packages", "tokens"])?;
        let list = |name: &'static str| fields.required(name, &top).map(|node| (node, name));
        let policy = Policy::read(fields.required("policy", &top)?, &top.field("policy"))?;
        let (users, at) = list("users")?;
        let users = document::each(users, &top.field(at), |node, path| {
            const KNOWN: &[&str] =
                &["name", "status", "two_factor", "tokens_revoked_until", "writes_held_until", "orgs"];
            RawUser::read(&Fields::new(node, path, KNOWN)?, path)
        })?;
        let (orgs, at) = list("orgs")?;
        let orgs = document::each(orgs, &top.field(at), |node, path| {
            let fields = Fields::new(node, path, &["name"])?;
            document::text(fields.required("name", path)?, &path.field("name"))
        })?;
        let (packages, at) = list("packages")?;
        let packages = document::each(packages, &top.field(at), |node, path| {
            const KNOWN: &[&str] = &["name", "visibility", "publishing_access", "users", "teams"];
            RawPackage::read(&Fields::new(node, path, KNOWN)?, path)
        })?;
        let (tokens, at) = list("tokens")?;
        let tokens = document::each(tokens, &top.field(at), |node, path| {
            const KNOWN: &[&str] =
                &["id", "owner", "secret_sha256", "created", "revoked", "cidr", "legacy", "granular", "session"];
            let fields = Fields::new(node, path, KNOWN)?;
            let at = path.field("secret_sha256");
            let digest =
                fields.optional("secret_sha256").map_or(Ok(None), |node| document::nullable_text(node, &at))?;
            Ok((RawToken::read(&fields, path, "id")?, digest))
        })?;
        Ok(Self { policy, users, orgs, packages, tokens })
    }

    fn build(&self, errors: &mut Vec<ErrorAt>) -> Directory {
        let names = Names::new(self);
        // `Directory` has no `Default`, because an empty directory would answer that no package exists.
        let mut directory = Directory {
            policy: self.policy,
            users: Named::with_capacity(self.users.len(), |user| user.name().as_str()),
            organizations: Named::with_capacity(self.orgs.len(), |organization| organization.name().as_str()),
            packages: Named::with_capacity(self.packages.len(), |package| package.name().as_str()),
            tokens: Vec::with_capacity(self.tokens.len()),
            digests_and_owners: Vec::with_capacity(self.tokens.len()),
            by_id: Index::with_capacity(self.tokens.len()),
            by_digest: Index::with_capacity(self.tokens.len()),
        };
        let top = Path::Top;
        let users_path = top.field("users");
        for (index, raw) in self.users.iter().enumerate() {
            let path = users_path.item(index);
            if let Some(user) = build_user(raw, &names, &path, errors) {
                if directory.users.get(user.name().as_str()).is_some() {
                    errors.push(path.field("name").error(format!("a second user {}: expected one", quoted(raw.name))));
                } else {
                    directory.users.insert(user);
                }
            }
        }
        let orgs_path = top.field("orgs");
        for (index, name) in self.orgs.iter().enumerate() {
            let path = orgs_path.item(index);
            let path = path.field("name");
            let Some(name) = keep(name.parse::<OrganizationName>(), &path, errors) else { continue };
            if names.users.contains(name.as_str()) {
                errors.push(path.error(format!(
                    "a user is named {} too: expected another name, for users and organizations share one namespace",
                    quoted(name.as_str())
                )));
            } else if directory.organizations.get(name.as_str()).is_some() {
                errors.push(path.error(format!("a second organization {}: expected one", quoted(name.as_str()))));
            } else {
                directory.organizations.insert(Organization::new(name));
            }
        }
        let packages_path = top.field("packages");
        for (index, package) in self.packages.iter().enumerate() {
            let path = packages_path.item(index);
            let known = directory.packages.get(package.name).is_some();
            if known {
                let message = format!("a second package {}: expected one", quoted(package.name));
                errors.push(path.field("name").error(message));
            }
            if let Some(package) = build_package(package, &names, self.policy, &path, errors)
                && !known
            {
                directory.packages.insert(package);
            }
        }
        self.build_tokens(&names, &mut directory, errors);
        directory
    }

    fn build_tokens(&self, names: &Names<'_>, directory: &mut Directory, errors: &mut Vec<ErrorAt>) {
        let cut_offs: HashMap<&str, Option<Timestamp>> =
            self.users.iter().map(|user| (user.name, user.tokens_revoked_until)).collect();
        let mut accounts: HashMap<Box<str>, (usize, HashSet<Box<str>>)> = HashMap::new();
        let top = Path::Top;
        let tokens_path = top.field("tokens");
        let mut ids = HashSet::with_capacity(self.tokens.len());
        let mut digests = HashSet::with_capacity(self.tokens.len());
        for (index, (raw, digest)) in self.tokens.iter().enumerate() {
            let path = tokens_path.item(index);
            if !ids.insert(raw.key) {
                let message = "a second token of this id: expected each once";
                errors.push(path.field("id").error(message));
            }
            let token = raw.build(&path, "id", errors);
            if raw.owner.parse::<UserName>().is_ok() && !names.users.contains(raw.owner) {
                errors.push(path.field("owner").error(format!("no user is named {}", quoted(raw.owner))));
            }
            let path_of_digest = path.field("secret_sha256");
            let digest = digest.and_then(|text| keep(text.parse::<SecretDigest>(), &path_of_digest, errors));
            if digest.is_some_and(|digest| !digests.insert(digest)) {
                errors.push(path_of_digest.error("a second token of this secret: expected each once"));
            }
            let Some(token) = token else { continue };
            if let Token::Granular(granular) = &token {
                let cut_off = cut_offs.get(raw.owner).copied().flatten();
                if !is_revoked(token.created(), token.revoked(), cut_off) && names.users.contains(raw.owner) {
                    let (live, names_taken) = accounts.entry(raw.owner.into()).or_default();
                    *live = live.saturating_add(1);
                    if *live == MAX_GRANULAR_TOKENS.saturating_add(1) {
                        errors.push(path.error(format!(
                            "more than {MAX_GRANULAR_TOKENS} granular tokens of {} that are not revoked: expected at most {MAX_GRANULAR_TOKENS}",
                            quoted(raw.owner)
                        )));
                    }
                    if !names_taken.insert(granular.name().as_str().into()) {
                        let path = path.field("granular");
                        errors.push(path.field("name").error(format!(
                            "a second granular token {} of {} that is not revoked: expected one",
                            quoted(granular.name().as_str()),
                            quoted(raw.owner)
                        )));
                    }
                }
            }
            // If the directory does not have the owner, there is an error already: the document has no user with this
            // name, or that user is invalid.
            let Some(owner) = directory.users.place(raw.owner) else { continue };
            directory.by_id.insert(raw.key, directory.tokens.len());
            if let Some(digest) = digest {
                directory.by_digest.insert(digest.as_bytes(), directory.tokens.len());
            }
            directory.digests_and_owners.push((digest, owner));
            directory.tokens.push(token);
        }
    }
}

/// The names of the users and organizations in the document. References are checked against these names, so that a user
/// with an error is not also reported as missing at each reference to that user.
struct Names<'n> {
    users: HashSet<&'n str>,
    orgs: HashSet<&'n str>,
}

impl<'n> Names<'n> {
    fn new(raw: &RawWorld<'n>) -> Self {
        Self { users: raw.users.iter().map(|user| user.name).collect(), orgs: raw.orgs.iter().copied().collect() }
    }
}

impl References for Names<'_> {
    fn has_user(&self, name: &str) -> bool {
        self.users.contains(name)
    }

    fn has_organization(&self, name: &str) -> bool {
        self.orgs.contains(name)
    }
}

impl Names<'_> {
    /// Returns whether the document has a user or an organization with the name of the scope.
    fn owner_of(&self, scope: Option<Scope<&str>>) -> ScopeOwner {
        match scope.map(Scope::into_str) {
            None => ScopeOwner::Unscoped,
            Some(scope) if self.orgs.contains(scope) => ScopeOwner::Organization,
            Some(scope) if self.users.contains(scope) => ScopeOwner::User,
            Some(_) => ScopeOwner::Nobody,
        }
    }
}

/// Builds the user, or adds every error to `errors`.
fn build_user(raw: &RawUser<'_>, names: &Names<'_>, path: &Path<'_>, errors: &mut Vec<ErrorAt>) -> Option<User> {
    // `User::new` fails only if the user is a member of an organization with the user's own name. `RawWorld::build`
    // reports every organization that has the name of a user, so no error is added here.
    User::new(raw.build(names, path, errors)?).ok()
}

/// Builds the package, or adds every error to `errors`.
fn build_package(
    raw: &RawPackage<'_>,
    names: &Names<'_>,
    policy: Policy,
    path: &Path<'_>,
    errors: &mut Vec<ErrorAt>,
) -> Option<Package> {
    let is_private_unscoped = match policy.unscoped_packages() {
        UnscopedPackages::AlwaysPublic => {
            raw.visibility == Visibility::Private && PackageName::new(raw.name).is_ok_and(|name| !name.is_scoped())
        }
        UnscopedPackages::MayBePrivate => false,
    };
    if is_private_unscoped {
        errors.push(path.field("visibility").error(
            "an unscoped package as private: expected public, a scoped name, or a policy with \
             `unscoped_packages` as `may-be-private`",
        ));
    }
    raw.build(names, |scope| names.owner_of(scope), path, errors).filter(|_| !is_private_unscoped)
}
