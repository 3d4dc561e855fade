//! Decisions about many packages, many grants and memberships, and many ranges.

use gungraun::{library_benchmark, library_benchmark_group};
use tollgate::{Decision, Package};
use tollgate_instructions::{Covered, Question, grants, listing, ranges};

#[library_benchmark]
#[bench::of_1000_packages(listing())]
fn readable((question, packages): (&'static Question, &'static [Package])) -> usize {
    question.token.at(question.client_ip, question.now).readable(packages).count()
}

#[library_benchmark]
#[bench::last_grants(grants(Covered::Maintained))]
#[bench::none_grants(grants(Covered::Foreign))]
fn of_200_grants_and_1000_teams(question: &'static Question) -> Decision<'static> {
    question.decide()
}

#[library_benchmark]
#[bench::last_allows(ranges(Covered::Maintained))]
#[bench::none_allows(ranges(Covered::Foreign))]
fn of_1000_ranges(question: &'static Question) -> Decision<'static> {
    question.decide()
}

library_benchmark_group!(name = grown, benchmarks = [readable, of_200_grants_and_1000_teams, of_1000_ranges]);
