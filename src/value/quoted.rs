//! Text of a request or a file, as error messages repeat it: short, printable, and never a secret.

use alloc::boxed::Box;
use core::fmt;

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
