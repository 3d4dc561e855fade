//! Whether two lists of teams have one in common, with a look at the names of very few.

use alloc::{boxed::Box, vec, vec::Vec};

use crate::value::{OrganizationName, TeamName, hash, hash_with};

/// **The hashes of a list's teams, in its order, and a filter** that knows most of the teams that are not in it.
///
/// A short list has none: its names are compared. The hash has no key: whoever chooses names that collide makes a search
/// through the names of it, one for each team of the shorter list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TeamHashes(Option<Box<Hashes>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Hashes {
    of_each: Box<[u32]>,
    /// A power of two of words, one for each team or up to two. A team sets two bits of one of them.
    filter: Box<[u64]>,
}

/// **Teams of any organizations**, sorted, with their hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Teams {
    sorted: Box<[(OrganizationName, TeamName)]>,
    hashes: TeamHashes,
}

impl Teams {
    pub(crate) fn sorted(teams: Vec<(OrganizationName, TeamName)>) -> Self {
        let hashes = TeamHashes::new(teams.iter().map(|(organization, team)| (organization, team)));
        Self { sorted: teams.into(), hashes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    pub(crate) const fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether one of the teams is in another list, which has these hashes: `is_in` says so of one.
    #[inline]
    pub(crate) fn any_in<'t>(&'t self, other: &TeamHashes, is_in: impl Fn(TeamPath<'t>) -> bool) -> bool {
        let at = |place| self.sorted.get(place).map(|(organization, team)| (organization, team));
        self.hashes.any_in(other, at, is_in)
    }

    /// Whether one of the others, which have these hashes, is among the teams. `at` gives the one at a place.
    #[inline]
    pub(crate) fn has_one_of<'t>(&self, hashes: &TeamHashes, at: impl Fn(usize) -> Option<TeamPath<'t>>) -> bool {
        hashes.any_in(&self.hashes, at, |other| {
            self.sorted.binary_search_by(|(organization, team)| (organization, team).cmp(&other)).is_ok()
        })
    }
}

/// A team by both of its names.
pub(crate) type TeamPath<'t> = (&'t OrganizationName, &'t TeamName);

/// With so few teams there are no hashes.
const COMPARED: usize = 3;

impl TeamHashes {
    pub(crate) fn new<'t>(teams: impl Iterator<Item = TeamPath<'t>>) -> Self {
        let of_each: Vec<u32> = teams.map(hash_of).collect();
        if of_each.len() <= COMPARED {
            return Self(None);
        }
        // One in 500 of the teams that are not in the list passes.
        let words = of_each.len().next_power_of_two();
        let mut filter = vec![0; words];
        for hash in &of_each {
            if let Some(word) = filter.get_mut(word_of(*hash, words)) {
                *word |= bits_of(*hash);
            }
        }
        Self(Some(Box::new(Hashes { of_each: of_each.into(), filter: filter.into() })))
    }

    /// Whether one of the teams, which have these hashes, is in another list. Only of those that pass its filter is
    /// `is_in` asked.
    #[inline]
    fn any_in<'t>(
        &self,
        other: &Self,
        at: impl Fn(usize) -> Option<TeamPath<'t>>,
        is_in: impl Fn(TeamPath<'t>) -> bool,
    ) -> bool {
        match (&self.0, &other.0) {
            (Some(own), Some(other)) => {
                let mut passed = own.places_perhaps_in(&other.filter);
                passed.any(|place| at(place).is_some_and(&is_in))
            }
            (None, Some(other)) => {
                (0..COMPARED).map_while(&at).any(|team| may_have(&other.filter, hash_of(team)) && is_in(team))
            }
            (_, None) => (0..).map_while(&at).any(is_in),
        }
    }
}

impl Hashes {
    /// The places of the teams that pass a filter. Eight are looked at together, for hardly ever one of them passes.
    #[inline]
    fn places_perhaps_in(&self, filter: &[u64]) -> impl Iterator<Item = usize> {
        let (eights, rest) = self.of_each.as_chunks::<8>();
        let passing = |hashes: &[u32; 8]| hashes.iter().fold(false, |any, hash| any | may_have(filter, *hash));
        let eights = eights.iter().enumerate().filter(move |(_, hashes)| passing(hashes));
        let hashes = eights.flat_map(|(eight, hashes)| (eight.saturating_mul(8)..).zip(hashes));
        let rest = (self.of_each.len().saturating_sub(rest.len())..).zip(rest);
        hashes.chain(rest).filter(|(_, hash)| may_have(filter, **hash)).map(|(place, _)| place)
    }
}

#[inline]
fn may_have(filter: &[u64], hash: u32) -> bool {
    let word = filter.get(word_of(hash, filter.len())).copied().unwrap_or_default();
    word.wrapping_shr(hash) & word.wrapping_shr(hash >> 6) & 1 == 1
}

fn hash_of((organization, team): TeamPath<'_>) -> u32 {
    let [_, _, _, _, high @ ..] =
        hash_with(hash(organization.as_str().as_bytes()), team.as_str().as_bytes()).to_le_bytes();
    u32::from_le_bytes(high)
}

/// The upper bits say which word, the lower ones which bits of it.
#[inline]
fn word_of(hash: u32, words: usize) -> usize {
    usize::try_from(hash >> 12).unwrap_or_default() & words.wrapping_sub(1)
}

#[inline]
const fn bits_of(hash: u32) -> u64 {
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
    fn a_team_in_common_is_found_and_few_others_are_looked_at() {
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
            assert!(!list.has_one_of(&TeamHashes::new(paths(&none)), |place| paths(&none).nth(place)), "{one} {other}");
            for at in [0, other / 2, other - 1] {
                let mut some = none.clone();
                some[at] = list.sorted.last().unwrap().clone();
                let hashes = TeamHashes::new(paths(&some));
                assert!(list.any_in(&hashes, |(o, t)| some.contains(&(o.clone(), t.clone()))), "{one} {other} {at}");
                assert!(list.has_one_of(&hashes, |place| paths(&some).nth(place)), "{one} {other} {at}");
            }
        }
    }

    #[test]
    fn every_team_is_found_where_it_alone_is_in_common_and_where_its_neighbour_is_too() {
        let list = Teams::sorted(teams(0..300));
        for (at, common) in list.sorted.windows(2).enumerate() {
            for count in [1, 2] {
                let mut other = teams(1_000..1_010);
                other.extend(common.iter().take(count).cloned());
                let hashes = TeamHashes::new(paths(&other));
                let found = list.any_in(&hashes, |(o, t)| other.contains(&(o.clone(), t.clone())));
                assert!(found, "{count} from {at}");
                assert!(list.has_one_of(&hashes, |place| paths(&other).nth(place)), "{count} from {at}");
            }
        }
    }
}
