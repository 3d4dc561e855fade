//! One decision, with every answer and every reason, and the methods of a decision.

use core::time::Duration;
use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group};
use tollgate::{
    AccountAction, BoundToken, Challenge, ClientIp, Decision, Deny, Explanation, OrganizationAction, Package,
    PackageAction, Policy, Reason, Timestamp, Token, User, authorize, authorize_anonymous,
    decision::{EarlyAnswer, PresentedToken},
    deny_unknown_token,
    facts::{
        AccountStatus, MaxFactorAge, NewTeam, PublishingAccess, Team, TeamAndPackage, TwoFactorMode, VerifiedFactor,
        Visibility,
    },
    operation::{Action, BindError, CreateTeam, Operation, TeamAccessAction, TeamAction},
    value::TeamName,
};
use tollgate_instructions::{
    Covered, Kind, Question, acme, bound, denied, kept, organization, package, question, stored, token, user,
};

/// The arguments of `authorize`, with the package as a reference.
type Publish = (&'static BoundToken<'static>, &'static Package, ClientIp, Timestamp);

fn alice() -> &'static User {
    user(AccountStatus::Active, TwoFactorMode::AuthAndWrites, acme())
}

fn private(name: &str) -> &'static Package {
    package(name, Visibility::Private, PublishingAccess::TwoFactorOrBypass, Covered::Maintained)
}

/// Returns the decision that the README's table compares: publishing a private package with `two-factor-or-bypass`.
fn publish(entries: usize, name: &str, covered: Covered) -> Publish {
    let package = private(name);
    let token = bound(token(stored(Kind::Granular, entries)), alice());
    let Question { token, operation: _, client_ip, now } = *kept(question(token, PackageAction::Publish.on(package)));
    let token = kept(token);
    let allowed = authorize(token, PackageAction::Publish, package, client_ip, now).is_allow();
    assert_eq!(allowed, covered == Covered::Maintained);
    (token, package, client_ip, now)
}

#[library_benchmark]
#[bench::of_1_entry(publish(1, "@acme/app", Covered::Maintained))]
#[bench::of_50_entries(publish(50, "@acme/app", Covered::Maintained))]
#[bench::not_selected_1_entry(publish(1, "@other/app", Covered::Foreign))]
#[bench::not_selected_50_entries(publish(50, "@other/app", Covered::Foreign))]
fn authorized_publish((token, package, client_ip, now): Publish) -> Decision<'static> {
    authorize(token, PackageAction::Publish, package, client_ip, now)
}

library_benchmark_group!(name = authorized, benchmarks = [authorized_publish]);

#[library_benchmark]
#[bench::token_revoked(denied(Kind::Granular, Reason::TokenRevoked))]
#[bench::token_expired(denied(Kind::Granular, Reason::TokenExpired))]
#[bench::ip_not_allowed(denied(Kind::Granular, Reason::IpNotAllowed))]
#[bench::owner_suspended(denied(Kind::Granular, Reason::OwnerSuspended))]
#[bench::kind_forbids_action(denied(Kind::Granular, Reason::KindForbidsAction))]
#[bench::permission_too_low(denied(Kind::Granular, Reason::PermissionTooLow))]
#[bench::no_such_package(denied(Kind::Granular, Reason::NoSuchPackage))]
#[bench::no_such_org(denied(Kind::Granular, Reason::NoSuchOrg))]
#[bench::not_selected(denied(Kind::Granular, Reason::NotSelected))]
#[bench::creation_not_covered(denied(Kind::Granular, Reason::CreationNotCovered))]
#[bench::owner_lacks_permission(denied(Kind::Granular, Reason::OwnerLacksPermission))]
#[bench::invalid_new_name(denied(Kind::Granular, Reason::InvalidNewName))]
#[bench::tokens_disallowed(denied(Kind::Granular, Reason::TokensDisallowed))]
#[bench::second_factor_not_enrolled(denied(Kind::Granular, Reason::SecondFactorNotEnrolled))]
fn granular_denied(question: &'static Question) -> Decision<'static> {
    question.decide()
}

#[library_benchmark]
#[bench::token_revoked(denied(Kind::Legacy, Reason::TokenRevoked))]
#[bench::ip_not_allowed(denied(Kind::Legacy, Reason::IpNotAllowed))]
#[bench::owner_suspended(denied(Kind::Legacy, Reason::OwnerSuspended))]
#[bench::kind_forbids_action(denied(Kind::Legacy, Reason::KindForbidsAction))]
#[bench::no_such_package(denied(Kind::Legacy, Reason::NoSuchPackage))]
#[bench::no_such_org(denied(Kind::Legacy, Reason::NoSuchOrg))]
#[bench::owner_lacks_permission(denied(Kind::Legacy, Reason::OwnerLacksPermission))]
#[bench::invalid_new_name(denied(Kind::Legacy, Reason::InvalidNewName))]
#[bench::tokens_disallowed(denied(Kind::Legacy, Reason::TokensDisallowed))]
#[bench::second_factor_not_enrolled(denied(Kind::Legacy, Reason::SecondFactorNotEnrolled))]
fn legacy_denied(question: &'static Question) -> Decision<'static> {
    question.decide()
}

library_benchmark_group!(name = denials, benchmarks = [granular_denied, legacy_denied]);

fn legacy_token() -> BoundToken<'static> {
    bound(token(stored(Kind::Legacy, 0)), alice())
}

/// Returns a question that passes every check except that of the second factor.
fn challenged(kind: Kind) -> &'static Question {
    let mut stored = stored(kind, 50);
    if kind == Kind::Granular {
        stored["granular"]["bypass_2fa"] = false.into();
    }
    let operation = PackageAction::Publish.on(private("@acme/app"));
    let question = kept(question(bound(token(stored), alice()), operation));
    assert!(matches!(question.decide(), Decision::Challenge(_)), "{kind:?}");
    question
}

