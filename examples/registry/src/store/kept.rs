//! Values that never change under their name, kept in memory.
//!
//! No permission is kept: a request is decided first, and then asks for a value by a name that it has read in its own
//! snapshot.

use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Mutex, PoisonError},
};

/// **Values by name**, of which those that are used stay.
///
/// There are two generations. A value that is used moves to the new one. When the new one is full, it becomes the old one,
/// and the values of the old one are forgotten.
#[derive(Debug)]
pub(crate) struct Kept<K, V> {
    generations: Mutex<Generations<K, V>>,
    /// The maximum number of bytes of a generation.
    limit: usize,
}

#[derive(Debug)]
struct Generations<K, V> {
    new: HashMap<K, Entry<V>>,
    old: HashMap<K, Entry<V>>,
    /// The number of bytes of the new generation.
    size: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    size: usize,
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// Keeps at most so many bytes.
    pub(crate) fn new(max_bytes: usize) -> Self {
        let generations = Generations { new: HashMap::new(), old: HashMap::new(), size: 0 };
        Self { generations: Mutex::new(generations), limit: max_bytes.div_euclid(2) }
    }

    /// The value of this name, if it is kept.
    pub(crate) fn get(&self, name: &K) -> Option<V> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = generations.new.get(name) {
            return Some(entry.value.clone());
        }
        let (name, entry) = generations.old.remove_entry(name)?;
        let value = entry.value.clone();
        generations.insert(name, entry, self.limit);
        Some(value)
    }

    /// Keeps a value of so many bytes, unless that is more than an eighth of all.
    pub(crate) fn insert(&self, name: K, value: V, bytes: usize) {
        if bytes <= self.limit.div_euclid(4) {
            let entry = Entry { value, size: bytes.saturating_add(OVERHEAD) };
            self.generations.lock().unwrap_or_else(PoisonError::into_inner).insert(name, entry, self.limit);
        }
    }
}

/// What an entry takes besides its value, about.
const OVERHEAD: usize = 512;

impl<K: Eq + Hash, V> Generations<K, V> {
    fn insert(&mut self, name: K, entry: Entry<V>, limit: usize) {
        if self.size.saturating_add(entry.size) > limit {
            self.old = mem::take(&mut self.new);
            self.size = 0;
        }
        let size = entry.size;
        if self.new.insert(name, entry).is_none() {
            self.size = self.size.saturating_add(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    #[test]
    fn what_is_used_stays_and_the_rest_is_forgotten() {
        let kept = Kept::new(20_000);
        kept.insert(0, "first", 500);
        for number in 1..100 {
            kept.insert(number, "another", 500);
            assert_eq!(kept.get(&0), Some("first"), "{number}");
        }
        let still = (0..100).filter(|number| kept.get(number).is_some()).count();
        assert!((2..=19).contains(&still), "{still}");
    }

    #[test]
    fn a_value_of_more_than_an_eighth_is_not_kept() {
        let kept = Kept::new(8000);
        kept.insert("small", (), 1000);
        kept.insert("large", (), 1001);
        assert_eq!((kept.get(&"small"), kept.get(&"large")), (Some(()), None));
    }
}
