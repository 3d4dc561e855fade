//! Laws of decisions, over arbitrary questions: no restriction ever raises a decision (D5), an allow implies the owner's own
//! right, and a decision says the truth about itself.
//!
//! `PROPTEST_CASES` in the environment asks for more of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a law that does not hold fails the test")]

use std::{cell::Cell, fmt::Debug, time::Duration};

use proptest::{
    prelude::*,
    test_runner::{TestCaseResult, TestRunner},
};
use tollgate::{
    ClientIp, Decision, PackageAction, Policy, Reason, StoredToken, Timestamp, Token,
    decision::{AllowedBy, AuditRecord, Caller, DecisionInput, EarlyAnswer, Validity, Verdict},
    facts::{
        AccountStatus, MaxFactorAge, Membership, PackageState, PublishingAccess, ScopeOwner, VerifiedFactor, Visibility,
    },
    operation::{Action, Operation},
    policy::{BypassCovers, Edition, LegacyTokens},
    rules::{Check, Outcome},
    testing::strategies::{
        PackageDraft, QuestionDraft, UserDraft, allowed_ranges, client_ip, ip_range, organizations_grant, package,
        package_selection, packages_grant, question, timestamp, user,
    },
    testing::time,
    token::{
        GranularSettings, GranularToken, LegacyToken, OrganizationSelection, OrganizationsGrant, PackageOrScope,
        PackageSelection, PackagesGrant, SessionToken, TokenFacts, TwoFactorBypass,
    },
    value::{
        AllowedRanges, GrantedPermission, IpRange, OrganizationName, PackagesPermission, Permission, Role, Scope,
        TeamName,
    },
};

/// How many values a law is held to, at least.
const CASES: u32 = 512;

/// For a law that compares with an answer of its own, action by action.
const MANY_CASES: u32 = 3000;

/// Holds the values to the law.
fn holds<S: Strategy>(values: S, law: impl Fn(S::Value) -> TestCaseResult) {
    holds_for(CASES, values, law);
}

fn holds_for<S: Strategy>(cases: u32, values: S, law: impl Fn(S::Value) -> TestCaseResult) {
    let asked_for = ProptestConfig::default();
    let config = ProptestConfig { cases: asked_for.cases.max(cases), failure_persistence: None, ..asked_for };
    TestRunner::new(config).run(&values, law).unwrap_or_else(|broken| panic!("{broken}"));
}

// ------------------------------------------------------------------------------------------------------------------
// "With deny < challenge < allow, these never raise a decision"
// ------------------------------------------------------------------------------------------------------------------

/// The verdict as it stands, and the verdict once the owner has shown a second factor.
fn verdicts(question: &QuestionDraft) -> [Verdict; 2] {
    question.decide(|decision| {
        let answered = match decision {
            Decision::Challenge(challenge) => {
                let factor = VerifiedFactor { owner: question.owner.name.as_borrowed(), verified_at: question.now };
                challenge.answer(&factor, MaxFactorAge::THIS_REQUEST)
            }
            Decision::Allow(_) | Decision::Deny(_) => decision,
        };
        [decision.verdict(), answered.verdict()]
    })
}

/// No question gets a higher verdict by one of its changes; and some get a lower one, for else the law would be empty.
fn never_raises<E: Debug>(
    with: impl Strategy<Value = E> + Clone,
    changed: impl Fn(&QuestionDraft, &E) -> Vec<QuestionDraft>,
) {
    never_raises_from(QuestionDraft::clone, with, changed);
}

/// The same, of each question as it is and of one that is made of it: where what is taken is there to be taken.
fn never_raises_from<E: Debug>(
    start: impl Fn(&QuestionDraft) -> QuestionDraft,
    with: impl Strategy<Value = E> + Clone,
    changed: impl Fn(&QuestionDraft, &E) -> Vec<QuestionDraft>,
) {
    let lowered = Cell::new(0_u32);
    // One round in which no decision is lowered may be bad luck; three are not.
    for _ in 0..3 {
        holds((question(), with.clone()), |(question, with)| {
            let other = Some(start(&question)).filter(|other| *other != question);
            for question in other.into_iter().chain([question]) {
                let was = verdicts(&question);
                for after in changed(&question, &with) {
                    let is = verdicts(&after);
                    prop_assert!(is[0] <= was[0] && is[1] <= was[1], "was {was:?}, is {is:?} of {after:?}");
                    lowered.set(lowered.get().saturating_add(u32::from(is != was)));
                }
            }
            Ok(())
        });
        if lowered.get() > 0 {
            return;
        }
    }
    panic!("no decision was lowered");
}

/// The settings of a granular token.
fn settings_of(token: &GranularToken, ranges: &AllowedRanges) -> GranularSettings {
    GranularSettings {
        name: token.name().clone(),
        description: token.description().clone(),
        expires_at: token.expires_at(),
        allowed_ranges: ranges.clone(),
        bypass_2fa: token.bypass_2fa(),
        packages: token.packages().clone(),
        organizations: token.organizations().clone(),
    }
}

/// The question with other settings of its granular token, if that makes a token. One that may bypass no longer (L7)
/// does not.
fn with_settings(question: &QuestionDraft, change: impl FnOnce(&mut GranularSettings)) -> Option<QuestionDraft> {
    let Token::Granular(token) = &question.token else { return None };
    let mut settings = settings_of(token, question.token.allowed_ranges());
    change(&mut settings);
    if settings.packages.permission().max(settings.organizations.permission()) < Permission::ReadWrite {
        settings.bypass_2fa = TwoFactorBypass::Off;
    }
    let (key, owner) = (question.token.id().clone(), question.token.owner().clone());
    let token = GranularToken::load(
        TokenFacts { id: key, owner, created: question.token.created(), revoked: question.token.revoked() },
        settings,
    )
    .ok()?;
    Some(QuestionDraft { token: token.into(), ..question.clone() })
}

fn with_ranges(question: &QuestionDraft, ranges: AllowedRanges) -> QuestionDraft {
    match &question.token {
        Token::Legacy(token) => {
            let token = LegacyToken::load(facts_of(&question.token), token.kind(), ranges);
            QuestionDraft { token: token.into(), ..question.clone() }
        }
        Token::Session(token) => {
            let token = SessionToken::load(facts_of(&question.token), token.expires_at(), ranges);
            QuestionDraft { token: token.into(), ..question.clone() }
        }
        Token::Granular(_) | _ => with_settings(question, |settings| settings.allowed_ranges = ranges).unwrap(),
    }
}

