//! What is asked of every type with a text form, and of every message.

#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each target that includes this module uses its own part of it"
)]

/// A message that repeats somebody else's text stays on one line, is short, cannot drive a terminal, and holds nothing
/// with the shape of a secret (S3): no 30 letters and digits in a row. (An escape such as `\n` before them adds a letter.)
pub(crate) fn message(message: &str) {
    assert!(!message.is_empty() && message.chars().count() < 2000, "{message}");
    let acts = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!message.contains(acts), "{message:?}");
    let mut runs = message.split(|character: char| !character.is_ascii_alphanumeric());
    assert!(!runs.any(|run| run.len() > 30), "{message}");
}

/// A text that parses prints as a text that parses to the same, and what it prints as is a fixed point. serde goes
/// through the same door. The value, if the text has one.
macro_rules! text_form {
    ($type:ty, $text:expr) => {{
        let text: &str = $text;
        let by_serde = serde_json::from_value::<$type>(serde_json::Value::from(text));
        match text.parse::<$type>() {
            Ok(value) => {
                let printed = value.to_string();
                let again = printed.parse::<$type>().expect("what was printed parses");
                assert_eq!(again, value, "{printed}");
                assert_eq!(again.to_string(), printed);
                assert_eq!(by_serde.expect("serde reads what parses"), value);
                assert_eq!(serde_json::to_value(&value).expect("a text is JSON"), serde_json::Value::from(printed));
                Some(value)
            }
            Err(error) => {
                assert!(by_serde.is_err(), "serde reads what does not parse: {text:?}");
                crate::laws::message(&error.to_string());
                None
            }
        }
    }};
}
pub(crate) use text_form;

/// The lines of an input, the first few of them: whatever is no UTF-8 becomes a replacement character.
pub(crate) fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).split('\n').take(8).map(str::to_owned).collect()
}
