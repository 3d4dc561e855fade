//! Enums whose variants have one fixed spelling on the wire, and the error for a word that is none of them.

use alloc::boxed::Box;
use core::fmt;

/// A word that is none of those allowed in its place.
///
/// The message names the place, the word found and the words expected.
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

/// The longest part of somebody else's text that an error message repeats, in characters.
const EXCERPT: usize = 80;

/// Whether a text has, or contains, the shape of a secret: then no message repeats it, in whatever field it was put by
/// mistake (S3).
pub(crate) fn may_be_secret(text: &str) -> bool {
    let runs = text.split(|character: char| !character.is_ascii_alphanumeric());
    runs.into_iter().any(|run| run.len() >= 30) || text.as_bytes().windows(36).any(is_uuid)
}

/// 32 hexadecimal digits with dashes after 8, 12, 16 and 20 of them.
fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// 32 hexadecimal digits, or the same with dashes after 8, 12, 16 and 20 of them (S1).
pub(crate) fn is_hexadecimal(text: &str) -> bool {
    is_uuid(text.as_bytes()) || (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The start of a text, short enough to be kept in an error; nothing of what may be a secret.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    if may_be_secret(text) {
        return "…".into();
    }
    match text.char_indices().nth(EXCERPT) {
        None => text.into(),
        Some((end, _)) => {
            let mut start = alloc::string::String::from(text.get(..end).unwrap_or_default());
            start.push('…');
            start.into()
        }
    }
}

/// Somebody else's character, with nothing in it that a terminal would act on.
pub(crate) struct Printable(pub(crate) char);

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            quote @ ('\'' | '"') => fmt::Write::write_char(f, quote),
            other => write!(f, "{}", other.escape_debug()),
        }
    }
}

/// Somebody else's text in backticks, on one line, with nothing in it that a terminal would act on.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        self.0.chars().try_for_each(|character| write!(f, "{}", Printable(character)))?;
        f.write_str("`")
    }
}

/// Defines an enum of unit variants, each with its wire word: `ALL`, `as_str`, `Display`, `FromStr`, serde.
macro_rules! words {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident: $what:literal {
            $( $(#[$variant_attribute:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$variant_attribute])* #[doc = concat!("\n\nOn the wire: `", $word, "`.")] $variant, )+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for this value in files and logs.
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
pub(crate) use words;

/// Reads a string and parses it: the one door that serde takes into every type with a text form.
#[cfg(feature = "serde")]
pub(crate) fn deserialize_from_str<'de, D, T>(deserializer: D, what: &'static str) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: core::str::FromStr<Err: fmt::Display>,
{
    struct FromText<T>(&'static str, core::marker::PhantomData<T>);

    impl<T: core::str::FromStr<Err: fmt::Display>> serde::de::Visitor<'_> for FromText<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a {} as a string", self.0)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(FromText(what, core::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::{Quoted, excerpt};
    use alloc::string::ToString;

    #[test]
    fn quoted_text_stays_on_one_line_and_cannot_drive_a_terminal() {
        assert_eq!(Quoted("a\nb\u{1b}[31m").to_string(), "`a\\nb\\u{1b}[31m`");
        assert_eq!(Quoted("it's \"x\"").to_string(), "`it's \"x\"`");
    }

    #[test]
    fn what_has_the_shape_of_a_secret_is_not_repeated() {
        for secret in [
            "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",
            "Bearer npm_abcdefghijklmnopqrstuvwxyz0123",
            "0123456789abcdef0123456789ABCDEF",
            "01234567-89ab-cdef-0123-456789abcdef",
            "token=01234567-89ab-cdef-0123-456789abcdef;",
            "acme_abcdefghijklmnopqrstuvwxyz01232LolCm",
        ] {
            assert_eq!(&*excerpt(secret), "…");
        }
        for text in ["npm_abc", "0123456789abcdef", "0123456789abcdef0123456789abc", "npm_and_other_words"] {
            assert_eq!(&*excerpt(text), text);
        }
    }

    #[test]
    fn an_excerpt_keeps_80_characters_and_cuts_the_81st() {
        assert_eq!(excerpt(&"é".repeat(80)).chars().count(), 80);
        assert_eq!(&*excerpt(&"é".repeat(81)), &*("é".repeat(80) + "…"));
    }
}
