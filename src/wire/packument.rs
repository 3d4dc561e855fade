//! What the body of a `PUT` to a package would change: publish, deprecate, star, owners, unpublish, all of it.

mod read;

use alloc::{boxed::Box, vec::Vec};

use super::{Body, publication::Publication};
use crate::{
    action::PackageAction,
    intent::Intent,
    name::{PackageName, UserName},
    package::Visibility,
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
