//! A set of names that is searched by a hash of their bytes. It takes bytes: to cut the scope out of a name as a text takes
//! a look at both of its ends.
//!
//! The hash has no key, so whoever chooses the names can make them collide. A search that has met eight others on its
//! way goes on as a search in the order of the names: no choice of them makes it slower than that.

use alloc::{boxed::Box, vec, vec::Vec};
use core::fmt;

/// **Names in their order, each once**, or what is known by them, and where the hash of each leads.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct NameSet<N> {
    names: Box<[N]>,
    /// None where the names are so few that they are scanned, or more than a slot can tell.
    slots: Box<[Slot]>,
}

/// What is known by a name.
pub(crate) trait Named {
    /// The bytes of the name.
    fn name_bytes(&self) -> &[u8];
}

/// The place of a name in the list, counted from 1, with a part of its hash. Place 0: the slot is free.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    place: u16,
    tag: u16,
}

/// To compare with so many names costs less than to hash one.
const SCANNED: usize = 3;

/// So many names have a table that is half free and no longer than its places can be told by 16 bits of the hash.
const INDEXED: usize = 1 << 15;

/// So many slots are looked at. A name that finds none of them free has none, and is found without.
const LOOKED_AT: usize = 8;

impl<N: Named + Ord> NameSet<N> {
    pub(crate) fn new(mut names: Vec<N>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self::sorted(names)
    }
}

impl<N: Named> NameSet<N> {
    /// Of names in their order, each once.
    pub(crate) fn sorted(names: Vec<N>) -> Self {
        let few_or_many = names.len() <= SCANNED || names.len() > INDEXED;
        let slots = if few_or_many { Box::default() } else { slots(&names) };
        Self { names: names.into(), slots }
    }

    #[inline]
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.find(name).is_some()
    }

    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<&N> {
        if self.names.len() <= SCANNED {
            return self.names.iter().find(|own| same(own.name_bytes(), name));
        }
        let hash = Hash::new(name);
        for at in hash.places(self.slots.len()) {
            let Some(slot) = self.slots.get(at) else { break };
            let (place, tag) = slot.taken()?;
            if tag == hash.tag()
                && let Some(own) = self.names.get(place)
                && same(own.name_bytes(), name)
            {
                return Some(own);
            }
        }
        self.find_in_order(name)
    }

    #[cold]
    fn find_in_order(&self, name: &[u8]) -> Option<&N> {
        let found = self.names.binary_search_by(|own| own.name_bytes().cmp(name));
        found.ok().and_then(|place| self.names.get(place))
    }
}

impl<N> Default for NameSet<N> {
    fn default() -> Self {
        Self { names: Box::default(), slots: Box::default() }
    }
}

impl<N> NameSet<N> {
    pub(crate) const fn as_slice(&self) -> &[N] {
        &self.names
    }
}

/// At least half of them are free, so that every search ends soon.
fn slots<N: Named>(names: &[N]) -> Box<[Slot]> {
    let mut slots = vec![Slot { place: 0, tag: 0 }; names.len().saturating_mul(2).next_power_of_two()];
    for (name, place) in names.iter().zip(1..=u16::MAX) {
        let hash = Hash::new(name.name_bytes());
        let free = hash.places(slots.len()).find(|at| slots.get(*at).is_some_and(|slot| slot.taken().is_none()));
        if let Some(slot) = free.and_then(|at| slots.get_mut(at)) {
            *slot = Slot { place, tag: hash.tag() };
        }
    }
    slots.into()
}

impl Slot {
    /// The place counted from 0 and the part of the hash, unless the slot is free.
    #[inline]
    fn taken(self) -> Option<(usize, u16)> {
        Some((usize::from(self.place).checked_sub(1)?, self.tag))
    }
}

/// A hash of a name, for tables in memory and nothing else: it may be another one tomorrow.
#[inline]
pub(crate) fn hash(name: &[u8]) -> u64 {
    hash_with(0, name)
}

/// A hash of a name and of what was hashed before.
#[inline]
pub(crate) fn hash_with(before: u64, name: &[u8]) -> u64 {
    let (words, last) = words(name);
    mixed(words.iter().fold(before, |hash, word| mixed(hash, u64::from_le_bytes(*word))), last)
}

