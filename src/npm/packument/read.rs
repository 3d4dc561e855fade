//! Finds the changes that a body makes to the stored document.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    vec::Vec,
};

use super::{
    super::{
        Body, BodyError,
        body::{BodyEntry, BodyNode},
        publication::{Publication, check_manifest},
        small_bodies::visibility_word,
        target::PathText,
    },
    PackumentChanges, PutTarget, Shape, Stars, StoredPackument,
};
use crate::{
    decision::AccessRequest,
    facts::Visibility,
    value::{
        PackageName, Quoted, UserName,
        document::{self, ErrorAt, Node, Path},
        excerpt,
    },
};

impl<'a> PackumentChanges<'a> {
    /// Finds the changes that the body makes to the package named in the path. `stored` is `None` if the package does
    /// not exist.
    ///
    /// First decide the access that the path [requires](crate::npm::Endpoint::required_access). The result of this
    /// function depends on the stored document, and an answer that depends on it must not reach a client that is
    /// denied.
    ///
    /// # Errors
    ///
    /// Returns an error if `_id`, `name`, a manifest or an attachment in the body has the name of another package, if a
    /// required field is missing, or if a field that is read has a wrong type or value. The fields of the stored
    /// document are checked too.
    pub fn read(
        package: &PackageName,
        to: PutTarget,
        body: &'a Body<'a>,
        stored: Option<StoredPackument<'a>>,
    ) -> Result<Self, BodyError> {
        Reader { package, to, stored }.read(&body.0).map_err(BodyError::from)
    }
}

/// The fields that are read here, and `_revisions`, `time` and `readme`, which the registry writes itself. A whole
/// document that changes any other field is not understood.
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

impl PackumentChanges<'_> {
    /// Returns `true` if the body changes nothing but the version that it publishes or stages, with its tags.
    const fn only_publish(&self) -> bool {
        // A new field breaks the build here.
        let Self {
            package: _,
            access_requests: _,
            shape: _,
            is_understood: _,
            is_published_already: _,
            exists: _,
            revision: _,
            publication: _,
            deprecations,
            removals,
            dist_tags,
            maintainers,
            visibility,
            stars,
        } = self;
        deprecations.is_empty()
            && removals.is_empty()
            && dist_tags.is_empty()
            && maintainers.is_none()
            && visibility.is_none()
            && stars.is_none()
    }
}

struct Reader<'r, 'a> {
    package: &'r PackageName,
    to: PutTarget,
    stored: Option<StoredPackument<'a>>,
}

/// Returns the entries of the object in a field. A missing field has no entries.
fn entries<'n>(node: &'n BodyNode<'n>, name: &'static str) -> Result<&'n [BodyEntry<'n>], ErrorAt> {
    node.get(name).map_or(Ok(&[]), |node| document::object(node, &Path::Top.field(name)))
}