fn facts_of(token: &Token) -> TokenFacts {
    let (id, owner) = (token.id().clone(), token.owner().clone());
    TokenFacts { id, owner, created: token.created(), revoked: token.revoked() }
}

fn with_owner(question: &QuestionDraft, change: impl FnOnce(&mut UserDraft)) -> QuestionDraft {
    let mut question = question.clone();
    change(&mut question.owner);
    question
}

fn with_package(question: &QuestionDraft, change: impl FnOnce(&mut PackageDraft)) -> QuestionDraft {
    let mut question = question.clone();
    change(&mut question.package);
    question
}

/// The list without each of its items in turn.
fn without_each<T: Clone>(items: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..items.len()).map(|left_out| {
        let kept = items.iter().enumerate().filter(|(at, _)| *at != left_out);
        kept.map(|(_, item)| item.clone()).collect()
    })
}

/// The list with each of its items changed in turn, where it can be.
fn with_each<T: Clone>(items: &[T], change: impl Fn(&T) -> Option<T>) -> Vec<Vec<T>> {
    let changed = items.iter().enumerate().filter_map(|(at, item)| {
        let mut items = items.to_vec();
        *items.get_mut(at)? = change(item)?;
        Some(items)
    });
    changed.collect()
}

#[test]
fn removing_the_packages_grant_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        Vec::from_iter(with_settings(question, |settings| settings.packages = PackagesGrant::NoAccess))
    });
}

#[test]
fn removing_the_organizations_grant_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        Vec::from_iter(with_settings(question, |settings| settings.organizations = OrganizationsGrant::NoAccess))
    });
}

/// The selection as one list; none where everything is selected.
fn entries(question: &QuestionDraft) -> Option<(PackagesPermission, Vec<PackageOrScope>)> {
    let Token::Granular(token) = &question.token else { return None };
    let PackagesGrant::Granted { permission, selection: PackageSelection::Only(only) } = token.packages() else {
        return None;
    };
    let packages = only.packages().iter().cloned().map(PackageOrScope::Package);
    Some((*permission, packages.chain(only.scopes().iter().cloned().map(PackageOrScope::Scope)).collect()))
}

/// Removing each entry of a kind in turn; with the last one goes the grant (L5).
fn without_each_entry(question: &QuestionDraft, is_of_kind: impl Fn(&PackageOrScope) -> bool) -> Vec<QuestionDraft> {
    let Some((permission, entries)) = entries(question) else { return Vec::new() };
    let (of_kind, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_of_kind);
    let changed = without_each(&of_kind).filter_map(|kept| {
        let grant = PackageSelection::only(kept.into_iter().chain(others.iter().cloned()));
        let grant = grant.map(|selection| PackagesGrant::Granted { permission, selection });
        with_settings(question, |settings| settings.packages = grant.unwrap_or(PackagesGrant::NoAccess))
    });
    changed.collect()
}

#[test]
fn removing_a_selected_package_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        without_each_entry(question, |entry| matches!(entry, PackageOrScope::Package(_)))
    });
}

#[test]
fn removing_a_selected_scope_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        without_each_entry(question, |entry| matches!(entry, PackageOrScope::Scope(_)))
    });
}

#[test]
fn removing_a_selected_organization_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let Token::Granular(token) = &question.token else { return Vec::new() };
        let OrganizationsGrant::Granted { permission, selection } = token.organizations() else { return Vec::new() };
        let changed = without_each(selection.as_slice()).filter_map(|kept| {
            let grant = OrganizationSelection::only(kept)
                .map(|selection| OrganizationsGrant::Granted { permission: *permission, selection });
            with_settings(question, |settings| settings.organizations = grant.unwrap_or(OrganizationsGrant::NoAccess))
        });
        changed.collect()
    });
}

#[test]
fn a_selection_in_place_of_all_packages_never_raises_a_decision() {
    let of_all = |question: &QuestionDraft| {
        let of_all = with_settings(question, |settings| {
            if let PackagesGrant::Granted { permission: _, selection } = &mut settings.packages {
                *selection = PackageSelection::All;
            }
        });
        of_all.unwrap_or_else(|| question.clone())
    };
    never_raises_from(of_all, package_selection(), |question, other| {
        let package = question.package.name.clone();
        let scope = package.as_borrowed().scope().map(Scope::into_owned).map(PackageOrScope::Scope);
        let lists = [PackageSelection::only([package.into()]), PackageSelection::only(scope), Ok(other.clone())];
        let changed = lists.into_iter().flatten().filter_map(|list| {
            with_settings(question, |settings| {
                if let PackagesGrant::Granted { permission: _, selection } = &mut settings.packages
                    && *selection == PackageSelection::All
                {
                    *selection = list;
                }
            })
        });
        changed.collect()
    });
}

#[test]
fn lowering_the_permission_on_packages_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let changed = [PackagesPermission::ReadOnly, PackagesPermission::StageOnly].map(|lower| {
            with_settings(question, |settings| {
                if let PackagesGrant::Granted { permission, selection: _ } = &mut settings.packages {
                    *permission = lower.min(*permission);
                }
            })
        });
        changed.into_iter().flatten().collect()
    });
}

#[test]
fn lowering_the_permission_on_organizations_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let changed = with_settings(question, |settings| {
            if let OrganizationsGrant::Granted { permission, selection: _ } = &mut settings.organizations {
                *permission = GrantedPermission::ReadOnly;
            }
        });
        Vec::from_iter(changed)
    });
}

/// Where a bypass passes (F1 to F4), without it the owner is challenged, or denied if they have no second factor (F5).
#[test]
fn removing_the_bypass_never_raises_a_decision() {
    let bypassing = |question: &QuestionDraft| {
        let bypassing = with_settings(question, |settings| settings.bypass_2fa = TwoFactorBypass::On);
        bypassing.unwrap_or_else(|| question.clone())
    };
    never_raises_from(bypassing, Just(()), |question, ()| {
        Vec::from_iter(with_settings(question, |settings| settings.bypass_2fa = TwoFactorBypass::Off))
    });
}

