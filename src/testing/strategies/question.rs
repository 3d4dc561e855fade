//! Questions. A question has all the facts that one decision needs.

use core::{net::IpAddr, time::Duration};
use std::string::ToString;

use proptest::{
    arbitrary::any,
    bool::weighted,
    option, prop_oneof,
    sample::Index,
    strategy::{BoxedStrategy, Just, Strategy},
};

use super::{
    facts::{PackageDraft, UserDraft, unnamed_package, user},
    names::{ORGANIZATIONS, PACKAGES, TEAMS, UNUSED, USERS, known, new_package_name},
    one_of,
    tokens::{OwnerlessKind, OwnerlessToken, entries, plain_token},
    valid,
    values::client_ip as any_client_ip,
};
use crate::{
    decision::{AuditRecord, Decision},
    facts::{
        Membership, MissingOrganization, MissingPackage, Organization, OrganizationState, PackageState,
        PublishingAccess, ScopeOwner,
    },
    operation::{AccountAction, Action, BoundToken, Operation},
    policy::{BypassCovers, Edition, Policy, UnscopedPackages},
    testing::build::{Resources, bind},
    token::{
        LegacyKind, OrganizationSelection, OrganizationsGrant, PackageOrScope, PackageSelection, PackagesGrant, Token,
        TokenKind,
    },
    value::{
        AllowedRanges, ClientIp, GrantedPermission, OrganizationName, PackageName, Role, TeamName, Timestamp, UserName,
    },
};

/// All the facts that one decision needs, in fields that a test may change: a token, its owner, an action with its
/// resource, the client's address and the time.
///
/// [`question`] generates drafts.
///
/// ```
/// use proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner};
/// use tollgate::{decision::Verdict, facts::AccountStatus, testing::strategies::question};
///
/// let mut question = question().new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// question.owner.status = AccountStatus::Suspended;
/// assert_eq!(question.record().decision, Verdict::Deny);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionDraft {
    /// The policy that the decision is made under.
    pub policy: Policy,
    /// The token. It must belong to `owner`.
    pub token: Token,
    /// The owner of the token.
    pub owner: UserDraft,
    /// The action. `create-package` and `publish-version` both ask to publish, and `package_exists` determines which of
    /// the two actions is decided.
    pub action: Action,
    /// The package. If it does not exist, only its name is used.
    pub package: PackageDraft,
    /// Whether the package exists.
    pub package_exists: bool,
    /// The organization.
    pub organization: OrganizationName,
    /// Whether the organization exists.
    pub organization_exists: bool,
    /// The name of a team of that organization.
    pub team: TeamName,
    /// The name of the user whose account an account action is performed on.
    pub account: UserName,
    /// The client's address.
    pub client_ip: ClientIp,
    /// The time of the request.
    pub now: Timestamp,
}

impl QuestionDraft {
    /// Binds the token to its owner, creates the operation, and calls `ask` with the two.
    ///
    /// # Panics
    ///
    /// Panics if the parts contradict each other: the token does not belong to the owner; [`UserDraft::build`] or
    /// [`PackageDraft::build`] panics; or the action is `create-team` and the team's name is not valid for a
    /// [`NewTeam`](crate::facts::NewTeam).
    #[track_caller]
    pub fn ask<T>(&self, ask: impl for<'a> FnOnce(&'a BoundToken<'a>, Operation<'a>) -> T) -> T {
        let owner = self.owner.build();
        let package = self.package_exists.then(|| self.package.build());
        let package = package.as_ref().map_or_else(
            || PackageState::from(MissingPackage::new(self.package.name.as_borrowed())),
            PackageState::from,
        );
        let organization = self.organization_exists.then(|| Organization::new(self.organization.clone()));
        let organization = organization.as_ref().map_or_else(
            || OrganizationState::from(MissingOrganization::new(self.organization.as_borrowed())),
            OrganizationState::from,
        );
        let resources =
            Resources { package, organization, team: self.team.as_borrowed(), account: self.account.as_borrowed() };
        ask(&bind(self.policy, &self.token, &owner), resources.operation(self.action))
    }

    /// Decides the question, and calls `take` with the decision.
    ///
    /// # Panics
    ///
    /// Panics if [`ask`](Self::ask) does.
    #[track_caller]
    pub fn decide<T>(&self, take: impl for<'a> FnOnce(Decision<'a>) -> T) -> T {
        self.ask(|token, operation| take(token.at(self.client_ip, self.now).decide(operation)))
    }

    /// Decides the question, and returns the decision as an [`AuditRecord`], which borrows nothing.
    ///
    /// # Panics
    ///
    /// Panics if [`ask`](Self::ask) does.
    #[must_use]
    #[track_caller]
    pub fn record(&self) -> AuditRecord {
        self.decide(|decision| AuditRecord::from(&decision))
    }
}