impl<'a> Reader<'_, 'a> {
    fn read(&self, body: &'a BodyNode<'a>) -> Result<PackumentChanges<'a>, ErrorAt> {
        let keys = document::object(body, &Path::Top)?;
        self.check_names(body)?;
        let only = |allowed: &[&str]| keys.iter().all(|(key, _)| allowed.contains(&&**key));
        let has_attachments = body.get("_attachments").is_some_and(|node| *node != Node::Object(Vec::new()));
        let is_maintainers_body = body.get("maintainers").is_some() && only(&["_id", "_rev", "name", "maintainers"]);
        let is_stars_body = body.get("users").is_some() && only(&["_id", "_rev", "name", "users"]);
        // No client publishes or stars by a `PUT` to a revision, and the access that this path requires includes
        // neither action. So a body of such a shape is unknown there.
        let shape = match self.to {
            PutTarget::Stage => Shape::Stage,
            _ if is_maintainers_body => Shape::Maintainers,
            PutTarget::Package if has_attachments => Shape::Publish,
            PutTarget::Package if is_stars_body => Shape::Stars,
            PutTarget::Revision if has_attachments => Shape::Unknown,
            PutTarget::Package | PutTarget::Revision if body.get("versions").is_none() => Shape::Unknown,
            PutTarget::Package => Shape::Document,
            PutTarget::Revision => Shape::Revision,
        };
        let publication = match shape {
            Shape::Publish | Shape::Stage => Some(Publication::read(self.package, body)?),
            Shape::Document | Shape::Revision | Shape::Maintainers | Shape::Stars | Shape::Unknown => None,
        };
        let mut changes = PackumentChanges {
            package: self.package.clone(),
            access_requests: [].into(),
            shape,
            is_understood: true,
            is_published_already: false,
            exists: self.stored.is_some(),
            revision: match body.get("_rev") {
                None | Some(Node::Null) => None,
                Some(node) => Some(document::text(node, &Path::Top.field("_rev"))?),
            },
            dist_tags: self.dist_tags(body, publication.as_ref())?,
            maintainers: self.maintainers(body)?,
            visibility: self.visibility(body)?,
            stars: self.stars(body)?,
            publication,
            deprecations: Vec::new(),
            removals: Vec::new(),
        };
        let versions_are_known = self.versions(body, &mut changes)?;
        changes.is_understood = shape != Shape::Unknown
            && versions_are_known
            && !self.changes_other_fields(body, shape)
            && (shape != Shape::Stage || changes.only_publish());
        let on = |action| AccessRequest::Package { action, package: self.package.clone() };
        changes.access_requests = changes.actions().into_iter().map(on).collect();
        Ok(changes)
    }

    /// Checks that `_id` and `name` are the name in the path, if the body has them.
    fn check_names(&self, body: &BodyNode<'_>) -> Result<(), ErrorAt> {
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

    fn stored_document(&self) -> Option<&'a BodyNode<'a>> {
        self.stored.map(|stored| &stored.document.0)
    }

    /// Adds the changes of the versions to `changes`.
    ///
    /// Returns `false` if there is a change that no client makes: a published manifest differs in more than its
    /// deprecation, or a version is added without its tarball.
    fn versions(&self, body: &'a BodyNode<'a>, changes: &mut PackumentChanges<'a>) -> Result<bool, ErrorAt> {
        let path = Path::Top.field("versions");
        let stored: BTreeMap<&str, &BodyNode<'_>> = match self.stored_document() {
            Some(document) => by_key(entries(document, "versions")?),
            None => BTreeMap::new(),
        };
        let mut is_understood = true;
        for (version, manifest) in entries(body, "versions")? {
            check_manifest(self.package, version, manifest, &path.field(version))?;
            if changes.publication.as_ref().is_some_and(|publication| publication.version() == &**version) {
                changes.is_published_already = stored.contains_key(&**version);
                continue;
            }
            let Some(before) = stored.get(&**version) else {
                is_understood = false;
                continue;
            };
            let (old, new) = (deprecation(before, &path)?, deprecation(manifest, &path.field(version))?);
            if old != new {
                changes.deprecations.push((version, new));
            }
            is_understood &= same_but_for_deprecation(before, manifest);
        }
        // The body of a publish has only the new version. A whole document has every version to keep, and removes the
        // versions that it leaves out.
        if matches!(changes.shape, Shape::Document | Shape::Revision) {
            let sent: BTreeSet<&str> = entries(body, "versions")?.iter().map(|(version, _)| &**version).collect();
            changes.removals = stored.into_keys().filter(|version| !sent.contains(version)).collect();
        }
        Ok(is_understood)
    }

    fn dist_tags(
        &self,
        body: &'a BodyNode<'a>,
        publication: Option<&Publication<'a>>,
    ) -> Result<Vec<(&'a str, Option<&'a str>)>, ErrorAt> {
        let Some(sent) = body.get("dist-tags") else { return Ok(Vec::new()) };
        let path = Path::Top.field("dist-tags");
        let stored = match self.stored_document() {
            Some(document) => entries(document, "dist-tags")?,
            None => &[],
        };
        let stored_versions = by_key(stored);
        let mut changed = Vec::new();
        let sent = document::object(sent, &path)?;
        for (tag, node) in sent {
            let version = document::text(node, &path.field(tag))?;
            let is_published = publication.is_some_and(|publication| publication.version() == version);
            if stored_versions.get(&**tag) != Some(&node) {
                // A tag that is not valid in a path could not be changed or removed later.
                tag.parse::<PathText>().map_err(|error| path.field(tag).error(error))?;
                if !is_published {
                    changed.push((&**tag, Some(version)));
                }
            }
        }
        // The body of a publish has only the tags of the new version. A whole document has every tag to keep, and
        // removes the tags that it leaves out.
        if publication.is_none() {
            let sent = by_key(sent);
            let gone = stored.iter().filter(|(tag, _)| !sent.contains_key(&**tag));
            changed.extend(gone.map(|(tag, _)| (&**tag, None)));
        }
        Ok(changed)
    }

    /// Returns the maintainers if they change. For a new package, the list that an old client sends is ignored, because
    /// the creator is the only maintainer.
    fn maintainers(&self, body: &BodyNode<'_>) -> Result<Option<Vec<UserName>>, ErrorAt> {
        let Some(sent) = body.get("maintainers") else { return Ok(None) };
        let names = maintainer_names(sent)?;
        let Some(document) = self.stored_document() else { return Ok(None) };
        let stored = document.get("maintainers").map(maintainer_names).transpose()?.unwrap_or_default();
        Ok((names != stored).then_some(names))
    }

    fn visibility(&self, body: &BodyNode<'_>) -> Result<Option<Visibility>, ErrorAt> {
        let path = Path::Top.field("access");
        let wanted = match body.get("access") {
            None | Some(Node::Null) => return Ok(None),
            Some(node) => visibility_word(node, &path)?,
        };
        Ok(match self.stored {
            Some(stored) if stored.visibility == wanted => None,
            Some(_) | None => Some(wanted),
        })
    }

    fn stars(&self, body: &BodyNode<'_>) -> Result<Option<Stars>, ErrorAt> {
        let Some(sent) = body.get("users") else { return Ok(None) };
        let wanted = starring_users(sent)?;
        let stored = self.stored_document().and_then(|document| document.get("users"));
        let stored = stored.map(starring_users).transpose()?.unwrap_or_default();
        Ok((wanted != stored).then_some(Stars { wanted, stored }))
    }

    /// Returns `true` if a whole document changes a field outside [`KNOWN`]. The body of a publish may have any other
    /// field, such as `description`. These fields are ignored.
    fn changes_other_fields(&self, body: &BodyNode<'_>, shape: Shape) -> bool {
        let (Node::Object(keys), Shape::Document | Shape::Revision) = (body, shape) else { return false };
        let stored = self.stored_document();
        keys.iter().any(|(key, value)| {
            !KNOWN.contains(&&**key) && stored.and_then(|document| document.get(key)) != Some(value)
        })
    }
}

