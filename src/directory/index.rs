//! Finding things by their names without keeping the names twice.

use core::hash::{BuildHasher, Hash};
use std::{boxed::Box, hash::RandomState, vec, vec::Vec};

/// **A hash table of places in a list.** The list keeps the keys, and its owner says whether the thing at a place has
/// the one that is looked for. Std's keyed hash, so that no choice of keys makes it slow.
///
/// A slot is a number: 24 bits of the hash, so that hardly ever a wrong place is looked at, and the place plus one; 0
/// where there is none. A look-up reads one line of the table and then the thing, where a `HashMap` reads two lines and
/// then its copy of the key.
#[derive(Clone, Debug)]
pub(super) struct Index {
    slots: Box<[u64]>,
    hasher: RandomState,
}

const PLACE_BITS: u32 = 40;
const PLACE: u64 = (1 << PLACE_BITS) - 1;

impl Index {
    /// For at most so many things: at most three of four slots are taken then.
    pub(super) fn for_at_most(count: usize) -> Self {
        let slots = count.saturating_add(count.div_ceil(3)).saturating_add(1).next_power_of_two();
        Self { slots: vec![0; slots].into(), hasher: RandomState::new() }
    }

    /// The slots from the hash's own on, round to the one before it.
    fn round(&self, hash: u64) -> impl Iterator<Item = &u64> {
        let (before, after) = self.slots.split_at(self.start(hash));
        after.iter().chain(before)
    }

    fn start(&self, hash: u64) -> usize {
        // The length is a power of two, and a remainder fits where the length does.
        usize::try_from(hash & u64::try_from(self.slots.len()).unwrap_or(1).saturating_sub(1)).unwrap_or(0)
    }

    /// The place of the thing with that key.
    pub(super) fn find(&self, key: impl Hash, is_at: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        for slot in self.round(hash) {
            if *slot == 0 {
                return None;
            }
            if (slot ^ hash) >> PLACE_BITS == 0
                && let Ok(place) = usize::try_from((slot & PLACE).saturating_sub(1))
                && is_at(place)
            {
                return Some(place);
            }
        }
        None
    }

    /// Notes that the thing with that key is at that place. It must be a key that is not in the table.
    pub(super) fn insert(&mut self, key: impl Hash, place: usize) {
        let hash = self.hasher.hash_one(key);
        let start = self.start(hash);
        let (before, after) = self.slots.split_at_mut(start);
        let free = after.iter_mut().chain(before).find(|slot| **slot == 0);
        if let (Some(free), Ok(place)) = (free, u64::try_from(place)) {
            *free = (hash & !PLACE) | (place.saturating_add(1) & PLACE);
        }
    }
}

/// **Things with names**, each name once.
#[derive(Clone, Debug)]
pub(super) struct Named<T> {
    things: Vec<T>,
    index: Index,
    name: fn(&T) -> &str,
}

impl<T> Named<T> {
    pub(super) fn for_at_most(count: usize, name: fn(&T) -> &str) -> Self {
        Self { things: Vec::with_capacity(count), index: Index::for_at_most(count), name }
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.index.find(name, |place| self.things.get(place).is_some_and(|thing| (self.name)(thing) == name))
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.things.get(self.place(name)?)
    }

    pub(super) fn at(&self, place: usize) -> Option<&T> {
        self.things.get(place)
    }

    /// Adds a thing whose name is not there yet.
    pub(super) fn insert(&mut self, thing: T) {
        self.index.insert((self.name)(&thing), self.things.len());
        self.things.push(thing);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.things.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Index;

    #[test]
    fn a_place_is_found_by_its_key_where_its_thing_is_the_one() {
        for count in [0, 1, 2, 3, 4, 100, 1_000] {
            let mut index = Index::for_at_most(count);
            for place in 0..count {
                assert_eq!(index.find(place, |found| found == place), None, "{place} of {count}");
                index.insert(place, place);
            }
            for place in 0..count {
                assert_eq!(index.find(place, |found| found == place), Some(place), "{place} of {count}");
                assert_eq!(index.find(place, |_| false), None, "the thing says that it is not {place}");
                assert_eq!(index.find(place + count, |found| found == place + count), None);
            }
        }
    }

    #[test]
    fn things_of_one_key_are_told_apart() {
        let mut index = Index::for_at_most(20);
        (0..20).for_each(|place| index.insert("same", place));
        assert!((0..20).all(|place| index.find("same", |found| found == place) == Some(place)));
        assert_eq!(index.find("same", |_| false), None);
    }
}
