//! What the body of a `PUT` to a package would change: publish, deprecate, star, owners, unpublish, all of it.

use alloc::{boxed::Box, collections::BTreeMap, format, vec::Vec};

use super::{
    Body, InvalidBody,
    publication::{Publication, check_manifest},
};
use crate::{
    action::PackageAction,
    document::{self, ErrorAt, Node, Path},
    intent::Intent,
    name::{PackageName, UserName},
    package::Visibility,
    words::{Quoted, excerpt},
};

/// **The package as the registry has it**, for a `PUT` to be compared with.
#[derive(Clone, Copy, Debug)]
pub struct StoredPackument<'a> {
    /// The document, as a `GET` of the package by the same caller would give it.
    pub document: &'a Body,
    /// Who may read it now.
    pub visibility: Visibility,
}

/// **Everything that a `PUT` to a package would change**, and so everything that it must be allowed to do.
///
/// One method and path stands for five things: publish, deprecate, star, change the maintainers, unpublish. Which, only
/// the body says, and a body may say more than one. So it is read as changes:
///
/// - [`intents`](Self::intents) are what must be allowed, every one of them. They follow from the changes: there is no
///   change without its intent.
/// - Apply these changes and nothing else of the body. Then nothing is smuggled in: what is not read here does not
///   happen.
/// - A field that is left out is no change, but for the versions of a whole document: one that is missing there is
///   removed. `_rev`, `_revisions` and `time` are the registry's own and are not read.
/// - A body that is none of the known shapes, or changes what nobody changes, is every action that a `PUT` can be
///   ([`is_understood`](Self::is_understood) is false); after that was allowed, there is nothing to apply.
///
/// ```
/// use tollgate::{Visibility, wire::{Body, PackumentChanges, StoredPackument, PutTo}};
///
/// let stored: Body = serde_json::from_str(
///     r#"{"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0"}},
///         "maintainers": [{"name": "alice"}]}"#)?;
/// let stored = StoredPackument { document: &stored, visibility: Visibility::Public };
/// // A "deprecate" that brings a friend along.
/// let body: Body = serde_json::from_str(
///     r#"{"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0", "deprecated": "old"}},
///         "maintainers": [{"name": "alice"}, {"name": "mallory"}]}"#)?;
/// let changes = PackumentChanges::read(&"left-pad".parse()?, PutTo::Package, &body, Some(stored))?;
/// let intents: Vec<String> = changes.intents().iter().map(ToString::to_string).collect();
/// assert_eq!(intents, ["deprecate `left-pad`", "change-maintainers `left-pad`"]);
/// assert_eq!(changes.deprecations(), [("1.0.0", Some("old"))]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PackumentChanges<'a> {
    package: PackageName,
    shape: Shape,
    is_understood: bool,
    exists: bool,
    publication: Option<Publication<'a>>,
    deprecations: Vec<(&'a str, Option<&'a str>)>,
    removals: Vec<&'a str>,
    dist_tags: Vec<(&'a str, Option<&'a str>)>,
    maintainers: Option<Vec<UserName>>,
    visibility: Option<Visibility>,
    stars: Option<Stars>,
}

/// Where the body was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutTo {
    /// `PUT /:package`.
    Package,
    /// `PUT /:package/-rev/:revision`.
    Revision,
}

/// What the body is, by the keys that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// With attachments.
    Publish,
    /// The whole document, put to the package.
    Document,
    /// The whole document, put to a revision.
    Revision,
    /// `_id`, `_rev` and `maintainers`.
    Maintainers,
    /// `_id`, `_rev` and `users`.
    Stars,
    /// None of these.
    Unknown,
}

/// The users who star the package, in the body and in the stored document.
#[derive(Clone, Debug)]
struct Stars {
    wanted: Vec<UserName>,
    stored: Vec<UserName>,
}

impl<'a> PackumentChanges<'a> {
    /// Reads what the body changes of the package that the path names, beside what is stored, if it exists.
    ///
    /// Decide what the path [asks for](super::Endpoint::asks) first: what comes of this depends on the stored document.
    ///
    /// # Errors
    /// A body that names another package anywhere, or whose known fields are not of their shape.
    pub fn read(
        package: &PackageName,
        to: PutTo,
        body: &'a Body,
        stored: Option<StoredPackument<'a>>,
    ) -> Result<Self, InvalidBody> {
        Reader { package, to, stored }.read(&body.0).map_err(InvalidBody::from)
    }

    /// The package that all of it is about: the one name that the path, the document, its versions and its attachments
    /// agree on.
    #[must_use]
    pub const fn package(&self) -> &PackageName {
        &self.package
    }