fn ranges_of(question: &QuestionDraft) -> &[IpRange] {
    match question.token.allowed_ranges() {
        AllowedRanges::Only(ranges) => ranges.as_slice(),
        AllowedRanges::Any | _ => &[],
    }
}

fn only(ranges: impl IntoIterator<Item = IpRange>) -> AllowedRanges {
    AllowedRanges::only(ranges).unwrap()
}

#[test]
fn ranges_in_place_of_any_address_never_raise_a_decision() {
    never_raises(allowed_ranges(), |question, ranges| match question.token.allowed_ranges() {
        AllowedRanges::Any => Vec::from([with_ranges(question, ranges.clone())]),
        AllowedRanges::Only(_) | _ => Vec::new(),
    });
}

#[test]
fn dropping_one_of_several_ranges_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let kept = without_each(ranges_of(question)).filter(|kept| !kept.is_empty());
        kept.map(|kept| with_ranges(question, only(kept))).collect()
    });
}

#[test]
fn a_narrower_range_never_raises_a_decision() {
    never_raises(ip_range(), |question, other| {
        let ranges = ranges_of(question);
        let mut changed = with_each(ranges, |range| range.covers(other).then_some(*other));
        changed.extend(with_each(ranges, second_half));
        changed.into_iter().map(|ranges| with_ranges(question, only(ranges))).collect()
    });
}

/// The half of the range that its first address is not in.
fn second_half(range: &IpRange) -> Option<IpRange> {
    let text = range.to_string();
    let (address, prefix) = text.split_once('/')?;
    let prefix: u32 = prefix.parse().ok()?;
    let half = match address.parse().ok()? {
        std::net::IpAddr::V4(address) => {
            let bit = 1_u32.checked_shl(31_u32.checked_sub(prefix)?)?;
            std::net::Ipv4Addr::from_bits(address.to_bits() | bit).to_string()
        }
        std::net::IpAddr::V6(address) => {
            let bit = 1_u128.checked_shl(127_u32.checked_sub(prefix)?)?;
            std::net::Ipv6Addr::from_bits(address.to_bits() | bit).to_string()
        }
    };
    format!("{half}/{}", prefix.checked_add(1)?).parse().ok()
}

#[test]
fn an_unknown_address_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        Vec::from([QuestionDraft { client_ip: ClientIp::UNKNOWN, ..question.clone() }])
    });
}

#[test]
fn an_earlier_expiry_never_raises_a_decision() {
    never_raises(0..=100_i128, |question, percent| {
        let Token::Granular(token) = &question.token else { return Vec::new() };
        let (created, expires) = (question.token.created(), token.expires_at());
        let life = expires.unix_nanoseconds().checked_sub(created.unix_nanoseconds()).unwrap();
        let part = life.checked_mul(*percent).unwrap().checked_div(100).unwrap();
        let part = Timestamp::from_unix_nanoseconds(created.unix_nanoseconds().checked_add(part).unwrap()).unwrap();
        let earliest = created.checked_add(tollgate::value::limits::MIN_LIFETIME).unwrap();
        let earlier = [part, earliest, question.now].into_iter().filter(|at| (earliest..expires).contains(at));
        earlier.filter_map(|at| with_settings(question, |settings| settings.expires_at = at)).collect()
    });
}

#[test]
fn revoking_the_token_never_raises_a_decision() {
    never_raises(timestamp(), |question, at| {
        let mut after = question.clone();
        after.token.revoke(*at);
        Vec::from([after])
    });
}

#[test]
fn a_later_cut_off_never_raises_a_decision() {
    never_raises(timestamp(), |question, at| {
        let later = |at: &Timestamp| question.owner.tokens_revoked_until.is_none_or(|cut_off| cut_off < *at);
        let cut_offs = [*at, question.token.created()].into_iter().filter(later);
        cut_offs.map(|at| with_owner(question, |owner| owner.tokens_revoked_until = Some(at))).collect()
    });
}

#[test]
fn suspending_the_owner_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        Vec::from([with_owner(question, |owner| owner.status = AccountStatus::Suspended)])
    });
}

#[test]
fn removing_a_direct_grant_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let changed = without_each(&question.package.users);
        changed.map(|users| with_package(question, |package| package.users = users)).collect()
    });
}

#[test]
fn lowering_a_direct_grant_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let lower = with_each(&question.package.users, |(user, _)| Some((user.clone(), GrantedPermission::ReadOnly)));
        lower.into_iter().map(|users| with_package(question, |package| package.users = users)).collect()
    });
}

/// Questions in which the owner has no more than what teams give: the direct grant, which would hide it, is left out.
fn by_teams(question: &QuestionDraft) -> QuestionDraft {
    with_package(question, |package| package.users.clear())
}

#[test]
fn removing_a_grant_of_a_team_never_raises_a_decision() {
    never_raises_from(by_teams, Just(()), |question, ()| {
        let changed = without_each(&question.package.teams);
        changed.map(|teams| with_package(question, |package| package.teams = teams)).collect()
    });
}

#[test]
fn lowering_a_grant_of_a_team_never_raises_a_decision() {
    never_raises_from(by_teams, Just(()), |question, ()| {
        let lower = with_each(&question.package.teams, |(organization, team, _)| {
            Some((organization.clone(), team.clone(), GrantedPermission::ReadOnly))
        });
        lower.into_iter().map(|teams| with_package(question, |package| package.teams = teams)).collect()
    });
}

#[test]
fn leaving_a_team_never_raises_a_decision() {
    never_raises_from(by_teams, Just(()), |question, ()| {
        let places = question.owner.memberships.iter().enumerate();
        let left = places.flat_map(|(at, place)| without_each(place.teams()).map(move |teams| (at, teams)));
        let changed = left.map(|(at, teams)| {
            with_owner(question, |owner| {
                let place = owner.memberships.get_mut(at).unwrap();
                *place = Membership::new(place.organization().clone(), place.role(), teams).unwrap();
            })
        });
        changed.collect()
    });
}

