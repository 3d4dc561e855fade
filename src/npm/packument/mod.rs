//! What the body of a `PUT` to a package would change: publish, deprecate, star, owners, unpublish, all of it.

mod read;

use alloc::{boxed::Box, vec::Vec};

use super::{Body, publication::Publication};
use crate::{
    decision::{AccessRequest, Allow},
    facts::{PackageState, Visibility},
    operation::{Operation, PackageAction},
    value::{PackageName, UserName},
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
/// - [`access_requests`](Self::access_requests) are what must be allowed, every one of them. They follow from the changes: there is no
///   change without its access request.
/// - What is to be done comes out only against the allow of each of them: [`allowed_by`](Self::allowed_by). Apply that and
///   nothing else of the body. Then nothing is smuggled in: what is not read here does not happen.
/// - A field that is left out is no change, but for the versions of a whole document: one that is missing there is
///   removed. So compare [`revision`](Self::revision) with the present one first: in a document of yesterday, what was
///   published today is missing. `_revisions` and `time` are the registry's own and are not read.
/// - A body that is none of the known shapes, or changes what nobody changes, is every write to a package that a `PUT`
///   can be, and when all of that was allowed there is still nothing to do.
///
/// ```
/// use tollgate::{facts::Visibility, npm::{Body, NotAllowed, PackumentChanges, PutTarget, StoredPackument}};
///
/// let stored: Body = serde_json::from_str(
///     r#"{"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0"}},
///         "maintainers": [{"name": "alice"}]}"#)?;
/// let stored = StoredPackument { document: &stored, visibility: Visibility::Public };
/// // A "deprecate" that brings a friend along.
/// let body: Body = serde_json::from_str(
///     r#"{"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0", "deprecated": "old"}},
///         "maintainers": [{"name": "alice"}, {"name": "mallory"}]}"#)?;
/// let changes = PackumentChanges::read(&"left-pad".parse()?, PutTarget::Package, &body, Some(stored))?;
/// let access_requests: Vec<String> = changes.access_requests().iter().map(ToString::to_string).collect();
/// assert_eq!(access_requests, ["deprecate `left-pad`", "change-maintainers `left-pad`"]);
/// assert!(matches!(changes.allowed_by(&[]), Err(NotAllowed::Missing { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PackumentChanges<'a> {
    package: PackageName,
    shape: Shape,
    is_understood: bool,
    is_published_already: bool,
    exists: bool,
    revision: Option<&'a str>,
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
pub enum PutTarget {
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
    pub fn access_requests(&self) -> Box<[AccessRequest]> {
        let on = |action| AccessRequest::Package { action, package: self.package.clone() };
        self.actions().into_iter().map(on).collect()
    }

    fn actions(&self) -> Vec<PackageAction> {
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
        actions
    }

    /// `_rev` of the body: the revision that the client read before it changed the document. Where it is another than the
    /// present one, answer 409.
    #[must_use]
    pub const fn revision(&self) -> Option<&'a str> {
        self.revision
    }

    /// What is to be done, given the allow of each of [`access_requests`](Self::access_requests).
    ///
    /// # Errors
    /// One of them is missing among the allows; or they are about a package that exists where nothing was stored, or the
    /// other way round (an allow of a creation is none of a new version); or there is nothing to do, for the body is not
    /// [understood](NotAllowed::NotUnderstood) or its version [published already](NotAllowed::PublishedAlready).
    pub fn allowed_by(&self, allows: &[Allow<'_>]) -> Result<AllowedChanges<'_, 'a>, NotAllowed> {
        for action in self.actions() {
            let is_its = |allow: &&Allow<'_>| match allow.operation() {
                Operation::Package { action: allowed, package } => *allowed == action && package.name() == self.package,
                Operation::Organization { .. }
                | Operation::CreateTeam { .. }
                | Operation::Team { .. }
                | Operation::ManageTeamAccess(_)
                | Operation::SharePackage(_)
                | Operation::Account { .. } => false,
            };
            let allow = allows.iter().find(is_its).ok_or(NotAllowed::Missing { action })?;
            let exists = matches!(allow.operation().package(), Some(PackageState::Existing(_)));
            if exists != self.exists {
                return Err(NotAllowed::OtherFacts);
            }
        }
        // A version that is there keeps its manifest and its tarball: everybody has them.
        if self.is_published_already {
            return Err(NotAllowed::PublishedAlready);
        }
        if self.is_understood { Ok(AllowedChanges(self)) } else { Err(NotAllowed::NotUnderstood) }
    }
}