#[library_benchmark]
#[bench::granular(challenged(Kind::Granular))]
#[bench::legacy(challenged(Kind::Legacy))]
fn challenge(question: &'static Question) -> Decision<'static> {
    question.decide()
}

fn granted(kind: Kind, operation: Operation<'static>) -> &'static Question {
    let owner = user(AccountStatus::Active, TwoFactorMode::Disabled, acme());
    let question = kept(question(bound(token(stored(kind, 50)), owner), operation));
    assert!(question.decide().is_allow(), "{operation}");
    question
}

fn public(name: &str) -> &'static Package {
    package(name, Visibility::Public, PublishingAccess::NoRequirement, Covered::Foreign)
}

fn read(package: &'static Package) -> Operation<'static> {
    PackageAction::ReadPackage.on(package)
}

fn developers() -> Team<'static> {
    Team { organization: organization().into(), name: TeamName::new("developers").expect("a name") }
}

fn new_team() -> NewTeam<'static> {
    NewTeam::new(organization(), TeamName::new("designers").expect("a name")).expect("a new name")
}

fn access() -> TeamAndPackage<'static> {
    TeamAndPackage { team: developers(), package: private("@acme/app").into() }
}

#[library_benchmark]
#[bench::public_read_not_covered(granted(Kind::Granular, read(public("@other/app"))))]
#[bench::public_read_legacy(granted(Kind::Legacy, read(public("@other/app"))))]
#[bench::private_read(granted(Kind::Granular, read(private("@acme/app"))))]
#[bench::set_dist_tag_legacy(granted(Kind::Legacy, PackageAction::SetDistTag.on(public_maintained())))]
#[bench::read_org(granted(Kind::Granular, OrganizationAction::ReadOrg.on(organization())))]
#[bench::add_member(granted(Kind::Granular, OrganizationAction::AddMember.on(organization())))]
#[bench::create_team(granted(Kind::Granular, CreateTeam.on(new_team())))]
#[bench::add_team_member(granted(Kind::Granular, TeamAction::AddTeamMember.on(developers())))]
#[bench::manage_team_access(granted(Kind::Granular, TeamAccessAction::GrantTeamAccess.on(access())))]
#[bench::delete_org_legacy(granted(Kind::Legacy, OrganizationAction::DeleteOrg.on(organization())))]
#[bench::whoami(granted(Kind::Granular, AccountAction::Whoami.on(alice().name().as_borrowed())))]
#[bench::create_token_legacy(granted(Kind::Legacy, AccountAction::CreateToken.on(alice().name().as_borrowed())))]
fn allow(question: &'static Question) -> Decision<'static> {
    question.decide()
}

fn public_maintained() -> &'static Package {
    package("@acme/app", Visibility::Public, PublishingAccess::NoRequirement, Covered::Maintained)
}

