//! Names of users, organizations, teams, scopes and packages (N1 to N5).
//!
//! Each is one type over two storages: `UserName` owns its text, `UserName<&str>` borrows it, and both compare with
//! each other byte for byte. A name is made only by parsing, so one that exists is valid.

mod account;
mod core_modules;
mod package;
mod scope;
mod set;

use alloc::boxed::Box;

pub use account::{OrganizationName, TeamName, UserName};
pub use package::PackageName;
pub use scope::Scope;
pub(crate) use set::{NameSet, Named, hash, hash_with};

use crate::value::quoted::{Printable, Quoted, excerpt};

/// A text that is no name of its kind.
///
/// The message names the kind, the text found and what was expected.
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

    /// What is wrong with the text.
    #[must_use]
    pub const fn problem(&self) -> NameProblem {
        self.problem
    }
}

/// What is wrong with a text as a name; for a name that exists, what today's rules for new names hold against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// The text, or one side of its `/`, is empty.
    #[error("it is empty: expected at least one character")]
    Empty,
    /// The text is longer than its kind of name can be.
    #[error("it has {found} bytes: expected at most {at_most}")]
    TooLong {
        /// The length found, in bytes.
        found: usize,
        /// The greatest length allowed, in bytes.
        at_most: usize,
    },
    /// The name starts with a character that no name starts with.
    #[error("it starts with `{0}`: expected a letter or digit first")]
    StartsWith(char),
    /// A character outside `A-Za-z0-9-_.!~*'()` (`'` only where npm allows it).
    #[error("it contains `{}`: expected URL-safe ASCII characters only", Printable(*.0))]
    NotUrlSafe(char),
    /// The text starts with `@` and is not of the form `@scope/name`.
    #[error("it starts with `@` without a `/` after the scope: expected `@scope/name`")]
    NoSlash,
    /// The name, or one side of its `/`, is one that npm excludes, in any case.
    #[error("`{0}` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`")]
    Excluded(&'static str),
    /// A new package has the name of one of Node's core modules.
    #[error("`{0}` is a core module of Node: expected another name for a new package")]
    CoreModule(&'static str),
    /// A new name contains a capital letter.
    #[error("it contains the capital letter `{0}`: expected lower case in a new name")]
    Capital(char),
    /// A new package name contains one of `~'!()*`.
    #[error("it contains `{0}`: expected none of `~'!()*` in the name of a new package")]
    SpecialCharacter(char),
}

/// The characters that `encodeURIComponent` leaves alone, which is what npm calls URL-friendly.
const fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') || is_special(byte)
}

/// Those of them that no new package has in its name, though its scope may.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'~' | b'\'' | b'!' | b'(' | b')' | b'*')
}

fn all_url_safe(text: &str) -> Result<Kinds, NameProblem> {
    let kinds = Kinds::of(text);
    if kinds.url_safe() {
        return Ok(kinds);
    }
    let not_safe = |character: &char| !u8::try_from(*character).is_ok_and(is_url_safe);
    text.chars().find(not_safe).map_or(Ok(kinds), |character| Err(NameProblem::NotUrlSafe(character)))
}

/// What all bytes of a text are.
#[derive(Clone, Copy)]
struct Kinds(u8);

impl Kinds {
    const URL_SAFE: u8 = 1;
    const NO_CAPITAL: u8 = 2;
    const NOT_SPECIAL: u8 = 4;

    /// By a table: names are read more often than anything else.
    fn of(text: &str) -> Self {
        const OF_BYTE: [u8; 256] = Kinds::of_bytes();
        let of_byte = |byte: u8| OF_BYTE.get(usize::from(byte)).copied().unwrap_or_default();
        Self(text.bytes().fold(u8::MAX, |kinds, byte| kinds & of_byte(byte)))
    }

    const fn of_bytes() -> [u8; 256] {
        let mut kinds = [0; 256];
        let (mut rest, mut byte): (&mut [u8], u8) = (&mut kinds, 0);
        while let [slot, after @ ..] = rest {
            let no_capital = if byte.is_ascii_uppercase() { 0 } else { Self::NO_CAPITAL };
            let not_special = if is_special(byte) { 0 } else { Self::NOT_SPECIAL };
            *slot = if is_url_safe(byte) { Self::URL_SAFE | no_capital | not_special } else { 0 };
            byte = byte.wrapping_add(1);
            rest = after;
        }
        kinds
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
}

/// Names that no package and no scope has, in any case; npm says so of unscoped names, N2 of scoped ones too.
fn not_excluded(part: &str) -> Result<(), NameProblem> {
    match [".", "..", "node_modules", "favicon.ico"].into_iter().find(|name| name.eq_ignore_ascii_case(part)) {
        Some(name) => Err(NameProblem::Excluded(name)),
        None => Ok(()),
    }
}

fn no_capital(text: &str) -> Result<(), NameProblem> {
    match text.bytes().find(u8::is_ascii_uppercase) {
        Some(capital) => Err(NameProblem::Capital(capital.into())),
        None => Ok(()),
    }
}

/// Writes what every name type has: the two storages, comparison across them, text and serde.
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

        impl crate::value::name::Named for $name {
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
