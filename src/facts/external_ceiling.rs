//! What a user may do with a package, if the registry decides this by rules of its own.

use crate::value::{PackageName, UserName, action::Action};

/// The actions on one package that one user may take, for a registry that decides rights by rules of its own, such as
/// patterns, groups or an access-control service ([C7](crate::docs::rules#c7)).
///
/// It replaces the recorded grants and the rules about them: an action that is not in it is denied with the reason
/// `owner-lacks-permission`. The checks of the token still apply. So do the check of the owner's role in an
/// organization and the rule about names of new packages, and everyone may still read a public package.
///
/// Create one for each request, from the user's present rights. A ceiling of another user or another package allows
/// nothing.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Decision, MissingPackage, PackageAction, PackageName, Policy, Reason, Token, User, authorize,
///     facts::{AccountStatus, ExternalCeiling, Memberships, TwoFactorMode, UserFacts},
///     operation::Action,
///     token::{LegacyKind, LegacyToken, TokenFacts},
///     value::AllowedRanges,
/// };
///
/// let alice = User::new(UserFacts {
///     name: "alice@example.com".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::Disabled,
///     tokens_revoked_until: None,
///     writes_held_until: None,
///     memberships: Memberships::empty(),
/// })?;
/// let facts = TokenFacts {
///     id: "t-1".parse()?,
///     owner: "alice@example.com".parse()?,
///     created: "2025-10-30T12:00:00Z".parse()?,
///     revoked: None,
/// };
/// let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
/// let token = Policy::NPM_2025_10.bind(&token, &alice)?;
///
/// // This registry lets everyone with an address at example.com create packages in the scope `@example`.
/// let name = PackageName::new("@example/app")?;
/// let may_create = [Action::CreatePackage];
/// let ceiling = ExternalCeiling::new(alice.name().clone(), name.into_owned(), may_create);
/// assert!(ceiling.actions().eq(may_create));
///
/// let app = MissingPackage::new(name).with_external_ceiling(&ceiling);
/// let (client_ip, now) = ("192.0.2.1".parse()?, "2025-11-01T00:00:00Z".parse()?);
/// assert!(authorize(&token, PackageAction::Publish, app, client_ip, now).is_allow());
///
/// let other = MissingPackage::new(PackageName::new("@example/other")?).with_external_ceiling(&ceiling);
/// match authorize(&token, PackageAction::Publish, other, client_ip, now) {
///     Decision::Deny(deny) => assert_eq!(deny.reason(), Reason::OwnerLacksPermission),
///     decision => panic!("expected a denial, found {}", decision.explain()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalCeiling {
    user: UserName,
    package: PackageName,
    /// One bit for each action that the user may take.
    actions: u64,
}

impl ExternalCeiling {
    /// Creates a ceiling of the actions that the user may take on the package. Creating the package and publishing a
    /// new version of it are two actions. Actions that are not on a package have no effect.
    #[must_use]
    pub fn new(user: UserName, package: PackageName, actions: impl IntoIterator<Item = Action>) -> Self {
        let actions = actions.into_iter().fold(0, |actions, action| actions | bit(action));
        Self { user, package, actions }
    }

    /// Returns the user whose rights these are.
    #[must_use]
    pub const fn user(&self) -> &UserName {
        &self.user
    }

    /// Returns the package that the rights are over.
    #[must_use]
    pub const fn package(&self) -> &PackageName {
        &self.package
    }

    /// Iterates over the actions that the user may take.
    pub fn actions(&self) -> impl Iterator<Item = Action> {
        Action::ALL.iter().copied().filter(|action| self.actions & bit(*action) != 0)
    }

    /// Returns `true` if this user may take the action on this package.
    #[inline]
    pub(crate) fn allows(&self, user: UserName<&str>, package: &PackageName<&str>, action: Action) -> bool {
        self.actions & bit(action) != 0 && self.user == user && self.package == *package
    }
}

#[expect(clippy::as_conversions, reason = "only `as` gives the position of a variant in a `const fn`")]
const fn bit(action: Action) -> u64 {
    1_u64.wrapping_shl(action as u32)
}

// Each action has a bit of its own.
const _: () = assert!(Action::ALL.len() <= 64);
