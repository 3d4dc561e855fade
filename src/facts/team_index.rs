//! Lists of teams, and the test whether two lists have a team in common.
//!
//! Two lists are compared by hashes and Bloom filters, so that the names of very few teams are read.

use alloc::{boxed::Box, vec, vec::Vec};

use crate::value::{OrganizationName, TeamName, hash, hash_with};

/// The hashes of the teams in a list, in order, and a Bloom filter of these hashes.
///
/// A list of at most [`MAX_COMPARED`] teams has no hashes and no filter, because its names are compared directly. The
/// hash has no key, so a user who chooses the names of teams can make their hashes collide. The worst case is one
/// search by name for each team of the shorter list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TeamHashes(Option<Box<Hashes>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Hashes {
    /// The hash of each team, in the order of the list.
    of_each: Box<[u32]>,
    /// The Bloom filter. Its length is the number of teams, rounded up to a power of two. Each team sets two bits of
    /// one word.
    filter: Box<[u64]>,
}

/// A sorted list of teams of any organizations, with their hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Teams {
    sorted: Box<[(OrganizationName, TeamName)]>,
    hashes: TeamHashes,
}

impl Teams {
    /// Creates a list of teams that are already sorted.
    pub(crate) fn sorted(teams: Vec<(OrganizationName, TeamName)>) -> Self {
        let hashes = TeamHashes::new(teams.iter().map(|(organization, team)| (organization, team)));
        Self { sorted: teams.into(), hashes }
    }

    /// Iterates over the teams, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = TeamPath<'_>> {
        self.sorted.iter().map(|(organization, team)| (organization, team))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    pub(crate) const fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Returns `true` if one of these teams belongs to the organization.
    pub(crate) fn has_team_of(&self, organization: OrganizationName<&str>) -> bool {
        let first = self.sorted.partition_point(|(owner, _)| owner.as_str() < organization.into_str());
        self.sorted.get(first).is_some_and(|(owner, _)| *owner == organization)
    }

    /// Returns `true` if one of these teams is in another list, given by its hashes. `is_in` looks up a team in that
    /// list by name.
    #[inline]
    pub(crate) fn any_in<'t>(&'t self, other: &TeamHashes, is_in: impl Fn(TeamPath<'t>) -> bool) -> bool {
        let at = |position| self.sorted.get(position).map(|(organization, team)| (organization, team));
        self.hashes.any_in(other, at, is_in)
    }

    /// Returns `true` if one of the teams of another list is in this list. The other list is given by its hashes, and
    /// `at` returns the team at a position in that list.
    #[inline]
    pub(crate) fn has_one_of<'t>(&self, hashes: &TeamHashes, at: impl Fn(usize) -> Option<TeamPath<'t>>) -> bool {
        hashes.any_in(&self.hashes, at, |other| {
            self.sorted.binary_search_by(|(organization, team)| (organization, team).cmp(&other)).is_ok()
        })
    }
}

/// The names of a team's organization and of the team.
pub(crate) type TeamPath<'t> = (&'t OrganizationName, &'t TeamName);

/// The maximum number of teams in a list without hashes. Most lists are that short. For them, hashes would take memory
/// and save nothing: if this constant is 0, a decision takes the same number of instructions.
const MAX_COMPARED: usize = 3;

impl TeamHashes {
    /// Computes the hashes of the teams of a list, in order.
    pub(crate) fn new<'t>(teams: impl Iterator<Item = TeamPath<'t>>) -> Self {
        let of_each: Vec<u32> = teams.map(team_hash).collect();
        if of_each.len() <= MAX_COMPARED {
            return Self(None);
        }
        // Of the teams that are not in the list, one in 500 passes a filter of this size; see `docs::performance`.
        let words = of_each.len().next_power_of_two();
        let mut filter = vec![0; words];
        for hash in &of_each {
            if let Some(word) = filter.get_mut(word_index(*hash, words)) {
                *word |= bit_mask(*hash);
            }
        }
        Self(Some(Box::new(Hashes { of_each: of_each.into(), filter: filter.into() })))
    }

    /// Returns `true` if one of the teams with these hashes is in another list.
    ///
    /// `at` returns the team at a position in this list. `is_in` looks up a team in the other list by name, and is
    /// called only for teams that pass the filter of that list.
    #[inline]
    fn any_in<'t>(
        &self,
        other: &Self,
        at: impl Fn(usize) -> Option<TeamPath<'t>>,
        is_in: impl Fn(TeamPath<'t>) -> bool,
    ) -> bool {
        match (&self.0, &other.0) {
            (Some(own), Some(other)) => {
                let mut passed = own.candidates(&other.filter);
                passed.any(|position| at(position).is_some_and(&is_in))
            }
            (None, Some(other)) => {
                (0..MAX_COMPARED).map_while(&at).any(|team| may_contain(&other.filter, team_hash(team)) && is_in(team))
            }
            (_, None) => (0..).map_while(&at).any(is_in),
        }
    }
}

