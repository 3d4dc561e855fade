//! Decisions under the later editions, by session tokens, of accounts on hold, and with rights decided elsewhere.

use gungraun::{library_benchmark, library_benchmark_group};
use tollgate::{Decision, PackageAction, Policy, Reason, operation::Action};
use tollgate_instructions::{
    Answer::{Allow, Challenge, Deny},
    Exists, Kind, Question, elsewhere, on_hold, under,
};

#[library_benchmark]
#[bench::publish_by_bypass(under(Policy::NPM_2026_08, Kind::Granular, PackageAction::Publish, Allow))]
#[bench::change_maintainers_challenged(under(
    Policy::NPM_2026_08,
    Kind::Granular,
    PackageAction::ChangeMaintainers,
    Challenge
))]
#[bench::token_retired(under(Policy::NPM_2026_08, Kind::Legacy, PackageAction::Publish, Deny(Reason::TokenRetired)))]
fn npm_2026_08(question: &'static Question) -> Decision<'static> {
    question.decide()
}

#[library_benchmark]
#[bench::deprecate_by_bypass(under(Policy::NPM_2027_01, Kind::Granular, PackageAction::Deprecate, Allow))]
#[bench::stage(under(Policy::NPM_2027_01, Kind::StageOnly, PackageAction::Stage, Allow))]
#[bench::publish_challenged(under(Policy::NPM_2027_01, Kind::Granular, PackageAction::Publish, Challenge))]
#[bench::stage_required(under(
    Policy::NPM_2027_01,
    Kind::StageOnly,
    PackageAction::Publish,
    Deny(Reason::StageRequired)
))]
fn npm_2027_01(question: &'static Question) -> Decision<'static> {
    question.decide()
}

#[library_benchmark]
#[bench::private_read(under(Policy::NPM_2026_08, Kind::Session, PackageAction::ReadPackage, Allow))]
#[bench::publish_challenged(under(Policy::NPM_2026_08, Kind::Session, PackageAction::Publish, Challenge))]
#[bench::approve_stage_challenged(under(Policy::NPM_2026_08, Kind::Session, PackageAction::ApproveStage, Challenge))]
fn session(question: &'static Question) -> Decision<'static> {
    question.decide()
}

#[library_benchmark]
#[bench::owner_on_hold(on_hold(Kind::Granular, PackageAction::Publish, Deny(Reason::OwnerOnHold)))]
#[bench::private_read(on_hold(Kind::Granular, PackageAction::ReadPackage, Allow))]
#[bench::reject_stage_challenged(on_hold(Kind::Session, PackageAction::RejectStage, Challenge))]
fn hold(question: &'static Question) -> Decision<'static> {
    question.decide()
}

const PUBLISHES: &[Action] = &[Action::ReadPackage, Action::CreatePackage, Action::PublishVersion];

#[library_benchmark]
#[bench::publish(elsewhere(Exists::Yes, PUBLISHES, PackageAction::Publish, Allow))]
#[bench::create(elsewhere(Exists::No, PUBLISHES, PackageAction::Publish, Allow))]
#[bench::private_read(elsewhere(Exists::Yes, PUBLISHES, PackageAction::ReadPackage, Allow))]
#[bench::owner_lacks_permission(elsewhere(
    Exists::Yes,
    PUBLISHES,
    PackageAction::Deprecate,
    Deny(Reason::OwnerLacksPermission)
))]
fn ceiling_decided_elsewhere(question: &'static Question) -> Decision<'static> {
    question.decide()
}

library_benchmark_group!(
    name = policies,
    benchmarks = [npm_2026_08, npm_2027_01, session, hold, ceiling_decided_elsewhere]
);