#[test]
fn leaving_an_organization_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let changed = without_each(&question.owner.memberships);
        changed.map(|places| with_owner(question, |owner| owner.memberships = places)).collect()
    });
}

#[test]
fn a_lower_role_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| {
        let lower = |place: &Membership| {
            let role = match place.role() {
                Role::Owner => Role::Admin,
                Role::Admin => Role::Member,
                Role::Member | _ => return None,
            };
            Membership::new(place.organization().clone(), role, place.teams().to_vec()).ok()
        };
        let changed = with_each(&question.owner.memberships, lower).into_iter();
        changed.map(|places| with_owner(question, |owner| owner.memberships = places)).collect()
    });
}

/// A direct grant does not count on a package whose scope has no known owner (C1).
#[test]
fn a_scope_without_a_known_owner_never_raises_a_decision() {
    never_raises(Just(()), |question, ()| match question.package.scope_owner {
        ScopeOwner::User | ScopeOwner::Organization => {
            Vec::from([with_package(question, |package| package.scope_owner = ScopeOwner::Nobody)])
        }
        ScopeOwner::Unscoped | ScopeOwner::Nobody | _ => Vec::new(),
    });
}

// ------------------------------------------------------------------------------------------------------------------
// What an allow implies
// ------------------------------------------------------------------------------------------------------------------

/// The question asked with a token that has no limits of its own: a session of the same owner and age, without an end.
fn with_unlimited_token(question: &QuestionDraft) -> QuestionDraft {
    let facts = TokenFacts { revoked: None, ..facts_of(&question.token) };
    let token = SessionToken::load(facts, Timestamp::MAX, AllowedRanges::Any);
    // No session is good at the last instant of time.
    let now = question.now.min(time("9999-12-31T23:59:59.999999998Z"));
    QuestionDraft { token: token.into(), now, ..question.clone() }
}

/// "Allow implies that C permits the owner": whatever a token may do, its owner's session may do, but for the
/// second factor (it is challenged where another bypasses, and denied where there is no factor to show, F5).
#[test]
fn a_token_may_do_nothing_that_its_owner_may_not_do() {
    let beyond_public = Cell::new(0_u32);
    holds(question(), |question| {
        let record = question.record();
        if record.decision == Verdict::Deny {
            return Ok(());
        }
        let unlimited = with_unlimited_token(&question).record();
        let lacks_factor = unlimited.reason == Some(Reason::SecondFactorNotEnrolled);
        prop_assert!(unlimited.decision >= Verdict::Challenge || lacks_factor, "{unlimited:?}");
        prop_assert_eq!(record.via == Some(AllowedBy::Public), unlimited.via == Some(AllowedBy::Public));
        beyond_public.set(beyond_public.get().saturating_add(u32::from(record.via != Some(AllowedBy::Public))));
        Ok(())
    });
    assert!(beyond_public.get() > 0);
}

/// C and existence in the words of the rules, from the facts alone.
fn owner_may(question: &QuestionDraft) -> bool {
    let QuestionDraft { owner, package, organization, package_exists: exists, .. } = question;
    let role = |name: &str| {
        let mut places = owner.memberships.iter();
        places.find(|place| place.organization().as_str() == name).map(Membership::role)
    };
    let is_in_team = |organization: &OrganizationName, team: &TeamName| {
        let mut places = owner.memberships.iter();
        places.any(|place| place.organization() == organization && place.teams().contains(team))
    };
    let scope = package.name.as_borrowed().scope().map(Scope::into_str);
    // The owner's permission on the package (C1).
    let is_in_own_scope = package.scope_owner == ScopeOwner::User && scope == Some(owner.name.as_str());
    let role_in_scope = scope.filter(|_| package.scope_owner == ScopeOwner::Organization).and_then(role);
    let direct_grants_count =
        matches!(package.scope_owner, ScopeOwner::Unscoped | ScopeOwner::User) || role_in_scope.is_some();
    let direct = package.users.iter().filter(|(user, _)| direct_grants_count && *user == owner.name);
    let by_teams = package.teams.iter().filter(|(organization, team, _)| is_in_team(organization, team));
    let granted = direct.map(|grant| grant.1).chain(by_teams.map(|grant| grant.2)).max();
    let writes = is_in_own_scope || granted == Some(GrantedPermission::ReadWrite);
    let reads = writes || granted.is_some() || package.visibility == Visibility::Public;
    let is_at_least = |needed: Role| question.organization_exists && role(organization.as_str()) >= Some(needed);
    let is_in_scope_of_organization =
        package.scope_owner == ScopeOwner::Organization && scope == Some(organization.as_str());
    match question.action {
        // What reading or writing the package allows (C2).
        Action::ReadPackage | Action::ListCollaborators | Action::StarPackage => *exists && reads,
        // Who may create a package, and its name (C3).
        Action::CreatePackage | Action::PublishVersion if !*exists => {
            let creates = scope.is_none_or(|scope| scope == owner.name.as_str() || role(scope).is_some());
            creates && package.name.check_new().is_ok()
        }
        Action::PublishVersion
        | Action::CreatePackage
        | Action::Unpublish
        | Action::Deprecate
        | Action::SetDistTag
        | Action::ChangePublishingAccess
        | Action::ChangeMaintainers
        | Action::Stage
        | Action::ReadStage
        | Action::ApproveStage
        | Action::RejectStage => *exists && writes,
        // Who may change the visibility (C4).
        Action::ChangeVisibility => *exists && (is_in_own_scope || role_in_scope == Some(Role::Owner)),
        // The role in the organization (C5).
        Action::ReadOrg => is_at_least(Role::Member),
        Action::CreateTeam | Action::DeleteTeam | Action::AddTeamMember | Action::RemoveTeamMember => {
            is_at_least(Role::Admin)
        }
        // A private package exists for it in one of three ways (C5).
        Action::RevokeTeamAccess => {
            let has_a_team = package.teams.iter().any(|(of, _, _)| of == organization);
            *exists && (reads || is_in_scope_of_organization || has_a_team) && is_at_least(Role::Admin)
        }
        Action::GrantTeamAccess => {
            let is_nobodys_else = matches!(package.scope_owner, ScopeOwner::Unscoped | ScopeOwner::User) && writes;
            *exists && is_at_least(Role::Admin) && (is_in_scope_of_organization || is_nobodys_else)
        }
        Action::SharePackage => *exists && is_at_least(Role::Owner) && is_in_scope_of_organization,
        Action::ChangeOrgSettings
        | Action::AddMember
        | Action::RemoveMember
        | Action::ChangeMemberRole
        | Action::ManageBilling
        | Action::RenameOrg
        | Action::DeleteOrg => is_at_least(Role::Owner),
        // The owner's own account only (C6).
        Action::Whoami
        | Action::RevokeSelf
        | Action::ReadProfile
        | Action::ChangeProfile
        | Action::ChangePassword
        | Action::EnrolTwoFactor
        | Action::ConfigureTwoFactor
        | Action::ListTokens
        | Action::CreateToken
        | Action::RevokeToken
        | _ => question.account == owner.name,
    }
}

