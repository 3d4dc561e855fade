//! The changes that the body of a `PUT` to a package makes: publish, deprecate, unpublish, tags, maintainers and stars;
//! and the version that a `POST` to the staged versions of a package stages.

mod read;

use alloc::{boxed::Box, vec::Vec};

use super::{Body, publication::Publication};
use crate::{
    decision::{AccessRequest, Allow, Decision},
    facts::{PackageState, Visibility},
    operation::{Operation, PackageAction},
    policy::UnscopedPackages,
    value::{PackageName, UserName},
};

/// The stored document of a package, with which the body of a `PUT` is compared.
#[derive(Clone, Copy, Debug)]
pub struct StoredPackument<'a> {
    /// The document that a `GET` of the package returns to the same caller.
    pub document: &'a Body<'a>,
    /// The present visibility of the package.
    pub visibility: Visibility,
}

/// The changes that a `PUT` to a package makes, and the access requests that must be allowed for them.
///
/// npm's client publishes, deprecates, unpublishes, stars and changes maintainers with a `PUT`. Only the body tells
/// these apart, and one body can make several of these changes. So the body is compared with the stored document, and
/// read as a list of changes.
///
/// 1. [`read`](Self::read) finds the changes.
/// 2. If the path or [`revision`](Self::revision) names a revision other than the present one, answer 409. If neither
///    names a revision, answer 409 unless the body publishes a version: npm's client publishes without a revision. A
///    body that is the whole document removes the versions that it leaves out, so a body based on yesterday's document
///    would remove a version that was published today.
/// 3. [`access_requests`](Self::access_requests) lists what must be allowed. Every change has its access request.
/// 4. [`allowed_by`](Self::allowed_by) takes the allow of each access request and returns the changes. Apply these and
///    nothing else of the body.
///
/// The body that stages a version is that of a publish, and is read with [`PutTarget::Stage`]. It requires `stage` and
/// nothing else. If it changes anything besides, it is not understood, and changes nothing.
///
/// A field that is left out of the body is unchanged. In a body that is the whole document, an entry that is left out
/// of `versions` or `dist-tags` is removed. `_revisions`, `time` and `readme` are not read, because the registry writes
/// them itself. An unrecognised body requires every write permission that a `PUT` can need, and still changes nothing.
///
/// # Examples
///
/// A body that deprecates a version, and also adds a maintainer, requires both to be allowed:
///
/// ```
/// use tollgate::{
///     facts::Visibility,
///     npm::{Body, PackumentChanges, PutTarget, StoredPackument},
/// };
///
/// let stored: Body = serde_json::from_str(
///     r#"{
///         "name": "left-pad",
///         "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0"}},
///         "maintainers": [{"name": "alice"}]
///     }"#,
/// )?;
/// let body: Body = serde_json::from_str(
///     r#"{
///         "name": "left-pad",
///         "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0", "deprecated": "old"}},
///         "maintainers": [{"name": "alice"}, {"name": "mallory"}]
///     }"#,
/// )?;
/// let stored = StoredPackument { document: &stored, visibility: Visibility::Public };
/// let changes = PackumentChanges::read(&"left-pad".parse()?, PutTarget::Package, &body, Some(stored))?;
///
/// let access_requests: Vec<String> = changes.access_requests().iter().map(ToString::to_string).collect();
/// assert_eq!(access_requests, ["deprecate `left-pad`", "change-maintainers `left-pad`"]);
///
/// // A body that names another package is an error.
/// assert!(PackumentChanges::read(&"right-pad".parse()?, PutTarget::Package, &body, None).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PackumentChanges<'a> {
    package: PackageName,
    access_requests: Box<[AccessRequest]>,
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

/// The endpoint that takes a document of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutTarget {
    /// `PUT /:package`.
    Package,
    /// `PUT /:package/-rev/:revision`.
    Revision,
    /// `POST /-/stage/package/:package`.
    Stage,
}

/// The shape of a body, which follows from its keys and its [`PutTarget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A document with attachments, put to the package.
    Publish,
    /// A document with attachments, posted to the staged versions of the package.
    Stage,
    /// The whole document, put to the package.
    Document,
    /// The whole document, put to a revision.
    Revision,
    /// An object with the key `maintainers`. Its only other keys may be `_id`, `_rev` and `name`.
    Maintainers,
    /// An object with the key `users`, put to the package. Its only other keys may be `_id`, `_rev` and `name`.
    Stars,
    /// Any other object.
    Unknown,
}