    /// Every action that the changes are, each to be allowed. The first is what the body is by its shape, whatever is
    /// stored.
    #[must_use]
    pub fn intents(&self) -> Box<[Intent]> {
        let mut actions = Vec::new();
        match self.shape {
            Shape::Publish | Shape::Unknown => actions.push(PackageAction::Publish),
            Shape::Document => actions.push(PackageAction::Deprecate),
            Shape::Revision => actions.push(PackageAction::Unpublish),
            Shape::Maintainers => actions.push(PackageAction::ChangeMaintainers),
            Shape::Stars => actions.push(PackageAction::StarPackage),
        }
        let is_anything = !self.is_understood;
        let changed = [
            (self.publication.is_some() || is_anything, PackageAction::Publish),
            (!self.deprecations.is_empty() || is_anything, PackageAction::Deprecate),
            (!self.removals.is_empty() || is_anything, PackageAction::Unpublish),
            (!self.dist_tags.is_empty() || is_anything, PackageAction::SetDistTag),
            (self.maintainers.is_some() || is_anything, PackageAction::ChangeMaintainers),
            // The first visibility is part of the creation.
            ((self.visibility.is_some() && self.exists) || is_anything, PackageAction::ChangeVisibility),
            (self.stars.is_some(), PackageAction::StarPackage),
        ];
        for (is_asked, action) in changed {
            if is_asked && !actions.contains(&action) {
                actions.push(action);
            }
        }
        actions.into_iter().map(|action| Intent::Package { action, package: self.package.clone() }).collect()
    }

    /// Whether the body is of a known shape, all of whose changes are told here.
    #[must_use]
    pub const fn is_understood(&self) -> bool {
        self.is_understood
    }

    /// The new version, with its tarball.
    #[must_use]
    pub const fn publication(&self) -> Option<&Publication<'a>> {
        self.publication.as_ref()
    }

    /// Versions whose deprecation changes, each with its new message; `None` takes the deprecation away.
    #[must_use]
    pub fn deprecations(&self) -> &[(&'a str, Option<&'a str>)] {
        &self.deprecations
    }

    /// Versions that are taken away.
    #[must_use]
    pub fn removals(&self) -> &[&'a str] {
        &self.removals
    }

    /// Tags that move, each with its new version; `None` removes the tag. The tags of a
    /// [publication](Self::publication) that point to it are not among them.
    #[must_use]
    pub fn dist_tags(&self) -> &[(&'a str, Option<&'a str>)] {
        &self.dist_tags
    }

    /// The maintainers, all of them, if they change.
    #[must_use]
    pub fn maintainers(&self) -> Option<&[UserName]> {
        self.maintainers.as_deref()
    }

    /// The visibility, if it changes; of a creation the one it asks for, if it asks for one.
    #[must_use]
    pub const fn visibility(&self) -> Option<Visibility> {
        self.visibility
    }

    /// Whether the user is to star the package or no longer, if that changes. The stars of others in the body are
    /// nobody's to change.
    #[must_use]
    pub fn starred_by(&self, user: UserName<&str>) -> Option<bool> {
        let stars = self.stars.as_ref()?;
        let has = |list: &[UserName]| list.iter().any(|name| *name == user);
        let wanted = has(&stars.wanted);
        (wanted != has(&stars.stored)).then_some(wanted)
    }
}

/// The keys that are read, or are the registry's own to write.
const KNOWN: [&str; 12] = [
    "_id",
    "_rev",
    "_revisions",
    "_attachments",
    "name",
    "versions",
    "dist-tags",
    "maintainers",
    "users",
    "access",
    "time",
    "readme",
];

struct Reader<'r, 'a> {
    package: &'r PackageName,
    to: PutTo,
    stored: Option<StoredPackument<'a>>,
}

/// The entries of an object under a field that may be left out.
fn entries<'n>(node: &'n Node, name: &'static str) -> Result<&'n [(Box<str>, Node)], ErrorAt> {
    node.get(name).map_or(Ok(&[]), |node| document::object(node, &Path::Top.field(name)))
}