/// "Allow implies that C permits the owner", and a challenge does; the owner's session, which has no limits of its own,
/// may do just that much where it passes T.
#[test]
fn no_token_does_more_than_its_owner_may_do_now() {
    holds_for(MANY_CASES, question(), |question| {
        for question in [by_teams(&question), question] {
            let may = owner_may(&question);
            let record = question.record();
            prop_assert!(may || record.decision == Verdict::Deny, "{record:?}");
            let record = with_unlimited_token(&question).record();
            let fails_t =
                matches!(record.reason, Some(Reason::TokenRevoked | Reason::OwnerSuspended | Reason::OwnerOnHold));
            let lacks_factor = record.reason == Some(Reason::SecondFactorNotEnrolled);
            prop_assert!(fails_t || may == (record.decision >= Verdict::Challenge || lacks_factor), "{record:?}");
        }
        Ok(())
    });
}

/// The checks of the token come before anything about the resource is read (T).
#[test]
fn a_token_that_is_not_good_here_and_now_is_denied_everything() {
    let failed = Cell::new(0_u32);
    holds(question(), |question| {
        let QuestionDraft { token, owner, client_ip, now, .. } = &question;
        let is_revoked = token.revoked().is_some() || owner.tokens_revoked_until >= Some(token.created());
        let is_retired = matches!(token, Token::Legacy(_)) && question.policy.legacy_tokens() == LegacyTokens::Retired;
        let is_expired = token.as_view().expires_at().is_some_and(|at| *now >= at);
        let ranges = ranges_of(&question);
        let is_elsewhere = !ranges.is_empty() && !ranges.iter().any(|range| range.contains(*client_ip));
        let is_suspended = owner.status == AccountStatus::Suspended;
        let expected = [
            (is_revoked, Reason::TokenRevoked),
            (is_retired, Reason::TokenRetired),
            (is_expired, Reason::TokenExpired),
            (is_elsewhere, Reason::IpNotAllowed),
            (is_suspended, Reason::OwnerSuspended),
        ];
        let expected = expected.into_iter().find_map(|(fails, reason)| fails.then_some(reason));
        let found = question.record().reason;
        let is_of_t = |reason: &Reason| matches!(reason.rule(), "T1" | "P1" | "T2" | "T3" | "T4");
        prop_assert_eq!(found.filter(is_of_t), expected);
        failed.set(failed.get().saturating_add(u32::from(expected.is_some())));
        Ok(())
    });
    assert!(failed.get() > 0);
}

#[test]
fn every_good_token_may_do_what_anonymous_may_do() {
    let allowed = Cell::new(0_u32);
    holds(question(), |question| {
        let anonymous = question.ask(|_, operation| {
            AuditRecord::from(&Caller::NoToken.decide(operation, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH))
        });
        if anonymous.decision != Verdict::Allow {
            prop_assert_eq!(anonymous.decision, Verdict::Deny, "a challenge without a token");
            return Ok(());
        }
        allowed.set(allowed.get().saturating_add(1));
        let record = question.record();
        let fails_t = [
            Reason::TokenRevoked,
            Reason::TokenRetired,
            Reason::TokenExpired,
            Reason::IpNotAllowed,
            Reason::OwnerSuspended,
        ];
        match record.decision {
            Verdict::Allow => prop_assert_eq!(record.via, Some(AllowedBy::Public)),
            Verdict::Challenge | Verdict::Deny => {
                prop_assert!(record.reason.is_some_and(|reason| fails_t.contains(&reason)), "{record:?}");
            }
        }
        Ok(())
    });
    assert!(allowed.get() > 0);
}

/// A grant over organizations gives nothing over packages (G2).
#[test]
fn an_organizations_grant_never_touches_the_answer_about_a_package() {
    holds((question(), organizations_grant()), |(question, grant)| {
        let is_about_a_package = question.ask(|_, operation| matches!(operation, Operation::Package { .. }));
        let Some(after) = with_settings(&question, |settings| settings.organizations = grant) else { return Ok(()) };
        prop_assert!(!is_about_a_package || after.record() == question.record(), "{after:?}");
        Ok(())
    });
}

/// A packages grant gives nothing over an organization (G2), but for `grant-team-access` on a package whose scope is not that
/// organization's, and for whether a private package exists for `revoke-team-access`. (For a package of its own the status may differ, which depends on whether the token could read it: D3.)
#[test]
fn a_packages_grant_never_touches_the_answer_about_an_organization() {
    holds((question(), packages_grant()), |(question, grant)| {
        let is_about_an_organization = question.ask(|_, operation| match operation {
            Operation::Organization { .. } | Operation::CreateTeam { .. } | Operation::Team { .. } => true,
            Operation::GrantTeamAccess(_) | Operation::RevokeTeamAccess(_) => {
                let scope = question.package.name.as_borrowed().scope();
                question.package.scope_owner == ScopeOwner::Organization
                    && scope.is_some_and(|scope| scope.is_of_organization(&question.organization))
            }
            Operation::Package { .. } | Operation::SharePackage(_) | Operation::Account { .. } | _ => false,
        });
        let Some(after) = with_settings(&question, |settings| settings.packages = grant) else { return Ok(()) };
        let (mut was, is) = (question.record(), after.record());
        if matches!(question.action, Action::GrantTeamAccess | Action::RevokeTeamAccess)
            && was.decision == Verdict::Deny
        {
            was.status = is.status;
        }
        prop_assert!(!is_about_an_organization || is == was, "{after:?}");
        Ok(())
    });
}

