//! Enums whose variants each have one fixed text form, and the error for any other text.

use alloc::boxed::Box;
use core::fmt;

use super::quoted::{Quoted, excerpt};

/// The error returned when parsing an enum from a word that is not one of its text forms.
///
/// The message says what was parsed (such as `permission`), the word found and the words expected:
///
/// ```
/// use tollgate::value::Permission;
///
/// assert_eq!(
///     "write".parse::<Permission>().unwrap_err().to_string(),
///     "unknown permission `write`: expected one of `no-access`, `read-only`, `stage-only`, `read-write`",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {}: expected one of {expected}", Quoted(found))]
pub struct UnknownWordError {
    what: &'static str,
    found: Box<str>,
    expected: Alternatives,
}

impl UnknownWordError {
    pub(crate) fn new(what: &'static str, found: &str, expected: &'static [&'static str]) -> Self {
        Self { what, found: excerpt(found), expected: Alternatives(expected) }
    }
}

/// The allowed words, printed as a list of words in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternatives(&'static [&'static str]);

impl fmt::Display for Alternatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{word}`")?;
        }
        Ok(())
    }
}

/// Defines an enum of unit variants and the text form of each, with `ALL`, `as_str`, `Display`, `FromStr`, `Serialize`
/// and `Deserialize`. The literal after the enum's name, such as `"permission"`, names the enum in the message of an
/// [`UnknownWordError`].
macro_rules! string_enum {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident: $what:literal {
            $( $(#[$variant_attribute:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$variant_attribute])* #[doc = concat!("\n\nText form: `", $word, "`.")] $variant, )+
        }

        impl $name {
            /// Every variant, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the text form of this variant, as it is used in files, logs and messages.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::value::UnknownWordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::value::UnknownWordError::new($what, text, &[$($word),+])),
                }
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::value::deserialize_from_str(deserializer, $what)
            }
        }
    };
}
pub(crate) use string_enum;

/// Deserializes a string and parses it.
///
/// Every type with a text form deserializes with this function, so that deserializing validates exactly as parsing
/// does. `what` names the type in the error message for a value that is not a string.
#[cfg(feature = "serde")]
pub(crate) fn deserialize_from_str<'de, D, T>(deserializer: D, what: &'static str) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: core::str::FromStr<Err: fmt::Display>,
{
    struct ParsedVisitor<T>(&'static str, core::marker::PhantomData<T>);

    impl<T: core::str::FromStr<Err: fmt::Display>> serde::de::Visitor<'_> for ParsedVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a {} as a string", self.0)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(ParsedVisitor(what, core::marker::PhantomData))
}
