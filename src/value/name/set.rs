//! A set of names, searched by a hash of their bytes.
//!
//! The hash has no key, so a user who chooses names can make them collide. A search probes at most eight slots and then
//! continues as a binary search of the sorted names. This bounds the cost of a search, whatever the names are.
//!
//! Names are looked up as bytes and not as `str`. The scope of a package name is a slice of the name, and slicing a
//! `str` checks for a character boundary at both ends; see `docs::performance`.

use alloc::{boxed::Box, vec, vec::Vec};
use core::fmt;

/// A sorted list of distinct names, or of values that have a name, with a hash table of their positions.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct NameSet<N> {
    names: Box<[N]>,
    /// The hash table. It is empty if there are at most [`MAX_SCANNED`] names, or more than [`MAX_INDEXED`].
    slots: Box<[Slot]>,
}

/// A value that is found by its name.
pub(crate) trait HasName {
    /// Returns the bytes of the name.
    fn name_bytes(&self) -> &[u8];
}

/// A slot of the hash table.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    /// The position of a name in the list, counted from 1, or 0 if the slot is free.
    position: u16,
    /// The highest 16 bits of the name's hash. If the tags of two names differ, the names differ, so a search does not
    /// read the name of a slot with another tag.
    tag: u16,
}

/// The maximum number of names in a set that is searched by comparing each name.
///
/// Hashing a short name takes three nanoseconds, longer than comparing it with three names; see `docs::performance`.
const MAX_SCANNED: usize = 3;

/// The maximum number of names in a set with a hash table. The largest table has 2^16 slots, which is the number of
/// slots that 16 bits can address. A search takes its first slot from the lowest 16 bits of a hash.
const MAX_INDEXED: usize = 1 << 15;

/// The maximum number of slots that a search probes. If all slots that a name may have are taken when the table is
/// built, the name gets no slot, and binary search finds it.
const MAX_PROBES: usize = 8;

impl<N: HasName + Ord> NameSet<N> {
    /// Creates a set of names, which may be unsorted and contain duplicates.
    pub(crate) fn new(mut names: Vec<N>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self::sorted(names)
    }
}

impl<N: HasName> NameSet<N> {
    /// Creates a set of names that are already sorted and distinct.
    pub(crate) fn sorted(names: Vec<N>) -> Self {
        let has_no_table = names.len() <= MAX_SCANNED || names.len() > MAX_INDEXED;
        let slots = if has_no_table { Box::default() } else { build_slots(&names) };
        Self { names: names.into(), slots }
    }

    /// Returns `true` if the set has this name.
    #[inline]
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.find(name).is_some()
    }

    /// Returns the value with this name.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<&N> {
        if self.names.len() <= MAX_SCANNED {
            return self.names.iter().find(|own| same(own.name_bytes(), name));
        }
        let hash = Hash::new(name);
        for at in hash.probes(self.slots.len()) {
            let Some(slot) = self.slots.get(at) else { break };
            let (position, tag) = slot.entry()?;
            if tag == hash.tag()
                && let Some(own) = self.names.get(position)
                && same(own.name_bytes(), name)
            {
                return Some(own);
            }
        }
        self.binary_search(name)
    }

    /// Finds a name that has no slot.
    #[cold]
    fn binary_search(&self, name: &[u8]) -> Option<&N> {
        let found = self.names.binary_search_by(|own| own.name_bytes().cmp(name));
        found.ok().and_then(|position| self.names.get(position))
    }
}

impl<N> Default for NameSet<N> {
    fn default() -> Self {
        Self { names: Box::default(), slots: Box::default() }
    }
}

impl<N> NameSet<N> {
    /// Returns the names, or the values that have names, in sorted order.
    pub(crate) const fn as_slice(&self) -> &[N] {
        &self.names
    }
}

/// Builds the hash table. At least half of its slots are free, so that a search for an absent name soon ends at a free
/// slot.
fn build_slots<N: HasName>(names: &[N]) -> Box<[Slot]> {
    let mut slots = vec![Slot { position: 0, tag: 0 }; names.len().saturating_mul(2).next_power_of_two()];
    for (name, position) in names.iter().zip(1..=u16::MAX) {
        let hash = Hash::new(name.name_bytes());
        let free = hash.probes(slots.len()).find(|at| slots.get(*at).is_some_and(|slot| slot.entry().is_none()));
        if let Some(slot) = free.and_then(|at| slots.get_mut(at)) {
            *slot = Slot { position, tag: hash.tag() };
        }
    }
    slots.into()
}