/// The users who star the package, in the body and in the stored document.
#[derive(Clone, Debug)]
struct Stars {
    wanted: Vec<UserName>,
    stored: Vec<UserName>,
}

impl<'a> PackumentChanges<'a> {
    /// Returns the name of the package. The path, the document, its versions and its attachments all have this name.
    #[must_use]
    pub const fn package(&self) -> &PackageName {
        &self.package
    }

    /// Returns the access requests of the body, each of which must be allowed.
    ///
    /// The first access request follows from the shape of the body alone. It does not depend on the stored document.
    #[must_use]
    pub const fn access_requests(&self) -> &[AccessRequest] {
        &self.access_requests
    }

    fn actions(&self) -> Vec<PackageAction> {
        let mut actions = Vec::new();
        match self.shape {
            // Whatever else the body changes is not understood.
            Shape::Stage => return [PackageAction::Stage].into(),
            Shape::Publish | Shape::Unknown => actions.push(PackageAction::Publish),
            Shape::Document => actions.push(PackageAction::Deprecate),
            Shape::Revision => actions.push(PackageAction::Unpublish),
            Shape::Maintainers => actions.push(PackageAction::ChangeMaintainers),
            Shape::Stars => actions.push(PackageAction::StarPackage),
        }
        let is_unknown = !self.is_understood;
        let changed = [
            (self.publication.is_some() || is_unknown, PackageAction::Publish),
            (!self.deprecations.is_empty() || is_unknown, PackageAction::Deprecate),
            (!self.removals.is_empty() || is_unknown, PackageAction::Unpublish),
            (!self.dist_tags.is_empty() || is_unknown, PackageAction::SetDistTag),
            (self.maintainers.is_some() || is_unknown, PackageAction::ChangeMaintainers),
            // The first visibility is part of creating the package.
            ((self.visibility.is_some() && self.exists) || is_unknown, PackageAction::ChangeVisibility),
            (self.stars.is_some(), PackageAction::StarPackage),
        ];
        for (is_required, action) in changed {
            if is_required && !actions.contains(&action) {
                actions.push(action);
            }
        }
        actions
    }

