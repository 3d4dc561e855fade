//! Names of users, organizations, teams, scopes and packages. See the [rules for names](crate::docs::rules#n).
//!
//! Each type is generic over the storage of its text: `UserName` owns the text and `UserName<&str>` borrows it. The two
//! forms can be compared with each other, byte for byte. Parsing is the only way to create a name, so every name is
//! valid.

mod account;
mod core_modules;
mod package;
mod scope;
mod set;

use alloc::boxed::Box;

pub use account::{OrganizationName, TeamName, UserName};
pub(crate) use package::NameForm;
pub use package::PackageName;
pub use scope::Scope;
pub(crate) use set::{HasName, NameSet, hash, hash_with};

use crate::value::quoted::{Printable, Quoted, excerpt};

/// The error returned when parsing a name fails, or when a name may not be given to something new.
///
/// The message says what kind of name was expected, the text found and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} name {}: {problem}", Quoted(text))]
pub struct NameError {
    what: &'static str,
    text: Box<str>,
    problem: NameProblem,
}

impl NameError {
    fn new(what: &'static str, text: &str, problem: NameProblem) -> Self {
        Self { what, text: excerpt(text), problem }
    }

    /// Returns what is wrong with the text.
    #[must_use]
    pub const fn problem(&self) -> NameProblem {
        self.problem
    }
}

/// The reason why a text is not a valid name, or why a valid name may not be given to something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// The name, its scope or the part after its scope is empty.
    #[error("it is empty: expected at least one character")]
    Empty,
    /// The text is longer than the maximum length of this kind of name.
    #[error("it has {found} bytes: expected at most {at_most}")]
    TooLong {
        /// The length of the text, in bytes.
        found: usize,
        /// The maximum length, in bytes.
        at_most: usize,
    },
    /// The name starts with a character that this kind of name may not start with: `.`, `-`, `_` or `@`.
    #[error("it starts with `{0}`: expected a letter or digit first")]
    StartsWith(char),
    /// The text contains a character outside `A-Za-z0-9-_.!~*'()`, or a `'` in the name of an organization or a team.
    #[error("it contains `{}`: expected URL-safe ASCII characters only", Printable(*.0))]
    NotUrlSafe(char),
    /// The text contains a character that is not visible ASCII, or one of `/:%\"'<>?#&`, in the name of a user.
    #[error(r#"it contains `{}`: expected visible ASCII other than `/:%\"'<>?#&`"#, Printable(*.0))]
    NotInUserName(char),
    /// The text starts with `@` but has no `/`, so it does not have the form `@scope/name`.
    #[error("it starts with `@` without a `/` after the scope: expected `@scope/name`")]
    NoSlash,
    /// The name, its scope or the part after its scope is `.`, `..`, `node_modules` or `favicon.ico`, ignoring case.
    #[error("`{0}` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`")]
    Excluded(&'static str),
    /// The name of a new package is the name of one of Node's core modules, ignoring case.
    #[error("`{0}` is a core module of Node: expected another name for a new package")]
    CoreModule(&'static str),
    /// A new name contains this capital letter.
    #[error("it contains the capital letter `{0}`: expected lower case in a new name")]
    Capital(char),
    /// The name of a new package contains this character, which is one of `~'!()*`.
    #[error("it contains `{0}`: expected none of `~'!()*` in the name of a new package")]
    SpecialCharacter(char),
}

/// Returns `true` for the characters that `encodeURIComponent` does not escape: `A-Za-z0-9-_.!~*'()`. npm calls them
/// URL-friendly.
const fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') || is_special(byte)
}

/// Returns `true` for the URL-safe characters that the name of a new package may not contain after its scope:
/// `~'!()*`.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'~' | b'\'' | b'!' | b'(' | b')' | b'*')
}

/// Returns `true` for the characters that the name of a user may contain: visible ASCII other than `/:%\"'<>?#&`.
const fn is_in_user_name(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'/' | b':' | b'%' | b'\\' | b'"' | b'\'' | b'<' | b'>' | b'?' | b'#' | b'&')
}

/// Checks that every character is URL-safe, and returns the classes to which all characters belong.
fn check_url_safe(text: &str) -> Result<CharacterClasses, NameProblem> {
    let classes = CharacterClasses::of_all(text);
    if classes.url_safe() {
        return Ok(classes);
    }
    let not_safe = |character: &char| !u8::try_from(*character).is_ok_and(is_url_safe);
    text.chars().find(not_safe).map_or(Ok(classes), |character| Err(NameProblem::NotUrlSafe(character)))
}

/// Checks that the name of a user may contain every character.
fn check_in_user_name(text: &str) -> Result<(), NameProblem> {
    if CharacterClasses::of_all(text).in_user_name() {
        return Ok(());
    }
    let not_allowed = |character: &char| !u8::try_from(*character).is_ok_and(is_in_user_name);
    text.chars().find(not_allowed).map_or(Ok(()), |character| Err(NameProblem::NotInUserName(character)))
}

