//! Properties of every type with a text form, and of every message.

#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each target that includes this module uses its own part of it"
)]

/// Asserts that a message with untrusted text is short, on one line and without control characters.
///
/// It also has nothing with the shape of a secret, which is 30 letters and digits in a row (rule S3). One more is
/// allowed, because an escape such as `\n` before the text adds a letter.
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

/// Asserts that a value prints as a text that parses to an equal value and prints the same, and that deserializing
/// accepts exactly the texts that parsing does. Returns the value, or `None` if the text is not valid.
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

/// Returns the first few lines of an input. Invalid UTF-8 becomes replacement characters.
pub(crate) fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).split('\n').take(8).map(str::to_owned).collect()
}