impl Slot {
    /// Returns the position, counted from 0, and the tag, or `None` if the slot is free.
    #[inline]
    fn entry(self) -> Option<(usize, u16)> {
        Some((usize::from(self.position).checked_sub(1)?, self.tag))
    }
}

/// Returns the hash of a name. Do not store the hash: a later version of this crate may compute a different hash for
/// the same name.
#[inline]
pub(crate) fn hash(name: &[u8]) -> u64 {
    hash_with(0, name)
}

/// Returns the hash of a sequence of names: `before` is the hash of the earlier names, and `name` is the last.
#[inline]
pub(crate) fn hash_with(before: u64, name: &[u8]) -> u64 {
    let (words, last) = words(name);
    mix(words.iter().fold(before, |hash, word| mix(hash, u64::from_le_bytes(*word))), last)
}

/// The hash of a name. Its lowest 16 bits choose the slots to probe, and its highest 16 bits are the tag.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    #[inline]
    fn new(name: &[u8]) -> Self {
        Self(hash(name))
    }

    /// Returns the indices of the slots to probe, in order.
    ///
    /// `size` is the number of slots, a power of two. If `size` is 0, every index is out of bounds.
    #[inline]
    fn probes(self, size: usize) -> impl Iterator<Item = usize> {
        let mask = size.wrapping_sub(1);
        let [low, next, ..] = self.0.to_le_bytes();
        let first = usize::from(u16::from_le_bytes([low, next]));
        (0..MAX_PROBES).map(move |step| first.wrapping_add(step) & mask)
    }

    /// Returns the highest 16 bits of the hash. These bits do not choose the slots to probe.
    #[inline]
    const fn tag(self) -> u16 {
        let [.., before, high] = self.0.to_le_bytes();
        u16::from_le_bytes([before, high])
    }
}

/// Splits a name into words of eight bytes and a last word.
///
/// The last word has the last eight bytes of the name, some of which may also be in the word before it. If the name has
/// fewer than eight bytes, the last word has all of them. Two names of the same length are equal if and only if all of
/// these words are equal.
#[inline]
fn words(name: &[u8]) -> (&[[u8; 8]], u64) {
    let (words, rest) = name.as_chunks();
    let last = match (name.last_chunk(), rest.first_chunk(), rest.last_chunk()) {
        (Some(last), _, _) => u64::from_le_bytes(*last),
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        (None, _, _) => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    (words, last)
}

/// Returns `true` if the names are equal, byte for byte.
///
/// Names are short, so they are compared in words of eight bytes, inline. With `a == b`, which calls a function,
/// binding a token takes 14 more instructions (13 %), and looking up a name that a selection does not have takes 31
/// fewer. The number for an allow by a selection of 50 entries does not change.
#[inline]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((a_words, a_last), (b_words, b_last)) = (words(a), words(b));
    a_last == b_last && a_words.iter().zip(b_words).all(|(a, b)| a == b)
}