    /// Returns `_rev` of the body, which is the revision that the client read before it changed the document.
    ///
    /// If the body has a `_rev` other than the present revision, answer 409. npm's client publishes without `_rev`.
    #[must_use]
    pub const fn revision(&self) -> Option<&'a str> {
        self.revision
    }

    /// Returns the changes to apply. `allows` must have an allow for each of the
    /// [`access_requests`](Self::access_requests).
    ///
    /// # Errors
    ///
    /// - [`Missing`](ChangesNotAllowedError::Missing): `allows` has no allow for one of the access requests.
    /// - [`OtherFacts`](ChangesNotAllowedError::OtherFacts): the package existed when an allow was decided but had no
    ///   stored document when the body was read, or the reverse. An allow to create a package does not permit a new
    ///   version of an existing package.
    /// - [`PublishedAlready`](ChangesNotAllowedError::PublishedAlready): the package already has the version that the
    ///   body publishes.
    /// - [`PrivateUnscoped`](ChangesNotAllowedError::PrivateUnscoped): the body makes an unscoped package private, and
    ///   the policy of the allows says that every unscoped package is public.
    /// - [`NotUnderstood`](ChangesNotAllowedError::NotUnderstood): the body is not one that npm's clients send.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     ClientIp, Package, Policy, Timestamp, Token, User,
    ///     decision::{Caller, ResourceFacts},
    ///     facts::{
    ///         AccountStatus, Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode,
    ///         UserFacts, UserGrants, Visibility,
    ///     },
    ///     npm::{Body, CombinedDecision, ChangesNotAllowedError, PackumentChanges, PutTarget, StoredPackument},
    ///     token::{LegacyKind, LegacyToken, TokenFacts, TokenId},
    ///     value::{AllowedRanges, GrantedPermission},
    /// };
    ///
    /// // The facts: alice maintains left-pad, and sends the request with a legacy publish token.
    /// let alice = User::new(UserFacts {
    ///     name: "alice".parse()?,
    ///     status: AccountStatus::Active,
    ///     two_factor: TwoFactorMode::Disabled,
    ///     tokens_revoked_until: None,
    ///     writes_held_until: None,
    ///     memberships: Memberships::empty(),
    /// })?;
    /// let left_pad = Package::new(PackageFacts {
    ///     name: "left-pad".parse()?,
    ///     scope_owner: ScopeOwner::Unscoped,
    ///     visibility: Visibility::Public,
    ///     publishing_access: PublishingAccess::NoRequirement,
    ///     users: UserGrants::new([("alice".parse()?, GrantedPermission::ReadWrite)])?,
    ///     teams: TeamGrants::empty(),
    /// })?;
    /// let now = Timestamp::UNIX_EPOCH;
    /// let facts = TokenFacts { id: TokenId::new("t-1")?, owner: "alice".parse()?, created: now, revoked: None };
    /// let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
    /// let caller = Caller::Token(Policy::NPM_2025_10.bind(&token, &alice)?);
    ///
    /// // The request deprecates a version.
    /// let stored: Body = serde_json::from_str(
    ///     r#"{"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0"}}}"#,
    /// )?;
    /// let body: Body = serde_json::from_str(
    ///     r#"{
    ///         "name": "left-pad",
    ///         "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0", "deprecated": "use padStart"}}
    ///     }"#,
    /// )?;
    /// let stored = StoredPackument { document: &stored, visibility: Visibility::Public };
    /// let changes = PackumentChanges::read(&"left-pad".parse()?, PutTarget::Package, &body, Some(stored))?;
    ///
    /// // Decide each access request, and apply the changes only if all are allowed.
    /// let facts = ResourceFacts { package: Some((&left_pad).into()), organization: None };
    /// let access_requests = changes.access_requests();
    /// let mut decisions = Vec::new();
    /// for access_request in access_requests {
    ///     decisions.push(access_request.decide(&caller, &facts, ClientIp::UNKNOWN, now)?);
    /// }
    /// let Some(CombinedDecision::Allow(allows)) = CombinedDecision::from_decisions(decisions, None) else {
    ///     panic!("not allowed")
    /// };
    /// let allowed = changes.allowed_by(&allows)?;
    /// assert_eq!(allowed.deprecations(), [("1.0.0", Some("use padStart"))]);
    ///
    /// // Without the allow there are no changes to apply.
    /// assert!(matches!(changes.allowed_by(&[]), Err(ChangesNotAllowedError::Missing { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allowed_by(&self, allows: &[Allow<'_>]) -> Result<AllowedChanges<'_, 'a>, ChangesNotAllowedError> {
        for action in self.actions() {
            let is_of_action = |allow: &&Allow<'_>| match allow.operation() {
                Operation::Package { action: allowed, package } => *allowed == action && package.name() == self.package,
                Operation::Organization { .. }
                | Operation::CreateTeam { .. }
                | Operation::Team { .. }
                | Operation::GrantTeamAccess(_)
                | Operation::RevokeTeamAccess(_)
                | Operation::SharePackage(_)
                | Operation::Account { .. } => false,
            };
            let allow = allows.iter().find(is_of_action).ok_or(ChangesNotAllowedError::Missing { action })?;
            let exists = matches!(allow.operation().package(), Some(PackageState::Existing(_)));
            if exists != self.exists {
                return Err(ChangesNotAllowedError::OtherFacts);
            }
        }
        let is_private = self.visibility == Some(Visibility::Private);
        if is_private && !self.package.is_scoped() && !allows.iter().all(may_be_private) {
            return Err(ChangesNotAllowedError::PrivateUnscoped);
        }
        // A published version never changes, because others have installed it.
        if self.is_published_already {
            return Err(ChangesNotAllowedError::PublishedAlready);
        }
        if self.is_understood { Ok(AllowedChanges(self)) } else { Err(ChangesNotAllowedError::NotUnderstood) }
    }
}

/// Whether an unscoped package may be private under the policy of the allow ([P6](crate::docs::rules#p6)).
fn may_be_private(allow: &Allow<'_>) -> bool {
    let policy = Decision::Allow(*allow).basis().policy();
    policy.is_some_and(|policy| policy.unscoped_packages == UnscopedPackages::MayBePrivate)
}

/// The changes of a body, all of which are allowed. See [`PackumentChanges::allowed_by`].
///
/// Apply every change that the methods return, and nothing else of the body.
#[derive(Clone, Copy, Debug)]
pub struct AllowedChanges<'c, 'a>(&'c PackumentChanges<'a>);