/// The time of a request, relative to the life of the token.
#[derive(Clone, Copy, Debug)]
enum Moment {
    HourAfterCreation,
    JustBeforeExpiry,
    AtExpiry,
    AfterExpiry,
    AtCreation,
    BeforeCreation,
}

impl Moment {
    /// Returns the time of the request, for a token with this creation time and expiry. A token that never expires
    /// counts as expiring at the latest possible time.
    fn time(self, created: Timestamp, expires: Option<Timestamp>) -> Timestamp {
        let later = |at: Timestamp, by: u64| at.checked_add(Duration::from_nanos(by)).unwrap_or(Timestamp::MAX);
        let earlier = |at: Timestamp| {
            Timestamp::from_unix_nanoseconds(at.unix_nanoseconds().saturating_sub(1)).unwrap_or(Timestamp::MIN)
        };
        let expires = expires.unwrap_or(Timestamp::MAX);
        match self {
            Self::HourAfterCreation => later(created, 3_600_000_000_000),
            Self::JustBeforeExpiry => earlier(expires),
            Self::AtExpiry => expires,
            Self::AfterExpiry => later(expires, 1),
            Self::AtCreation => created,
            Self::BeforeCreation => earlier(created),
        }
    }
}

/// Which parts of the resource are added to the token's selections. Without them a selection would seldom cover the
/// resource.
#[derive(Clone, Copy, Debug)]
struct Covered {
    package: Option<CoveredPackage>,
    organization: bool,
}

#[derive(Clone, Copy, Debug)]
enum CoveredPackage {
    Name,
    Scope,
}

impl Covered {
    /// Adds the parts to the selections of a token. Does nothing for a legacy token.
    fn add_to(self, draft: &mut OwnerlessToken, package: &PackageName, organization: &OrganizationName) {
        let OwnerlessKind::Granular(settings) = &mut draft.kind else { return };
        if let PackagesGrant::Granted { permission: _, selection } = &mut settings.packages
            && *selection != PackageSelection::All
        {
            let scope = package.as_borrowed().scope();
            let entry = self.package.and_then(|what| match what {
                CoveredPackage::Name => Some(PackageOrScope::Package(package.clone())),
                CoveredPackage::Scope => scope.map(|scope| PackageOrScope::Scope(scope.into_owned())),
            });
            *selection = valid(PackageSelection::only(entries(selection).into_iter().chain(entry)));
        }
        if let OrganizationsGrant::Granted { permission: _, selection } = &mut settings.organizations
            && self.organization
        {
            let names = selection.as_slice().iter().chain([organization]).cloned();
            *selection = valid(OrganizationSelection::only(names));
        }
    }
}