/// Mixes a word into a hash, by multiplying and combining the two halves of the product.
///
/// The upper half is needed. With the lower half alone, all names of 9 to 15 bytes that differ only in the last byte
/// had the same first slot; see `docs::performance`.
#[inline]
fn mix(hash: u64, word: u64) -> u64 {
    // 2^64 divided by the golden ratio: an odd number without a pattern in its bits.
    let product = u128::from(hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    half(product) ^ half(product >> 64)
}

impl<N: fmt::Debug> fmt::Debug for NameSet<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{NameSet, same};
    use crate::value::name::PackageName;
    use alloc::{format, string::String, vec::Vec};

    /// Returns a different name for each number, with a scope if the number is even. Many names have a common prefix or
    /// suffix.
    fn name(n: usize) -> PackageName {
        let padding = "x".repeat(n % 23);
        let text = if n.is_multiple_of(2) { format!("@s{padding}/{n}{padding}") } else { format!("{n}{padding}") };
        text.parse().unwrap()
    }

    #[test]
    fn a_set_of_any_size_contains_its_names_and_no_others() {
        for size in (0..10).chain([49, 50, 51, 63, 64, 65, 127, 128, 129, 300, 1_000]) {
            let set = NameSet::new((0..size).rev().chain(0..size).map(name).collect());
            assert_eq!(set.as_slice().len(), size);
            assert!(set.as_slice().is_sorted());
            for text in set.as_slice() {
                assert!(set.contains(text.as_str().as_bytes()), "{text} in {size}");
                let longer = format!("{text}x");
                let expected = set.as_slice().iter().any(|name| name.as_str() == longer);
                assert_eq!(set.contains(longer.as_bytes()), expected, "{longer} in {size}");
            }
            assert!((size..size + 100).all(|n| !set.contains(name(n).as_str().as_bytes())), "a name after {size}");
        }
    }

    #[test]
    fn more_names_than_the_table_can_address_are_found_by_binary_search() {
        for size in [super::MAX_INDEXED, super::MAX_INDEXED + 1, 65_537] {
            let names: Vec<PackageName> = (0..size).map(|n| format!("n{n}").parse().unwrap()).collect();
            let set = NameSet::sorted({
                let mut sorted = names.clone();
                sorted.sort_unstable();
                sorted
            });
            assert_eq!(set.slots.is_empty(), size > super::MAX_INDEXED);
            for name in names.iter().step_by(97).chain(names.last()) {
                assert!(set.contains(name.as_str().as_bytes()), "{name} of {size}");
                assert!(!set.contains(format!("{name}x").as_bytes()), "{name}x of {size}");
            }
        }
    }

    #[test]
    fn debug_prints_the_names_without_the_slots() {
        let set = NameSet::<PackageName>::new([1, 2].map(|n| format!("n{n}").parse().unwrap()).to_vec());
        assert_eq!(format!("{set:?}"), "[PackageName(n1), PackageName(n2)]");
    }

    #[test]
    fn names_that_collide_are_told_apart() {
        // The table has 64 slots. The 21 names have the same first slot, and a search probes only 8 slots.
        let first = |n: &usize| super::Hash::new(format!("n{n}").as_bytes()).probes(64).next();
        let alike: Vec<usize> = (0..10_000).filter(|n| first(n) == first(&0)).take(41).collect();
        let names: Vec<PackageName> = alike.iter().map(|n| format!("n{n}").parse().unwrap()).collect();
        let (absent, present) = names.split_at(20);
        assert_eq!(present.len(), 21);
        let set = NameSet::new(present.to_vec());
        assert_eq!(set.slots.iter().filter(|slot| slot.entry().is_some()).count(), super::MAX_PROBES);
        assert!(present.iter().all(|name| set.contains(name.as_str().as_bytes())));
        assert!(!absent.iter().any(|name| set.contains(name.as_str().as_bytes())));
    }

    #[test]
    fn names_that_differ_in_a_few_digits_get_a_slot_each() {
        for prefix in ["", "a", "scope", "organiz", "organization", "organization-of-", "a-much-longer-name-of-it-"] {
            for suffix in ["", "x", "-of-acme", "-of-something-much-longer"] {
                let names = (0..1_000).map(|n| format!("{prefix}{n}{suffix}").parse().unwrap()).collect();
                let set = NameSet::<PackageName>::new(names);
                let placed = set.slots.iter().filter(|slot| slot.entry().is_some()).count();
                assert!(placed > 970, "{placed} of 1000 with {prefix} and {suffix}");
            }
        }
    }

    #[test]
    fn two_names_are_the_same_only_if_every_byte_is() {
        for length in 0..40 {
            let text: String = (0..length).map(|n| char::from(b'a' + n % 26)).collect();
            let same = |a: &str, b: &str| same(a.as_bytes(), b.as_bytes());
            assert!(same(&text, &text.clone()));
            for at in 0..text.len() {
                let mut other = text.clone();
                other.replace_range(at..=at, "_");
                assert!(!same(&text, &other), "{text} {other}");
                assert!(!same(&text, &text[..at]) && !same(&text[..at], &text), "{text} {at}");
            }
        }
    }
}