/// A user has their own grant and those of the teams that they are in, and no others (C1). Only whether a private package
/// exists for `revoke-team-access` depends on the grants of other teams of the organization (C5).
#[test]
fn grants_to_others_change_nothing() {
    holds((question(), package()), |(question, other)| {
        let is_owners = |organization: &OrganizationName, team: &TeamName| {
            let mut places = question.owner.memberships.iter();
            places.any(|place| place.organization() == organization && place.teams().contains(team))
        };
        let after = with_package(&question, |package| {
            package.users.retain(|(user, _)| *user == question.owner.name);
            package.users.extend(other.users.iter().filter(|(user, _)| *user != question.owner.name).cloned());
            package.teams.retain(|(organization, team, _)| is_owners(organization, team));
            let others = other.teams.iter().filter(|(organization, team, _)| !is_owners(organization, team));
            package.teams.extend(others.cloned());
        });
        if question.action != Action::RevokeTeamAccess {
            prop_assert_eq!(after.record(), question.record());
        }
        Ok(())
    });
}

// ------------------------------------------------------------------------------------------------------------------
// What a decision says of itself
// ------------------------------------------------------------------------------------------------------------------

fn json(record: &AuditRecord) -> String {
    serde_json::to_string(record).unwrap()
}

#[test]
fn a_listing_shows_exactly_the_packages_that_may_be_read() {
    holds_for(MANY_CASES, question(), |question| {
        let (listed, allowed) = question.ask(|token, operation| {
            let token = token.at(question.client_ip, question.now);
            let Some(PackageState::Existing(package)) = operation.package() else { return (0, false) };
            (token.readable([package]).count(), token.decide(PackageAction::ReadPackage.on(package)).is_allow())
        });
        prop_assert_eq!(listed, usize::from(allowed));
        Ok(())
    });
}

#[test]
fn an_explanation_is_of_the_decision_that_is_made() {
    holds(question(), |question| {
        let (explained, first) = question.ask(|token, operation| {
            let explanation = token.at(question.client_ip, question.now).decide(operation).explain();
            let ends = |outcome: &Outcome| !matches!(outcome, Outcome::Passed | Outcome::DoesNotApply);
            let first = explanation.steps().map(|(_, outcome, _)| outcome).find(ends);
            (AuditRecord::from(explanation.decision()), first)
        });
        let record = question.record();
        prop_assert_eq!(json(&explained), json(&record));
        // The checks in their order lead to it.
        let expected = match (record.decision, record.via, record.reason) {
            (Verdict::Deny, _, Some(reason)) => Some(Outcome::Failed(reason)),
            (Verdict::Challenge, _, _) => record.demanded_by.map(Outcome::Challenged),
            (Verdict::Allow, Some(AllowedBy::Public), _) => Some(Outcome::Allows),
            (_, _, _) => None,
        };
        prop_assert_eq!(first, expected);
        let (allowed, checks) = question.ask(|_, operation| {
            let decision = Caller::NoToken.decide(operation, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH);
            let checks: Vec<_> = decision.explain().steps().map(|(check, outcome, _)| (check, outcome)).collect();
            (decision.is_allow(), checks)
        });
        let outcome = if allowed { Outcome::Allows } else { Outcome::DoesNotApply };
        prop_assert_eq!(checks, [(Check::PublicRead, outcome)]);
        Ok(())
    });
}

/// The question about another's package, or with another record of the same owner.
fn with_other_facts(
    question: &QuestionDraft,
    owner: UserDraft,
    package: PackageDraft,
    toggled: [bool; 2],
) -> QuestionDraft {
    QuestionDraft {
        owner: renamed(owner, question),
        package,
        package_exists: question.package_exists != toggled[0],
        organization_exists: question.organization_exists != toggled[1],
        ..question.clone()
    }
}

fn renamed(owner: UserDraft, question: &QuestionDraft) -> UserDraft {
    UserDraft { name: question.owner.name.clone(), ..owner }
}

#[test]
fn an_early_refusal_never_denies_what_is_permitted_later() {
    let (refused, open) = (Cell::new(0_u32), Cell::new(0_u32));
    holds((question(), user(), package(), any::<[bool; 2]>()), |(question, owner, package, toggled)| {
        let action = question.ask(|_, operation| operation.action());
        let view = question.token.as_view();
        let early = match question.policy.refuse_early(&view, action, question.client_ip, question.now) {
            EarlyAnswer::Deny(deny) => Some(deny.reason()),
            EarlyAnswer::NotDecided => None,
        };
        // Every usable token may ask who it is, so an early refusal of that is about the token itself.
        let unusable = match question.policy.refuse_early(&view, Action::Whoami, question.client_ip, question.now) {
            EarlyAnswer::Deny(deny) => Some(deny.reason()),
            EarlyAnswer::NotDecided => None,
        };
        let about_the_token = [Reason::TokenRevoked, Reason::TokenRetired, Reason::TokenExpired, Reason::IpNotAllowed];
        prop_assert!(unusable.is_none_or(|reason| about_the_token.contains(&reason)), "{:?}", unusable);
        prop_assert_eq!(unusable, early.filter(|reason| about_the_token.contains(reason)));
        // For any owner and any resource.
        for question in [with_other_facts(&question, owner, package, toggled), question.clone()] {
            let record = question.record();
            if let Some(reason) = early {
                refused.set(refused.get().saturating_add(1));
                prop_assert_eq!(record.decision, Verdict::Deny, "refused early: {}", reason);
            } else {
                open.set(open.get().saturating_add(1));
                let seen_early =
                    [Reason::TokenRetired, Reason::TokenExpired, Reason::IpNotAllowed, Reason::KindForbidsAction];
                let missed = record.reason.filter(|reason| seen_early.contains(reason));
                prop_assert_eq!(missed, None, "not refused early");
            }
        }
        Ok(())
    });
    assert!(refused.get() > 0 && open.get() > 0);
}

