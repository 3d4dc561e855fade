//! Untrusted text in error messages: shortened, printable on one line, and never a secret.
//!
//! The text comes from a request or a file, so its sender controls it.

use alloc::boxed::Box;
use core::fmt;

/// The maximum length of an excerpt, in characters.
const MAX_EXCERPT: usize = 80;

/// Returns `true` if the text contains something with the shape of a secret: 30 alphanumeric ASCII characters in a row,
/// or a UUID.
///
/// No message repeats such a text, because a secret must never be printed, even if a client sends one in the wrong
/// field ([S3](crate::docs::rules#s3)).
pub(crate) fn may_be_secret(text: &str) -> bool {
    let runs = text.split(|character: char| !character.is_ascii_alphanumeric());
    runs.into_iter().any(|run| run.len() >= 30) || text.as_bytes().windows(36).any(is_uuid)
}

/// Returns `true` if the text is 32 hexadecimal digits with dashes after the 8th, 12th, 16th and 20th of them.
fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns `true` if the text has the form of a legacy secret: 32 hexadecimal digits, with the dashes of a UUID or
/// without dashes ([S1](crate::docs::rules#s1)).
pub(crate) fn is_hexadecimal(text: &str) -> bool {
    is_uuid(text.as_bytes()) || (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns the first 80 characters of the text, followed by `…` if there are more, or only `…` if the text
/// [may contain a secret](may_be_secret).
pub(crate) fn excerpt(text: &str) -> Box<str> {
    if may_be_secret(text) {
        return "…".into();
    }
    match text.char_indices().nth(MAX_EXCERPT) {
        None => text.into(),
        Some((end, _)) => {
            let mut start = alloc::string::String::from(text.get(..end).unwrap_or_default());
            start.push('…');
            start.into()
        }
    }
}

/// Displays an untrusted character, with control characters escaped so that a terminal does not act on them.
pub(crate) struct Printable(pub(crate) char);

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            quote @ ('\'' | '"') => fmt::Write::write_char(f, quote),
            other => write!(f, "{}", other.escape_debug()),
        }
    }
}

/// Displays an untrusted text in backticks, on one line, with control characters escaped.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        self.0.chars().try_for_each(|character| write!(f, "{}", Printable(character)))?;
        f.write_str("`")
    }
}

#[cfg(test)]
mod tests {
    use super::{Quoted, excerpt};
    use alloc::string::ToString;

    #[test]
    fn quoted_text_stays_on_one_line_without_control_characters() {
        assert_eq!(Quoted("a\nb\u{1b}[31m").to_string(), "`a\\nb\\u{1b}[31m`");
        assert_eq!(Quoted("it's \"x\"").to_string(), "`it's \"x\"`");
    }

    #[test]
    fn text_with_the_shape_of_a_secret_is_not_repeated() {
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
    fn an_excerpt_keeps_80_characters_and_drops_the_81st() {
        assert_eq!(excerpt(&"é".repeat(80)).chars().count(), 80);
        assert_eq!(&*excerpt(&"é".repeat(81)), &*("é".repeat(80) + "…"));
    }
}