impl<'a> Reader<'_, 'a> {
    fn read(&self, body: &'a Node) -> Result<PackumentChanges<'a>, ErrorAt> {
        let keys = document::object(body, &Path::Top)?;
        self.check_names(body)?;
        let only = |allowed: &[&str]| keys.iter().all(|(key, _)| allowed.contains(&&**key));
        let shape = if body.get("_attachments").is_some_and(|node| *node != Node::Object(Vec::new())) {
            Shape::Publish
        } else if body.get("maintainers").is_some() && only(&["_id", "_rev", "name", "maintainers"]) {
            Shape::Maintainers
        } else if body.get("users").is_some() && only(&["_id", "_rev", "name", "users"]) {
            Shape::Stars
        } else if body.get("versions").is_none() {
            Shape::Unknown
        } else {
            match self.to {
                PutTo::Package => Shape::Document,
                PutTo::Revision => Shape::Revision,
            }
        };
        let publication = match shape {
            Shape::Publish => Some(Publication::read(self.package, body)?),
            Shape::Document | Shape::Revision | Shape::Maintainers | Shape::Stars | Shape::Unknown => None,
        };
        let mut changes = PackumentChanges {
            package: self.package.clone(),
            shape,
            is_understood: true,
            exists: self.stored.is_some(),
            dist_tags: self.dist_tags(body, publication.as_ref())?,
            maintainers: self.maintainers(body)?,
            visibility: self.visibility(body)?,
            stars: self.stars(body)?,
            publication,
            deprecations: Vec::new(),
            removals: Vec::new(),
        };
        let versions_are_known = self.versions(body, &mut changes)?;
        changes.is_understood = shape != Shape::Unknown && versions_are_known && !self.rewrites(body, shape);
        Ok(changes)
    }

    /// The document names the package that the path names, wherever it names one.
    fn check_names(&self, body: &Node) -> Result<(), ErrorAt> {
        for name in ["_id", "name"] {
            if let Some(node) = body.get(name) {
                let path = Path::Top.field(name);
                if document::text(node, &path)? != self.package.as_str() {
                    let expected = excerpt(self.package.as_str());
                    return Err(path.error(format!("another name than in the path: expected {}", Quoted(&expected))));
                }
            }
        }
        Ok(())
    }

    fn stored_document(&self) -> Option<&'a Node> {
        self.stored.map(|stored| &stored.document.0)
    }

    /// What of the versions changes. False for a change that nobody makes: a manifest that is rewritten, or one that is
    /// added without its tarball.
    fn versions(&self, body: &'a Node, changes: &mut PackumentChanges<'a>) -> Result<bool, ErrorAt> {
        let path = Path::Top.field("versions");
        let stored: BTreeMap<&str, &Node> = match self.stored_document() {
            Some(document) => entries(document, "versions")?.iter().map(|(version, node)| (&**version, node)).collect(),
            None => BTreeMap::new(),
        };
        let mut is_known = true;
        for (version, manifest) in entries(body, "versions")? {
            check_manifest(self.package, version, manifest, &path.field(version))?;
            if changes.publication.as_ref().is_some_and(|publication| publication.version() == &**version) {
                continue;
            }
            let Some(before) = stored.get(&**version) else {
                is_known = false;
                continue;
            };
            let (old, new) = (deprecation(before, &path)?, deprecation(manifest, &path.field(version))?);
            if old != new {
                changes.deprecations.push((version, new));
            }
            is_known &= same_but_for_deprecation(before, manifest);
        }
        // A publish sends the new version alone; a whole document is the whole document.
        if matches!(changes.shape, Shape::Document | Shape::Revision) {
            let sent = entries(body, "versions")?;
            changes.removals =
                stored.into_keys().filter(|version| !sent.iter().any(|(key, _)| **key == **version)).collect();
        }
        Ok(is_known)
    }

    fn dist_tags(
        &self,
        body: &'a Node,
        publication: Option<&Publication<'a>>,
    ) -> Result<Vec<(&'a str, Option<&'a str>)>, ErrorAt> {
        let Some(sent) = body.get("dist-tags") else { return Ok(Vec::new()) };
        let path = Path::Top.field("dist-tags");
        let stored = match self.stored_document() {
            Some(document) => entries(document, "dist-tags")?,
            None => &[],
        };
        let stored_version = |tag: &str| stored.iter().find(|(key, _)| &**key == tag).map(|(_, version)| version);
        let mut changed = Vec::new();
        let sent = document::object(sent, &path)?;
        for (tag, node) in sent {
            let version = document::text(node, &path.field(tag))?;
            let is_published = publication.is_some_and(|publication| publication.version() == version);
            if !is_published && stored_version(tag) != Some(node) {
                changed.push((&**tag, Some(version)));
            }
        }
        // As with versions: what a publish leaves out stays.
        if publication.is_none() {
            let gone = stored.iter().filter(|(tag, _)| !sent.iter().any(|(key, _)| key == tag));
            changed.extend(gone.map(|(tag, _)| (&**tag, None)));
        }
        Ok(changed)
    }

    /// The maintainers if they change. At a creation they are the creator's to be, whatever an old client says.
    fn maintainers(&self, body: &Node) -> Result<Option<Vec<UserName>>, ErrorAt> {
        let Some(sent) = body.get("maintainers") else { return Ok(None) };
        let names = names_of(sent)?;
        let Some(document) = self.stored_document() else { return Ok(None) };
        let stored = document.get("maintainers").map(names_of).transpose()?.unwrap_or_default();
        Ok((names != stored).then_some(names))
    }

    fn visibility(&self, body: &Node) -> Result<Option<Visibility>, ErrorAt> {
        let path = Path::Top.field("access");
        let wanted = match body.get("access") {
            None | Some(Node::Null) => return Ok(None),
            Some(node) => visibility_word(node, &path)?,
        };
        if wanted == Visibility::Private && !self.package.is_scoped() {
            return Err(path.error("an unscoped package as private: expected public, or a scoped name"));
        }
        Ok(match self.stored {
            Some(stored) if stored.visibility == wanted => None,
            Some(_) | None => Some(wanted),
        })
    }

    fn stars(&self, body: &Node) -> Result<Option<Stars>, ErrorAt> {
        let Some(sent) = body.get("users") else { return Ok(None) };
        let wanted = starring(sent)?;
        let stored = self.stored_document().and_then(|document| document.get("users"));
        let stored = stored.map(starring).transpose()?.unwrap_or_default();
        Ok((wanted != stored).then_some(Stars { wanted, stored }))
    }

    /// Whether a field of the document beyond those that are read differs from what is stored. What comes with a new
    /// version is its own.
    fn rewrites(&self, body: &Node, shape: Shape) -> bool {
        let (Node::Object(keys), Shape::Document | Shape::Revision) = (body, shape) else { return false };
        let stored = self.stored_document();
        keys.iter().any(|(key, value)| {
            !KNOWN.contains(&&**key) && stored.and_then(|document| document.get(key)) != Some(value)
        })
    }
}