/// Returns the actions that a token of this kind may be used for. Questions ask for these actions more often than for
/// others.
const fn actions_of(kind: TokenKind) -> &'static [Action] {
    match kind {
        TokenKind::Legacy(LegacyKind::Publish) | TokenKind::Session => Action::ALL,
        TokenKind::Legacy(LegacyKind::Automation) => &[
            Action::ReadPackage,
            Action::PublishVersion,
            Action::CreatePackage,
            Action::Unpublish,
            Action::Deprecate,
            Action::SetDistTag,
            Action::Stage,
            Action::ReadStage,
            Action::Whoami,
        ],
        TokenKind::Legacy(LegacyKind::ReadOnly) => &[Action::ReadPackage, Action::Whoami, Action::RevokeSelf],
        // `create-package` is listed twice because only it has the reason `creation-not-covered`.
        TokenKind::Granular => &[
            Action::ReadPackage,
            Action::PublishVersion,
            Action::CreatePackage,
            Action::CreatePackage,
            Action::ListCollaborators,
            Action::Unpublish,
            Action::Deprecate,
            Action::SetDistTag,
            Action::ChangeVisibility,
            Action::ChangePublishingAccess,
            Action::ChangeMaintainers,
            Action::Stage,
            Action::ReadStage,
            Action::ApproveStage,
            Action::RejectStage,
            Action::ReadOrg,
            Action::ChangeOrgSettings,
            Action::AddMember,
            Action::RemoveMember,
            Action::ChangeMemberRole,
            Action::CreateTeam,
            Action::DeleteTeam,
            Action::AddTeamMember,
            Action::RemoveTeamMember,
            Action::GrantTeamAccess,
            Action::RevokeTeamAccess,
            Action::Whoami,
            Action::RevokeSelf,
        ],
    }
}

/// Gives the owner every right on the package and the organization. Without this, most questions would be denied
/// because the owner lacks the permission ([C](crate::docs::rules#c)).
fn give_all_rights(owner: &mut UserDraft, package: &mut PackageDraft, organization: &OrganizationName) {
    package.users.retain(|(user, _)| *user != owner.name);
    package.users.push((owner.name.clone(), GrantedPermission::ReadWrite));
    let scope = package.name.as_borrowed().scope().filter(|_| package.scope_owner == ScopeOwner::Organization);
    let of_scope = scope.and_then(|scope| scope.into_str().parse().ok());
    for name in of_scope.into_iter().chain([organization.clone()]).filter(|name| name.as_str() != owner.name.as_str()) {
        let teams = owner.memberships.iter().find(|membership| *membership.organization() == name);
        let teams = teams.map(|membership| membership.teams().to_vec()).unwrap_or_default();
        owner.memberships.retain(|membership| *membership.organization() != name);
        owner.memberships.push(valid(Membership::new(name, Role::Owner, teams)));
    }
}

/// Generates policies: every edition, as it is or with some of its switches tightened.
///
/// Shrinks towards `npm-2025-10`.
pub fn policy() -> BoxedStrategy<Policy> {
    let edition = prop_oneof![3 => Just(Edition::Npm2025_10), 3 => one_of(Edition::ALL)];
    let least = option::weighted(0.2, one_of(PublishingAccess::ALL));
    let covers = option::weighted(0.2, one_of(BypassCovers::ALL));
    (edition, weighted(0.1), least, covers, weighted(0.2), weighted(0.2))
        .prop_map(|(edition, retire, least, covers, may_be_private, require_ranges)| {
            let mut policy = edition.policy();
            // A value looser than the edition's is refused, and the edition's value stays.
            policy = least.and_then(|least| policy.with_least_publishing_access(least).ok()).unwrap_or(policy);
            policy = covers.and_then(|covers| policy.with_bypass_covers(covers).ok()).unwrap_or(policy);
            if retire {
                policy = policy.retire_legacy_tokens();
            }
            if may_be_private {
                policy = policy.with_unscoped_packages(UnscopedPackages::MayBePrivate);
            }
            // A limit for issuing, which no decision reads.
            if require_ranges { policy.require_ranges() } else { policy }
        })
        .boxed()
}