/// Returns the deprecation message of a version, or `None` if the version is not deprecated. npm's client sends an
/// empty message to remove a deprecation.
fn deprecation<'n>(manifest: &'n BodyNode<'_>, path: &Path<'_>) -> Result<Option<&'n str>, ErrorAt> {
    match manifest.get("deprecated") {
        None | Some(Node::Null | Node::Bool(false)) => Ok(None),
        Some(node) => Ok(Some(document::text(node, &path.field("deprecated"))?).filter(|message| !message.is_empty())),
    }
}

/// Returns `true` if two manifests are equal except for their deprecation and the order of their fields.
fn same_but_for_deprecation(before: &BodyNode<'_>, after: &BodyNode<'_>) -> bool {
    // A manifest in a body has been found to be an object.
    let (Node::Object(before), Node::Object(after)) = (before, after) else { return false };
    let (mut before, mut after) = (by_key(before), by_key(after));
    before.remove("deprecated");
    after.remove("deprecated");
    before == after
}

/// Returns the entries of an object as a map. The client chooses the number of entries, and searching the list once for
/// each entry would take quadratic time.
fn by_key<'n>(entries: &'n [BodyEntry<'n>]) -> BTreeMap<&'n str, &'n BodyNode<'n>> {
    entries.iter().map(|(key, value)| (&**key, value)).collect()
}

/// Returns the names in a list of `{name, email}`, sorted and without duplicates.
fn maintainer_names(list: &BodyNode<'_>) -> Result<Vec<UserName>, ErrorAt> {
    let path = Path::Top.field("maintainers");
    let mut names = Vec::new();
    for (index, entry) in document::list(list, &path)?.iter().enumerate() {
        let path = path.item(index);
        // Old documents of npm's registry have the name itself in place of the object.
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

/// Returns the users whose value is `true` in an object such as `{"alice": true}`, sorted.
fn starring_users(users: &BodyNode<'_>) -> Result<Vec<UserName>, ErrorAt> {
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