library_benchmark_group!(name = answers, benchmarks = [challenge, allow]);

#[library_benchmark]
#[bench::public_read(public("@acme/app"))]
#[bench::private_read(private("@acme/app"))]
fn anonymous(package: &'static Package) -> Decision<'static> {
    authorize_anonymous(PackageAction::ReadPackage, package)
}

#[library_benchmark]
#[bench::read(public("@acme/app"))]
fn unknown_token(package: &'static Package) -> Decision<'static> {
    deny_unknown_token(PackageAction::ReadPackage, package)
}

library_benchmark_group!(name = without_token, benchmarks = [anonymous, unknown_token]);

/// Returns a denial that hides a private package, because the token does not cover it.
fn hidden() -> &'static Deny<'static> {
    let Decision::Deny(deny) = denied(Kind::Granular, Reason::NotSelected).decide() else { return hidden() };
    assert_eq!(deny.status(), 404);
    kept(deny)
}

#[library_benchmark]
#[bench::naming_a_private_package(hidden())]
fn status(deny: &'static Deny<'static>) -> u16 {
    deny.status()
}

fn presented(kind: Kind, entries: usize, name: &str) -> &'static (PresentedToken<'static>, Operation<'static>) {
    let token = kept(bound(token(stored(kind, entries)), alice()));
    let operation = PackageAction::Publish.on(private(name));
    let Question { client_ip, now, .. } = question(*token, operation);
    let presented = token.at(client_ip, now);
    assert_eq!(presented.decide(operation).is_allow(), name == "@acme/app");
    kept((presented, operation))
}

#[library_benchmark]
#[bench::of_1_entry(presented(Kind::Granular, 1, "@acme/app"))]
#[bench::of_50_entries(presented(Kind::Granular, 50, "@acme/app"))]
#[bench::not_selected(presented(Kind::Granular, 50, "@other/app"))]
fn explain((presented, operation): &'static (PresentedToken<'static>, Operation<'static>)) -> Explanation<'static> {
    presented.decide(*operation).explain()
}

#[library_benchmark]
#[bench::granted(presented(Kind::Granular, 50, "@acme/app"))]
#[bench::not_selected(presented(Kind::Granular, 50, "@other/app"))]
fn decide_again((presented, operation): &'static (PresentedToken<'static>, Operation<'static>)) -> Decision<'static> {
    presented.decide(*operation)
}

#[library_benchmark]
#[bench::granular(challenged(Kind::Granular))]
#[bench::legacy(kept(question(legacy_token(), read(private("@acme/app")))))]
fn at(question: &'static Question) -> PresentedToken<'static> {
    question.token.at(question.client_ip, question.now)
}

#[library_benchmark]
#[bench::granular(token(stored(Kind::Granular, 50)), alice())]
#[bench::legacy(token(stored(Kind::Legacy, 0)), alice())]
fn bind(token: &'static Token, owner: &'static User) -> Result<BoundToken<'static>, BindError> {
    Policy::NPM_2025_10.bind(token, owner)
}

#[library_benchmark]
#[bench::granular(challenged(Kind::Granular))]
fn refuse_early(question: &'static Question) -> EarlyAnswer<'static> {
    let Question { token, operation: _, client_ip, now } = question;
    Policy::NPM_2025_10.refuse_early(token.token(), black_box(Action::PublishVersion), *client_ip, *now)
}

const THIRTY_SECONDS: MaxFactorAge = match MaxFactorAge::new(Duration::from_secs(30)) {
    Ok(age) => age,
    Err(_) => MaxFactorAge::THIS_REQUEST,
};

fn factor() -> (&'static Challenge<'static>, VerifiedFactor<'static>) {
    let question = challenged(Kind::Legacy);
    let Decision::Challenge(challenge) = question.decide() else { return factor() };
    (kept(challenge), VerifiedFactor { owner: alice().name().as_borrowed(), verified_at: question.now })
}

#[library_benchmark]
#[bench::with_a_fresh_factor(factor())]
fn answer((challenge, factor): (&'static Challenge<'static>, VerifiedFactor<'static>)) -> Decision<'static> {
    challenge.answer(&factor, THIRTY_SECONDS)
}

library_benchmark_group!(name = asked, benchmarks = [status, explain, decide_again, at, bind, refuse_early, answer]);