/// The error returned when [`PackumentChanges::allowed_by`] returns no changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangesNotAllowedError {
    /// There is no allow for an action that the body requires. This is a bug in the server.
    #[error("no allow of {action}: expected one of each action that is asked for")]
    Missing {
        /// The first action without an allow.
        action: PackageAction,
    },
    /// The package existed when an allow was decided but had no stored document when the body was read, or the reverse.
    /// Either the server has a bug, or the package was created or removed between the two steps.
    #[error("an allow about other facts than were read: expected the package to exist in both or in neither")]
    OtherFacts,
    /// Everything is allowed, but the package already has the version that the body publishes.
    #[error("the version is published already: expected a new one")]
    PublishedAlready,
    /// Everything is allowed, but the body makes an unscoped package private, and under the policy every unscoped
    /// package is public ([P6](crate::docs::rules#p6)).
    #[error("an unscoped package as private: expected public, or a scoped name")]
    PrivateUnscoped,
    /// Everything is allowed, but the body is not one that npm's clients send.
    #[error("not a known change of a package: expected a publish, deprecation, star, unpublish or other maintainers")]
    NotUnderstood,
}

impl ChangesNotAllowedError {
    /// Returns the HTTP status to answer with: 409 for a version that is published already, 400 for a body that is not
    /// understood or makes an unscoped package private where that is not possible, or 500 if an allow is missing or was
    /// decided on other facts.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Missing { .. } | Self::OtherFacts => 500,
            Self::PublishedAlready => 409,
            Self::PrivateUnscoped | Self::NotUnderstood => 400,
        }
    }
}

impl<'c, 'a> AllowedChanges<'c, 'a> {
    /// Returns the name of the package.
    #[must_use]
    pub const fn package(self) -> &'c PackageName {
        &self.0.package
    }

    /// Returns whether the changes create the package.
    ///
    /// If `true`, the package must not exist yet when the changes are applied. If `false`, it must exist. The allows
    /// hold for only one of the two.
    #[must_use]
    pub const fn is_creation(self) -> bool {
        !self.0.exists
    }

    /// Returns the new version with its tarball, or `None` if nothing is published.
    #[must_use]
    pub const fn publication(self) -> Option<&'c Publication<'a>> {
        match self.0.shape {
            Shape::Stage => None,
            Shape::Publish | Shape::Document | Shape::Revision | Shape::Maintainers | Shape::Stars | Shape::Unknown => {
                self.0.publication.as_ref()
            }
        }
    }

    /// Returns the version to stage with its tarball, or `None` if nothing is staged.
    ///
    /// The version and its [tags](Publication::tags) are published when it is approved, and not before.
    #[must_use]
    pub const fn staged(self) -> Option<&'c Publication<'a>> {
        match self.0.shape {
            Shape::Stage => self.0.publication.as_ref(),
            Shape::Publish | Shape::Document | Shape::Revision | Shape::Maintainers | Shape::Stars | Shape::Unknown => {
                None
            }
        }
    }

    /// Returns the versions whose deprecation changes, each with its new message. `None` removes the deprecation.
    #[must_use]
    pub fn deprecations(self) -> &'c [(&'a str, Option<&'a str>)] {
        &self.0.deprecations
    }

    /// Returns the versions to remove.
    #[must_use]
    pub fn removals(self) -> &'c [&'a str] {
        &self.0.removals
    }

    /// Returns the tags that change, each with its new version. `None` removes the tag.
    ///
    /// The tags that point to a newly [published version](Self::publication) are not among them. See
    /// [`Publication::tags`].
    #[must_use]
    pub fn dist_tags(self) -> &'c [(&'a str, Option<&'a str>)] {
        &self.0.dist_tags
    }

    /// Returns the complete new list of maintainers, or `None` if the maintainers do not change.
    #[must_use]
    pub fn maintainers(self) -> Option<&'c [UserName]> {
        self.0.maintainers.as_deref()
    }

    /// Returns the new visibility, or `None` if the visibility does not change.
    ///
    /// If the package [is created](Self::is_creation), this is the visibility that the body asks for, or `None` if it
    /// does not ask for one.
    #[must_use]
    pub const fn visibility(self) -> Option<Visibility> {
        self.0.visibility
    }

    /// Returns whether the user stars the package from now on, or `None` if that does not change.
    ///
    /// Pass the owner of the token. The body lists other users too, but a token may change only its own owner's star.
    #[must_use]
    pub fn starred_by(self, user: UserName<&str>) -> Option<bool> {
        let stars = self.0.stars.as_ref()?;
        let has = |list: &[UserName]| list.iter().any(|name| *name == user);
        let wanted = has(&stars.wanted);
        (wanted != has(&stars.stored)).then_some(wanted)
    }
}
