//! The measured paths. Each benchmark function has only what is to be counted: see `README.md` beside this folder.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark that cannot be set up stops")]

mod decisions;
mod editions;
mod many;
mod texts;

use decisions::{answers, asked, authorized, denials, without_token};
use editions::policies;
use gungraun::{Callgrind, LibraryBenchmarkConfig, main};
use many::grown;
use texts::{read, stores};

main!(
    config = LibraryBenchmarkConfig::default()
        .tool(Callgrind::with_args(["--cache-sim=no"]))
        .pass_through_env("GLIBC_TUNABLES");
    library_benchmark_groups = authorized, denials, answers, without_token, asked, policies, grown, read, stores
);
