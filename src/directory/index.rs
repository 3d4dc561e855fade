//! Look-up by name or digest, in tables that store positions instead of copies of the keys.

use core::hash::{BuildHasher, Hash};
use std::{boxed::Box, hash::RandomState, vec, vec::Vec};

/// A hash table from keys to positions in a list.
///
/// The table does not store the keys: the list does. The caller of [`find`](Self::find) compares the key of the item at
/// a candidate position with the key that is looked up. The hash is that of `std::collections::HashMap`, with a random
/// key, so an attacker cannot choose names that collide.
///
/// The table has a fixed capacity and never removes an entry. Collisions are resolved by linear probing.
#[derive(Clone, Debug)]
pub(super) struct Index {
    // A slot is the upper 24 bits of the hash, then the position plus one in the lower 40 bits. An empty slot is zero.
    //
    // A look-up reads an item only if its slot has the upper 24 bits of the hash that is looked up. Two different keys
    // have the same 24 bits once in 16.7 million times. So a look-up reads one cache line of the table and then, nearly
    // always, the right item. In a directory of 500,000 tokens, which takes 411 MB, the median decision from a secret's
    // text takes as long as 3.6 to 4.2 dependent memory reads (src/docs/performance.md).
    //
    // A `HashMap<Box<str>, usize>` would store each key a second time. This table stores eight bytes for each slot.
    slots: Box<[u64]>,
    hasher: RandomState,
}

/// The number of bits of a slot that hold a position.
const PLACE_BITS: u32 = 40;
/// The bits of a slot that hold a position.
const PLACE: u64 = (1 << PLACE_BITS) - 1;

impl Index {
    /// Creates an empty table for at most `count` keys. At most three quarters of its slots are ever filled.
    pub(super) fn with_capacity(count: usize) -> Self {
        let slots = count.saturating_add(count.div_ceil(3)).saturating_add(1).next_power_of_two();
        Self { slots: vec![0; slots].into(), hasher: RandomState::new() }
    }

    /// Iterates over all slots in probing order: from the slot that the hash selects to the end of the table, then from
    /// its beginning.
    fn probe(&self, hash: u64) -> impl Iterator<Item = &u64> {
        let (before, after) = self.slots.split_at(self.start(hash));
        after.iter().chain(before)
    }

    /// Returns the index of the slot that the hash selects.
    fn start(&self, hash: u64) -> usize {
        // The length is a power of two, so this mask is the remainder of the division by the length. The remainder is
        // less than the length and so always fits a `usize`.
        usize::try_from(hash & u64::try_from(self.slots.len()).unwrap_or(1).saturating_sub(1)).unwrap_or(0)
    }

    /// Returns the position that was inserted for `key`.
    ///
    /// `is_at` returns whether the item at a position has this key.
    pub(super) fn find(&self, key: impl Hash, is_at: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        for slot in self.probe(hash) {
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

    /// Inserts `key` with the position of its item. The key must not be in the table yet.
    ///
    /// Does nothing if the table already holds as many keys as it has slots.
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

/// A list of items, indexed by their names. No two items have the same name.
#[derive(Clone, Debug)]
pub(super) struct Named<T> {
    items: Vec<T>,
    index: Index,
    name_of: fn(&T) -> &str,
}

impl<T> Named<T> {
    /// Creates an empty list for at most `count` items. `name_of` returns the name that an item is indexed by.
    pub(super) fn with_capacity(count: usize, name_of: fn(&T) -> &str) -> Self {
        Self { items: Vec::with_capacity(count), index: Index::with_capacity(count), name_of }
    }

    /// Returns the position of the item with this name, for [`at`](Self::at).
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.index.find(name, |place| self.items.get(place).is_some_and(|item| (self.name_of)(item) == name))
    }

    /// Returns the item with this name.
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.items.get(self.place(name)?)
    }

    /// Returns the item at a position that [`place`](Self::place) returned.
    pub(super) fn at(&self, place: usize) -> Option<&T> {
        self.items.get(place)
    }

    /// Appends an item. Its name must not be in the list yet.
    pub(super) fn insert(&mut self, item: T) {
        self.index.insert((self.name_of)(&item), self.items.len());
        self.items.push(item);
    }

    /// Iterates over the items in the order of insertion.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Index;

    #[test]
    fn find_returns_the_inserted_position_only_if_the_item_has_the_key() {
        for count in [0, 1, 2, 3, 4, 100, 1_000] {
            let mut index = Index::with_capacity(count);
            for place in 0..count {
                assert_eq!(index.find(place, |found| found == place), None, "{place} of {count}");
                index.insert(place, place);
            }
            for place in 0..count {
                assert_eq!(index.find(place, |found| found == place), Some(place), "{place} of {count}");
                assert_eq!(index.find(place, |_| false), None, "the item at {place} has another key");
                assert_eq!(index.find(place + count, |found| found == place + count), None);
            }
        }
    }

    #[test]
    fn items_with_equal_hashes_are_distinguished_by_comparing_their_keys() {
        let mut index = Index::with_capacity(20);
        (0..20).for_each(|place| index.insert("same", place));
        assert!((0..20).all(|place| index.find("same", |found| found == place) == Some(place)));
        assert_eq!(index.find("same", |_| false), None);
    }
}