/// Generates questions: every action, every kind of token, allows, challenges, and every reason for which the request
/// of a token can be denied.
///
/// Shrinks towards `alice` reading a public `@acme/app` with a legacy publish token, one hour after the token was
/// made.
pub fn question() -> BoxedStrategy<QuestionDraft> {
    // The token is not known here. `Err` is an index that selects one of the actions of its kind later, and `Ok` is any
    // action.
    let action = prop_oneof![3 => any::<Index>().prop_map(Err), 1 => one_of(Action::ALL).prop_map(Ok)];
    let name: BoxedStrategy<PackageName> = prop_oneof![8 => known(PACKAGES), 1 => new_package_name()].boxed();
    let organization: BoxedStrategy<OrganizationName> = prop_oneof![
        6 => Just("acme"),
        2 => one_of(ORGANIZATIONS),
        1 => Just(UNUSED),
    ]
    .prop_map(|text| valid(text.parse()))
    .boxed();
    let account: BoxedStrategy<Option<UserName>> =
        prop_oneof![5 => Just(None), 1 => known(USERS).prop_map(Some)].boxed();
    let moment: BoxedStrategy<Moment> = prop_oneof![
        9 => Just(Moment::HourAfterCreation),
        2 => Just(Moment::JustBeforeExpiry),
        1 => one_of(&[Moment::AtExpiry, Moment::AfterExpiry]),
        1 => one_of(&[Moment::AtCreation, Moment::BeforeCreation]),
    ]
    .boxed();
    let covered: BoxedStrategy<Option<CoveredPackage>> = prop_oneof![
        1 => Just(None),
        2 => Just(Some(CoveredPackage::Scope)),
        2 => Just(Some(CoveredPackage::Name)),
    ]
    .boxed();
    let covered = (covered, weighted(0.75)).prop_map(|(package, organization)| Covered { package, organization });
    // `Err` is an index that selects one of the token's ranges later, and `Ok` is any address.
    let client_ip = prop_oneof![4 => any::<Index>().prop_map(Err), 1 => any_client_ip().prop_map(Ok)];
    let package = (name, unnamed_package(), weighted(0.08));
    let organization = (organization, weighted(0.08), known(TEAMS));
    let owner = (user(), weighted(0.5));
    ((policy(), plain_token()), owner, action, package, organization, account, covered, client_ip, moment)
        .prop_map(|(token, owner, action, package, organization, account, covered, client_ip, moment)| {
            let (policy, mut draft) = token;
            let (mut owner, has_all_rights) = owner;
            let (name, package, package_is_missing) = package;
            let (organization, organization_is_missing, team) = organization;
            covered.add_to(&mut draft, &name, &organization);
            let mut package = package.with_name(name, policy.unscoped_packages());
            if has_all_rights {
                give_all_rights(&mut owner, &mut package, &organization);
            }
            let created = draft.created;
            let token = draft.with_owner(owner.name.clone());
            let action = action.unwrap_or_else(|index: Index| *index.get(actions_of(token.kind())));
            QuestionDraft {
                policy,
                now: moment.time(created, token.as_view().expires_at()),
                client_ip: client_ip.unwrap_or_else(|index| address_in(token.allowed_ranges(), index)),
                account: account.unwrap_or_else(|| owner.name.clone()),
                team: if action == Action::CreateTeam { lower_case(&team) } else { team },
                package_exists: action == Action::PublishVersion
                    || !(package_is_missing || action == Action::CreatePackage),
                organization_exists: !organization_is_missing,
                package,
                organization,
                action,
                owner,
                token,
            }
        })
        .boxed()
}

/// Returns a name that is valid for a new team, which has no capitals ([N4](crate::docs::rules#n4)).
fn lower_case(team: &TeamName) -> TeamName {
    valid(team.as_str().to_ascii_lowercase().parse())
}

/// Returns the first address of one of the ranges, or an unknown address if the token may be used from any address.
fn address_in(ranges: &AllowedRanges, index: Index) -> ClientIp {
    match ranges {
        AllowedRanges::Any => ClientIp::UNKNOWN,
        AllowedRanges::Only(ranges) => {
            let text = index.get(ranges.as_slice()).to_string();
            let first = text.split_once('/').and_then(|(address, _)| address.parse::<IpAddr>().ok());
            first.map_or(ClientIp::UNKNOWN, ClientIp::from_peer)
        }
    }
}

/// Returns whether an action is performed on an account.
pub(super) fn is_on_account(action: Action) -> bool {
    AccountAction::ALL.iter().any(|account| Action::from(*account) == action)
}