impl Hashes {
    /// Returns the positions of the teams that pass a filter.
    ///
    /// Eight teams are tested together, without a branch for each, because it is rare that one of them passes. If they
    /// are tested one at a time, a decision with 1000 teams and 200 grants takes 970 instructions more (26 %).
    #[inline]
    fn candidates(&self, filter: &[u64]) -> impl Iterator<Item = usize> {
        let (eights, rest) = self.of_each.as_chunks::<8>();
        let passing = |hashes: &[u32; 8]| hashes.iter().fold(false, |any, hash| any | may_contain(filter, *hash));
        let eights = eights.iter().enumerate().filter(move |(_, hashes)| passing(hashes));
        let hashes = eights.flat_map(|(eight, hashes)| (eight.saturating_mul(8)..).zip(hashes));
        let rest = (self.of_each.len().saturating_sub(rest.len())..).zip(rest);
        hashes.chain(rest).filter(|(_, hash)| may_contain(filter, **hash)).map(|(position, _)| position)
    }
}

/// Returns `true` if a team with this hash passes the filter.
#[inline]
fn may_contain(filter: &[u64], hash: u32) -> bool {
    let word = filter.get(word_index(hash, filter.len())).copied().unwrap_or_default();
    word.wrapping_shr(hash) & word.wrapping_shr(hash >> 6) & 1 == 1
}

/// Returns the upper half of the 64-bit hash of both names.
fn team_hash((organization, team): TeamPath<'_>) -> u32 {
    let [_, _, _, _, high @ ..] =
        hash_with(hash(organization.as_str().as_bytes()), team.as_str().as_bytes()).to_le_bytes();
    u32::from_le_bytes(high)
}

/// Returns the index of the filter's word that has the bits of a hash, chosen by the upper 20 bits of the hash.
#[inline]
fn word_index(hash: u32, words: usize) -> usize {
    usize::try_from(hash >> 12).unwrap_or_default() & words.wrapping_sub(1)
}

/// Returns the mask of the two bits of a hash within that word, chosen by the lower 12 bits of the hash.
#[inline]
const fn bit_mask(hash: u32) -> u64 {
    1_u64.wrapping_shl(hash) | 1_u64.wrapping_shl(hash >> 6)
}

#[cfg(test)]
mod tests {
    use super::{TeamHashes, TeamPath, Teams};
    use crate::value::{OrganizationName, TeamName};
    use alloc::{format, vec::Vec};
    use core::cell::Cell;

    type Team = (OrganizationName, TeamName);

    fn teams(numbers: impl Iterator<Item = usize>) -> Vec<Team> {
        let team = |n: usize| (format!("org{}", n % 7).parse().unwrap(), format!("team{n}").parse().unwrap());
        let mut teams: Vec<Team> = numbers.map(team).collect();
        teams.sort_unstable();
        teams
    }

    fn paths(teams: &[Team]) -> impl Iterator<Item = TeamPath<'_>> {
        teams.iter().map(|(organization, team)| (organization, team))
    }

    #[test]
    fn the_organizations_that_have_a_team_in_the_list_are_found() {
        let list = Teams::sorted(teams(0..20));
        for number in 0..7 {
            assert!(list.has_team_of(OrganizationName::new(&format!("org{number}")).unwrap()), "{number}");
        }
        for absent in ["a", "org", "org00", "org7", "z"] {
            assert!(!list.has_team_of(OrganizationName::new(absent).unwrap()), "{absent}");
        }
    }

    #[test]
    fn a_common_team_is_found_and_few_other_names_are_read() {
        let sizes = [(1, 1), (1, 3), (1, 4), (3, 4), (4, 1), (4, 4), (5, 1_000), (8, 9), (9, 8), (13, 14), (23, 30)];
        for (one, other) in sizes.into_iter().chain([(200, 1_000), (1_000, 1_000)]) {
            let list = Teams::sorted(teams((0..one).map(|n| n * 2)));
            let none = teams((0..other).map(|n| n * 2 + 1));
            let asked = Cell::new(0);
            let found = list.any_in(&TeamHashes::new(paths(&none)), |(organization, team)| {
                asked.set(asked.get() + 1);
                none.contains(&(organization.clone(), team.clone()))
            });
            assert!(!found, "{one} {other}");
            assert!(other <= 3 || asked.get() <= 1 + one / 100, "{} of {one} in {other}", asked.get());
            assert!(
                !list.has_one_of(&TeamHashes::new(paths(&none)), |position| paths(&none).nth(position)),
                "{one} {other}"
            );
            for at in [0, other / 2, other - 1] {
                let mut some = none.clone();
                some[at] = list.sorted.last().unwrap().clone();
                let hashes = TeamHashes::new(paths(&some));
                assert!(list.any_in(&hashes, |(o, t)| some.contains(&(o.clone(), t.clone()))), "{one} {other} {at}");
                assert!(list.has_one_of(&hashes, |position| paths(&some).nth(position)), "{one} {other} {at}");
            }
        }
    }

    #[test]
    fn a_common_team_is_found_at_any_position_with_or_without_its_neighbour() {
        let list = Teams::sorted(teams(0..300));
        for (at, common) in list.sorted.windows(2).enumerate() {
            for count in [1, 2] {
                let mut other = teams(1_000..1_010);
                other.extend(common.iter().take(count).cloned());
                let hashes = TeamHashes::new(paths(&other));
                let found = list.any_in(&hashes, |(o, t)| other.contains(&(o.clone(), t.clone())));
                assert!(found, "{count} from {at}");
                assert!(list.has_one_of(&hashes, |position| paths(&other).nth(position)), "{count} from {at}");
            }
        }
    }
}
