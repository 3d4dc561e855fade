//! Questions under the later editions, and about what came with version 2 of the rules: session tokens, accounts on
//! hold, and rights that are decided elsewhere.

use tollgate::{
    Decision, MissingPackage, PackageAction, PackageName, Policy, Reason, User,
    facts::{
        AccountStatus, ExternalCeiling, Memberships, PackageState, PackageView, PublishingAccess, TwoFactorMode,
        UserFacts, Visibility,
    },
    operation::Action,
};

use crate::{
    kept,
    world::{Covered, Kind, Question, acme, bound_under, package, parsed, question, stored, token, user},
};

/// The expected answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is allowed.
    Allow,
    /// It needs a second factor.
    Challenge,
    /// It is denied for this reason.
    Deny(Reason),
}

fn private() -> PackageView<'static> {
    package("@acme/app", Visibility::Private, PublishingAccess::TwoFactorOrBypass, Covered::Maintained).as_view()
}

fn alice() -> &'static User {
    user(AccountStatus::Active, TwoFactorMode::AuthAndWrites, acme())
}

/// # Panics
///
/// The question has another answer.
fn checked(
    policy: Policy,
    kind: Kind,
    owner: &'static User,
    action: PackageAction,
    package: impl Into<PackageState<'static>>,
    answer: Answer,
) -> &'static Question {
    let token = bound_under(policy, token(stored(kind, 50)), owner);
    let question = kept(question(token, action.on(package.into())));
    let found = match question.decide() {
        Decision::Allow(_) => Answer::Allow,
        Decision::Challenge(_) => Answer::Challenge,
        Decision::Deny(deny) => Answer::Deny(deny.reason()),
    };
    assert_eq!(found, answer, "{action} with {kind:?} under {policy}");
    question
}

/// Returns a question about a private package with `two-factor-or-bypass`, under a policy.
///
/// # Panics
///
/// The question has another answer.
#[must_use]
pub fn under(policy: Policy, kind: Kind, action: PackageAction, answer: Answer) -> &'static Question {
    checked(policy, kind, alice(), action, private(), answer)
}

/// Returns a question of an owner whose account is on hold.
///
/// # Panics
///
/// The question has another answer.
#[must_use]
pub fn on_hold(kind: Kind, action: PackageAction, answer: Answer) -> &'static Question {
    let owner = User::new(UserFacts {
        name: parsed("alice"),
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::AuthAndWrites,
        tokens_revoked_until: None,
        writes_held_until: Some(parsed("2025-11-02T00:00:00Z")),
        memberships: acme(),
    });
    checked(Policy::NPM_2025_10, kind, kept(owner.expect("a user")), action, private(), answer)
}

/// Whether the package of a question exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exists {
    /// It exists.
    Yes,
    /// Its name is free.
    No,
}

/// Returns a question of an owner without any right on record, whose rights the registry decided elsewhere.
///
/// # Panics
///
/// The question has another answer.
#[must_use]
pub fn elsewhere(exists: Exists, decided: &[Action], action: PackageAction, answer: Answer) -> &'static Question {
    let owner = user(AccountStatus::Active, TwoFactorMode::AuthAndWrites, Memberships::empty());
    let name = PackageName::new("@acme/app").expect("a name");
    let decided = decided.iter().copied();
    let ceiling = kept(ExternalCeiling::new(owner.name().clone(), name.into_owned(), decided));
    let package: PackageState<'static> = match exists {
        Exists::Yes => private().with_external_ceiling(ceiling).into(),
        Exists::No => MissingPackage::new(name).with_external_ceiling(ceiling).into(),
    };
    checked(Policy::NPM_2025_10, Kind::Granular, owner, action, package, answer)
}