/// **The changes of a body, every one of them allowed**: what is to be done, and all of it.
#[derive(Clone, Copy, Debug)]
pub struct AllowedChanges<'c, 'a>(&'c PackumentChanges<'a>);

/// Why there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAllowed {
    /// There is no allow of this among those at hand: a slip of the server.
    #[error("no allow of {action}: expected one of each action that is asked for")]
    Missing {
        /// The first that is missing.
        action: PackageAction,
    },
    /// The allows are about a package that exists, and none was stored, or the other way round: a slip of the server.
    #[error("an allow about other facts than were read: expected the package to exist in both or in neither")]
    OtherFacts,
    /// All was allowed, and the version is there already.
    #[error("the version is published already: expected a new one")]
    PublishedAlready,
    /// All was allowed, and the body is none that is known.
    #[error("not a known change of a package: expected a publish, deprecation, star, unpublish or other maintainers")]
    NotUnderstood,
}

impl NotAllowed {
    /// The HTTP status: 409 for a version that is published already, 400 for a body that is none that is known, 500 for
    /// a slip of the server.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Missing { .. } | Self::OtherFacts => 500,
            Self::PublishedAlready => 409,
            Self::NotUnderstood => 400,
        }
    }
}

impl<'c, 'a> AllowedChanges<'c, 'a> {
    /// The package that all of it is about.
    #[must_use]
    pub const fn package(self) -> &'c PackageName {
        &self.0.package
    }

    /// Whether the package is created by it. What was allowed is the one or the other, and nothing else is to be done.
    #[must_use]
    pub const fn is_creation(self) -> bool {
        !self.0.exists
    }

    /// The new version, with its tarball.
    #[must_use]
    pub const fn publication(self) -> Option<&'c Publication<'a>> {
        self.0.publication.as_ref()
    }

    /// Versions whose deprecation changes, each with its new message; `None` takes the deprecation away.
    #[must_use]
    pub fn deprecations(self) -> &'c [(&'a str, Option<&'a str>)] {
        &self.0.deprecations
    }

    /// Versions that are taken away.
    #[must_use]
    pub fn removals(self) -> &'c [&'a str] {
        &self.0.removals
    }

    /// Tags that move, each with its new version; `None` removes the tag. The tags of a
    /// [publication](Self::publication) that point to it are not among them.
    #[must_use]
    pub fn dist_tags(self) -> &'c [(&'a str, Option<&'a str>)] {
        &self.0.dist_tags
    }

    /// The maintainers, all of them, if they change.
    #[must_use]
    pub fn maintainers(self) -> Option<&'c [UserName]> {
        self.0.maintainers.as_deref()
    }

    /// The visibility, if it changes; of a creation the one it asks for, if it asks for one.
    #[must_use]
    pub const fn visibility(self) -> Option<Visibility> {
        self.0.visibility
    }

    /// Whether the user is to star the package or no longer, if that changes. The stars of others in the body are
    /// nobody's to change.
    #[must_use]
    pub fn starred_by(self, user: UserName<&str>) -> Option<bool> {
        let stars = self.0.stars.as_ref()?;
        let has = |list: &[UserName]| list.iter().any(|name| *name == user);
        let wanted = has(&stars.wanted);
        (wanted != has(&stars.stored)).then_some(wanted)
    }
}