/// A set of character classes, with one bit for each class. Every byte of a text belongs to each class in its set.
#[derive(Clone, Copy)]
struct CharacterClasses(u8);

impl CharacterClasses {
    const URL_SAFE: u8 = 1;
    const NO_CAPITAL: u8 = 2;
    const NOT_SPECIAL: u8 = 4;
    const IN_USER_NAME: u8 = 8;

    /// Returns the classes that every byte of the text belongs to.
    ///
    /// The classes of a byte come from a table, so that one pass over a name finds all classes. With three
    /// predicates in place of the table, parsing a package name takes 186 to 271 more instructions, over twice as many.
    fn of_all(text: &str) -> Self {
        const TABLE: [u8; 256] = CharacterClasses::table();
        let of_byte = |byte: u8| TABLE.get(usize::from(byte)).copied().unwrap_or_default();
        Self(text.bytes().fold(u8::MAX, |classes, byte| classes & of_byte(byte)))
    }

    /// Computes the classes of each of the 256 bytes.
    const fn table() -> [u8; 256] {
        let mut table = [0; 256];
        let (mut rest, mut byte): (&mut [u8], u8) = (&mut table, 0);
        while let [slot, after @ ..] = rest {
            let no_capital = if byte.is_ascii_uppercase() { 0 } else { Self::NO_CAPITAL };
            let not_special = if is_special(byte) { 0 } else { Self::NOT_SPECIAL };
            let url_safe = if is_url_safe(byte) { Self::URL_SAFE | no_capital | not_special } else { 0 };
            let in_user_name = if is_in_user_name(byte) { Self::IN_USER_NAME } else { 0 };
            *slot = url_safe | in_user_name;
            byte = byte.wrapping_add(1);
            rest = after;
        }
        table
    }

    const fn url_safe(self) -> bool {
        self.0 & Self::URL_SAFE != 0
    }

    const fn no_capital(self) -> bool {
        self.0 & Self::NO_CAPITAL != 0
    }

    const fn not_special(self) -> bool {
        self.0 & Self::NOT_SPECIAL != 0
    }

    const fn in_user_name(self) -> bool {
        self.0 & Self::IN_USER_NAME != 0
    }
}

/// Checks that a name or a scope is not `.`, `..`, `node_modules` or `favicon.ico`, ignoring case.
///
/// npm excludes these words only as unscoped names. This crate excludes them also as a scope and as the part after a
/// scope ([N2](crate::docs::rules#n2)).
fn check_not_excluded(part: &str) -> Result<(), NameProblem> {
    match [".", "..", "node_modules", "favicon.ico"].into_iter().find(|name| name.eq_ignore_ascii_case(part)) {
        Some(name) => Err(NameProblem::Excluded(name)),
        None => Ok(()),
    }
}

/// Checks that a name has no capital letter.
fn check_no_capital(text: &str) -> Result<(), NameProblem> {
    match text.bytes().find(u8::is_ascii_uppercase) {
        Some(capital) => Err(NameProblem::Capital(capital.into())),
        None => Ok(()),
    }
}

/// Implements what all name types share: conversion between the owned and the borrowed form, comparison between the two
/// forms, parsing, `Debug`, `Serialize` and `Deserialize`.
macro_rules! name_storage {
    ($name:ident, $what:literal) => {
        impl<'a> TryFrom<&'a str> for $name<&'a str> {
            type Error = NameError;

            fn try_from(text: &'a str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl core::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                $name::new(text).map($name::into_owned)
            }
        }

        impl<T: AsRef<str>, U: AsRef<str>> PartialEq<$name<U>> for $name<T> {
            #[inline]
            fn eq(&self, other: &$name<U>) -> bool {
                crate::value::name::set::same(self.as_str().as_bytes(), other.as_str().as_bytes())
            }
        }

        impl<T: AsRef<str>> Eq for $name<T> {}

        impl<T: AsRef<str>, U: AsRef<str>> PartialOrd<$name<U>> for $name<T> {
            fn partial_cmp(&self, other: &$name<U>) -> Option<core::cmp::Ordering> {
                Some(self.as_str().cmp(other.as_str()))
            }
        }

        impl<T: AsRef<str>> Ord for $name<T> {
            fn cmp(&self, other: &Self) -> core::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl<T: AsRef<str>> core::hash::Hash for $name<T> {
            fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl<T: AsRef<str>> core::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl crate::value::name::HasName for $name {
            #[inline]
            fn name_bytes(&self) -> &[u8] {
                self.as_str().as_bytes()
            }
        }

        impl<'a> From<&'a $name> for $name<&'a str> {
            fn from(name: &'a $name) -> Self {
                name.as_borrowed()
            }
        }

        #[cfg(feature = "serde")]
        impl<T: AsRef<str>> serde::Serialize for $name<T> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::value::string_enum::deserialize_from_str(deserializer, concat!($what, " name"))
            }
        }
    };
}
pub(crate) use name_storage;