/// The hash of a name that is looked for.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    #[inline]
    fn new(name: &[u8]) -> Self {
        Self(hash(name))
    }

    /// The places to look at in a table of a power of two, in order.
    #[inline]
    fn places(self, size: usize) -> impl Iterator<Item = usize> {
        let mask = size.wrapping_sub(1);
        let [low, next, ..] = self.0.to_le_bytes();
        let first = usize::from(u16::from_le_bytes([low, next]));
        (0..LOOKED_AT).map(move |step| first.wrapping_add(step) & mask)
    }

    #[inline]
    const fn tag(self) -> u16 {
        let [.., before, high] = self.0.to_le_bytes();
        u16::from_le_bytes([before, high])
    }
}

/// A name as whole words, and its last eight bytes (or all, of fewer) as another. With its length that is all of it.
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

/// Whether the names are the same, byte for byte. They are short: this costs less than the call of a general comparison.
#[inline]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((a_words, a_last), (b_words, b_last)) = (words(a), words(b));
    a_last == b_last && a_words.iter().zip(b_words).all(|(a, b)| a == b)
}

/// Every bit of the word reaches every bit that is used: of the whole product, the halves are put together.
#[inline]
fn mixed(hash: u64, word: u64) -> u64 {
    // The fraction of the golden ratio: odd, and without a pattern in its bits.
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

    /// Names of 1 byte and more, with and without a scope, that begin and end alike.
    fn name(n: usize) -> PackageName {
        let padding = "x".repeat(n % 23);
        let text = if n.is_multiple_of(2) { format!("@s{padding}/{n}{padding}") } else { format!("{n}{padding}") };
        text.parse().unwrap()
    }

    #[test]
    fn a_set_of_any_size_has_its_names_and_no_others() {
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
    fn more_names_than_a_slot_can_tell_are_searched_in_their_order() {
        for size in [super::INDEXED, super::INDEXED + 1, 65_537] {
            let names: Vec<PackageName> = (0..size).map(|n| format!("n{n}").parse().unwrap()).collect();
            let set = NameSet::sorted({
                let mut sorted = names.clone();
                sorted.sort_unstable();
                sorted
            });
            assert_eq!(set.slots.is_empty(), size > super::INDEXED);
            for name in names.iter().step_by(97).chain(names.last()) {
                assert!(set.contains(name.as_str().as_bytes()), "{name} of {size}");
                assert!(!set.contains(format!("{name}x").as_bytes()), "{name}x of {size}");
            }
        }
    }

    #[test]
    fn a_set_prints_its_names_and_not_its_slots() {
        let set = NameSet::<PackageName>::new([1, 2].map(|n| format!("n{n}").parse().unwrap()).to_vec());
        assert_eq!(format!("{set:?}"), "[PackageName(n1), PackageName(n2)]");
    }

    #[test]
    fn names_that_hash_alike_are_told_apart() {
        // More names than are looked at begin at one slot of 64.
        let first = |n: &usize| super::Hash::new(format!("n{n}").as_bytes()).places(64).next();
        let alike: Vec<usize> = (0..10_000).filter(|n| first(n) == first(&0)).take(41).collect();
        let names: Vec<PackageName> = alike.iter().map(|n| format!("n{n}").parse().unwrap()).collect();
        let (absent, present) = names.split_at(20);
        assert_eq!(present.len(), 21);
        let set = NameSet::new(present.to_vec());
        assert_eq!(set.slots.iter().filter(|slot| slot.taken().is_some()).count(), super::LOOKED_AT);
        assert!(present.iter().all(|name| set.contains(name.as_str().as_bytes())));
        assert!(!absent.iter().any(|name| set.contains(name.as_str().as_bytes())));
    }

    #[test]
    fn names_that_differ_in_a_few_digits_find_a_slot_of_their_own() {
        for prefix in ["", "a", "scope", "organiz", "organization", "organization-of-", "a-much-longer-name-of-it-"] {
            for suffix in ["", "x", "-of-acme", "-of-something-much-longer"] {
                let names = (0..1_000).map(|n| format!("{prefix}{n}{suffix}").parse().unwrap()).collect();
                let set = NameSet::<PackageName>::new(names);
                let placed = set.slots.iter().filter(|slot| slot.taken().is_some()).count();
                assert!(placed > 970, "{placed} of 1000 with {prefix} and {suffix}");
            }
        }
    }

    #[test]
    fn two_texts_are_the_same_only_if_every_byte_is() {
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