/// A decision says until when it holds if no fact changes (D2): from the time of the request until then, outcome, reason and
/// status are the same.
#[test]
fn a_decision_is_the_same_from_its_time_until_its_end() {
    let (allows, denials, endless) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let count = |counted: &Cell<u32>| counted.set(counted.get().saturating_add(1));
    let answer = |record: &AuditRecord| (record.decision, record.action, record.reason, record.status, record.via);
    holds((question(), timestamp()), |(question, at)| {
        let record = question.record();
        let validity = question.decide(|decision| decision.validity());
        let end = match validity {
            Validity::Always => None,
            Validity::Until(until) => Some(until),
            Validity::ThisRequestOnly => {
                prop_assert_eq!((record.decision, record.valid_until), (Verdict::Challenge, None));
                return Ok(());
            }
        };
        prop_assert_eq!(record.valid_until, end);
        let before = |until: Timestamp| {
            Timestamp::from_unix_nanoseconds(until.unix_nanoseconds().checked_sub(1).unwrap()).unwrap()
        };
        for now in [at, question.now, end.map_or(Timestamp::MAX, before)] {
            if now >= question.now && end.is_none_or(|end| now < end) {
                let then = QuestionDraft { now, ..question.clone() }.record();
                prop_assert_eq!(answer(&then), answer(&record), "at {}", now);
            }
        }
        match (end, record.decision) {
            (Some(_), Verdict::Allow) => count(&allows),
            (Some(_), _) => count(&denials),
            (None, _) => count(&endless),
        }
        Ok(())
    });
    assert!(allows.get() > 0 && denials.get() > 0 && endless.get() > 0);
}

/// The end of an allow is the token's expiry, at which the token is denied.
#[test]
fn an_allow_ends_with_the_token() {
    let (ending, endless) = (Cell::new(0_u32), Cell::new(0_u32));
    holds(question(), |question| {
        let record = question.record();
        if record.decision != Verdict::Allow {
            return Ok(());
        }
        if let Some(until) = record.valid_until {
            ending.set(ending.get().saturating_add(1));
            let then = QuestionDraft { now: until, ..question.clone() }.record();
            prop_assert_eq!(then.reason, Some(Reason::TokenExpired), "at {}", until);
        } else {
            endless.set(endless.get().saturating_add(1));
            prop_assert!(matches!(question.token, Token::Legacy(_)));
        }
        Ok(())
    });
    assert!(ending.get() > 0 && endless.get() > 0);
}

/// With the same facts, a later edition never raises a decision (P).
#[test]
fn a_later_edition_never_raises_a_decision() {
    let lowered = Cell::new(0_u32);
    holds(question(), |question| {
        let under =
            |edition: &Edition| QuestionDraft { policy: edition.policy(), ..question.clone() }.record().decision;
        let verdicts: Vec<Verdict> = Edition::ALL.iter().map(under).collect();
        prop_assert!(verdicts.is_sorted_by(|earlier, later| earlier >= later), "{:?}", verdicts);
        lowered.set(lowered.get().saturating_add(u32::from(verdicts.first() != verdicts.last())));
        Ok(())
    });
    assert!(lowered.get() > 0);
}

/// Nor does any switch that a policy tightens.
#[test]
fn a_tightened_policy_never_raises_a_decision() {
    holds((question(), one_of_tightenings()), |(question, tighten)| {
        let Some(policy) = tighten(question.policy) else { return Ok(()) };
        let after = QuestionDraft { policy, ..question.clone() }.record();
        prop_assert!(after.decision <= question.record().decision, "{}: {:?}", policy, after);
        Ok(())
    });
}

type Tighten = fn(Policy) -> Option<Policy>;

fn one_of_tightenings() -> impl Strategy<Value = Tighten> {
    let all: [Tighten; 5] = [
        |policy| Some(policy.retire_legacy_tokens()),
        |policy| policy.with_least_publishing_access(PublishingAccess::TwoFactorOrBypass).ok(),
        |policy| policy.with_least_publishing_access(PublishingAccess::TwoFactorOnly).ok(),
        |policy| policy.with_bypass_covers(BypassCovers::AllButGovernance).ok(),
        |policy| policy.with_bypass_covers(BypassCovers::AllButGovernanceAndPublish).ok(),
    ];
    proptest::sample::select(all.to_vec())
}

/// A limit for issuing changes no decision (P2, P3, P7).
#[test]
fn limits_for_issuing_change_no_decision() {
    holds(question(), |question| {
        let policy = question.policy.require_ranges().forbid_bypass().forbid_all_packages();
        let policy = policy.with_token_lifetime_at_most(Duration::from_hours(24)).unwrap();
        let after = QuestionDraft { policy, ..question.clone() }.record();
        prop_assert_eq!(json(&after), json(&question.record()));
        Ok(())
    });
}

/// A hold never raises a decision (T5), and an ended one changes nothing.
#[test]
fn a_hold_never_raises_a_decision_and_one_that_has_ended_changes_nothing() {
    let denied = Cell::new(0_u32);
    holds((question(), timestamp()), |(question, until)| {
        let with = |writes_held_until| {
            let owner = UserDraft { writes_held_until, ..question.owner.clone() };
            QuestionDraft { owner, ..question.clone() }.record()
        };
        let (without, held) = (with(None), with(Some(until)));
        prop_assert!(held.decision <= without.decision);
        if until <= question.now {
            prop_assert_eq!(held.decision, without.decision);
            prop_assert_eq!(held.reason, without.reason);
        } else if held.reason == Some(Reason::OwnerOnHold) {
            denied.set(denied.get().saturating_add(1));
        }
        Ok(())
    });
    assert!(denied.get() > 0);
}

/// All that a decision says to anyone but for the echo of what was asked, and what it depended on.
fn said(question: &QuestionDraft) -> (String, Vec<DecisionInput>) {
    question.decide(|decision| {
        let mut record = AuditRecord::from(&decision);
        let client_text = match &decision {
            Decision::Deny(deny) => deny.client_text().to_string(),
            Decision::Allow(_) | Decision::Challenge(_) => String::new(),
        };
        (record.client_ip, record.now) = (None, None);
        (format!("{} {client_text} {:?}", json(&record), decision.validity()), decision.depends_on().iter().collect())
    })
}