/// npm's words for who may read a package.
pub(super) fn visibility_word(node: &Node, path: &Path<'_>) -> Result<Visibility, ErrorAt> {
    match document::text(node, path)? {
        "public" => Ok(Visibility::Public),
        "restricted" | "private" => Ok(Visibility::Private),
        _ => Err(path.error("unknown access: expected `public`, `restricted` or `private`")),
    }
}

/// The message of a version's deprecation. An empty one is none, as npm's client has it.
fn deprecation<'n>(manifest: &'n Node, path: &Path<'_>) -> Result<Option<&'n str>, ErrorAt> {
    match manifest.get("deprecated") {
        None | Some(Node::Null | Node::Bool(false)) => Ok(None),
        Some(node) => Ok(Some(document::text(node, &path.field("deprecated"))?).filter(|message| !message.is_empty())),
    }
}

/// Whether two manifests say the same in everything but their deprecation, whatever the order of their fields.
fn same_but_for_deprecation(before: &Node, after: &Node) -> bool {
    let (Node::Object(before), Node::Object(after)) = (before, after) else { return before == after };
    let others =
        |entries: &'_ [(Box<str>, Node)]| -> usize { entries.iter().filter(|(key, _)| &**key != "deprecated").count() };
    let same = |(key, value): &(Box<str>, Node)| {
        &**key == "deprecated" || before.iter().any(|(name, old)| name == key && old == value)
    };
    others(before) == others(after) && after.iter().all(same)
}

/// The names of a list of `{name, email}`, sorted, each once.
fn names_of(list: &Node) -> Result<Vec<UserName>, ErrorAt> {
    let path = Path::Top.field("maintainers");
    let mut names = Vec::new();
    for (index, entry) in document::list(list, &path)?.iter().enumerate() {
        let path = path.item(index);
        // npm's old registry documents have a plain text here too.
        let name = match entry {
            Node::Object(_) => entry.get("name").ok_or_else(|| path.field("name").error("missing field"))?,
            Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) | Node::List(_) => entry,
        };
        names.push(document::word(name, &path.field("name"))?);
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// The users of `{name: true}`, sorted.
fn starring(users: &Node) -> Result<Vec<UserName>, ErrorAt> {
    let path = Path::Top.field("users");
    let mut names = Vec::new();
    for (name, star) in document::object(users, &path)? {
        if document::boolean(star, &path.field(name))? {
            names.push(name.parse().map_err(|error| path.field(name).error(error))?);
        }
    }
    names.sort_unstable();
    Ok(names)
}