/// A decision says which inputs it depended on, so that a cache has the right key (D2).
#[test]
fn an_input_that_a_decision_does_not_name_changes_nothing() {
    let compared = Cell::new([0_u32; DecisionInput::ALL.len()]);
    let others = (client_ip(), timestamp(), user(), package());
    holds((question(), others), |(question, (client_ip, now, owner, package))| {
        let (before, depends_on) = said(&question);
        for (at, input) in DecisionInput::ALL.iter().enumerate() {
            if depends_on.contains(input) {
                continue;
            }
            let package = PackageDraft {
                name: question.package.name.clone(),
                // Whose a scope is must fit the name.
                scope_owner: if question.package.name.is_scoped() { ScopeOwner::Nobody } else { ScopeOwner::Unscoped },
                visibility: question.package.visibility,
                ..package.clone()
            };
            let toggled = QuestionDraft { package_exists: !question.package_exists, ..question.clone() };
            let others = match input {
                DecisionInput::ClientIp => Vec::from([
                    QuestionDraft { client_ip, ..question.clone() },
                    QuestionDraft { client_ip: ClientIp::UNKNOWN, ..question.clone() },
                ]),
                DecisionInput::Now => {
                    [now, Timestamp::MIN, Timestamp::MAX].map(|now| QuestionDraft { now, ..question.clone() }).into()
                }
                DecisionInput::Owner => {
                    Vec::from([QuestionDraft { owner: renamed(owner.clone(), &question), ..question.clone() }])
                }
                DecisionInput::Package => Vec::from([
                    QuestionDraft { package: package.clone(), ..toggled.clone() },
                    toggled,
                    QuestionDraft { package, ..question.clone() },
                ]),
                DecisionInput::Organization => Vec::from([QuestionDraft {
                    organization_exists: !question.organization_exists,
                    ..question.clone()
                }]),
                // Every decision about a token names it.
                DecisionInput::Token | _ => return Err(TestCaseError::fail(format!("{input} is not named"))),
            };
            for other in others {
                prop_assert_eq!(&said(&other).0, &before, "{} changes it: {:?}", input, other);
            }
            let mut counts = compared.get();
            if let Some(count) = counts.get_mut(at) {
                *count = count.saturating_add(1);
            }
            compared.set(counts);
        }
        Ok(())
    });
    let counts = compared.get();
    for (input, count) in DecisionInput::ALL.iter().zip(counts).filter(|(input, _)| **input != DecisionInput::Token) {
        assert!(count > 0, "{input} was always named");
    }
}

/// The same without a token, and with an unknown one.
#[test]
fn without_a_known_token_only_what_is_named_matters() {
    holds((question(), package()), |(question, other)| {
        let other = PackageDraft {
            users: other.users,
            teams: other.teams,
            publishing_access: other.publishing_access,
            ..question.package.clone()
        };
        let after = QuestionDraft { package: other, package_exists: !question.package_exists, ..question.clone() };
        let [before_anonymous, before_unknown] = without_token(&question);
        let [after_anonymous, after_unknown] = without_token(&after);
        prop_assert_eq!(json(&before_unknown), json(&after_unknown));
        if !before_anonymous.depends_on.contains(DecisionInput::Package) {
            prop_assert_eq!(json(&before_anonymous), json(&after_anonymous));
        }
        Ok(())
    });
}

fn without_token(question: &QuestionDraft) -> [AuditRecord; 2] {
    question.ask(|_, operation| {
        [
            Caller::NoToken.decide(operation, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH),
            Caller::UnknownToken.decide(operation, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH),
        ]
        .map(|d| (&d).into())
    })
}

/// A factor of another owner, one verified too long ago and one verified in the future leave the challenge (F6).
#[test]
fn only_the_owners_own_fresh_factor_answers_a_challenge() {
    let challenged = Cell::new(0_u32);
    holds((question(), timestamp(), 0..=86_400_u64), |(question, verified_at, max_age)| {
        let max_age = MaxFactorAge::new(Duration::from_secs(max_age)).unwrap();
        question.decide(|decision| {
            let Decision::Challenge(challenge) = decision else { return Ok(()) };
            challenged.set(challenged.get().saturating_add(1));
            let other = "somebody-else".parse::<tollgate::UserName>().unwrap();
            let (own, other) = (question.owner.name.as_borrowed(), other.as_borrowed());
            for (owner, verified_at) in [(own, verified_at), (own, question.now), (other, question.now)] {
                let age = question.now.duration_since(verified_at);
                let counts = owner == own && age.is_some_and(|age| age <= max_age.as_duration());
                let answered = challenge.answer(&VerifiedFactor { owner, verified_at }, max_age);
                prop_assert_eq!(answered.verdict(), if counts { Verdict::Allow } else { Verdict::Challenge });
                prop_assert_eq!(answered.validity(), Validity::ThisRequestOnly);
                let record = AuditRecord::from(&answered);
                prop_assert_eq!(record.valid_until, None);
                prop_assert_eq!(record.via, counts.then_some(AllowedBy::SecondFactor));
            }
            Ok(())
        })
    });
    assert!(challenged.get() > 0);
}

/// The same facts once more: the token by way of its stored form, the lists the other way round.
fn once_more(question: &QuestionDraft) -> QuestionDraft {
    let stored = serde_json::to_string(&StoredToken::from(&question.token)).unwrap();
    let mut again = question.clone();
    again.token = serde_json::from_str::<StoredToken>(&stored).unwrap().load().unwrap();
    again.owner.memberships.reverse();
    again.package.users.reverse();
    again.package.teams.reverse();
    again
}

#[test]
fn the_same_facts_in_another_form_give_the_same_record() {
    holds(question(), |question| {
        let bytes = json(&question.record());
        prop_assert_eq!(&json(&question.record()), &bytes);
        prop_assert_eq!(&json(&once_more(&question).record()), &bytes);
        let read: AuditRecord = serde_json::from_str(&bytes).unwrap();
        prop_assert_eq!(&read, &question.record());
        prop_assert_eq!(&json(&read), &bytes);
        // A publish is asked for by one word, whatever exists.
        let both = [Action::CreatePackage, Action::PublishVersion];
        if both.contains(&question.action) {
            for action in both {
                prop_assert_eq!(&json(&QuestionDraft { action, ..question.clone() }.record()), &bytes);
            }
        }
        Ok(())
    });
}
