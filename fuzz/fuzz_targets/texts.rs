//! Other texts: parses each of the first lines of the input, and the whole input, as a token's name, description and
//! id, as a digest, and as every enum.
//!
//! * A text is accepted exactly if it obeys the rule, which is implemented again here (rules L6 and S2). A word of an
//!   enum is accepted exactly if it is in the list.
//! * Parsing and printing are inverse, and deserializing validates as parsing does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate::{
    AccountAction, OrganizationAction, PackageAction, Reason,
    decision::{AllowedBy, Verdict},
    facts::{AccountStatus, PublishingAccess, ScopeOwner, TwoFactorMode, Visibility},
    operation::{Action, TeamAccessAction, TeamAction},
    policy::{BypassCovers, Edition, LegacyTokens, PolicySwitch, UnscopedPackages},
    rules::{Check, DemandedBy},
    token::{LegacyKind, SecretDigest, TokenDescription, TokenId, TokenName},
    value::{GrantKind, GrantedPermission, PackagesPermission, Permission, Role},
};

#[path = "shared/laws.rs"]
mod laws;

/// Returns `true` for the name of a token: "1 to 40 of ASCII letters, digits, `_`, `-` and space, with no space at
/// either end" (rule L6).
fn is_token_name(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let plain = letters.iter().all(|letter| letter.is_ascii_alphanumeric() || ['_', '-', ' '].contains(letter));
    plain && !letters.is_empty() && letters.len() <= 40 && letters.first() != Some(&' ') && letters.last() != Some(&' ')
}

fn texts(text: &str) {
    let name = laws::text_form!(TokenName, text);
    assert_eq!(name.is_some(), is_token_name(text), "{text:?}");
    assert!(name.is_none_or(|name| name.as_str() == text));
    let description = laws::text_form!(TokenDescription, text);
    // A description has "at most 120 characters" (rule L6).
    assert_eq!(description.is_some(), text.chars().count() <= 120, "{text:?}");
    assert!(description.is_none_or(|description| description.as_str() == text));
    let key = laws::text_form!(TokenId, text);
    assert_eq!(key.is_some(), (1..=512).contains(&text.len()) && !text.chars().any(char::is_control), "{text:?}");
    assert!(key.is_none_or(|key| key.as_str() == text));
}

/// Checks a digest, which is "64 lower-case hex digits" (`docs::format`).
fn digest(text: &str) {
    let is_one = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let by_serde = serde_json::from_value::<SecretDigest>(text.into());
    match text.parse::<SecretDigest>() {
        Ok(digest) => {
            assert!(is_one, "{text:?}");
            assert_eq!(digest.to_hex(), text);
            assert_eq!(SecretDigest::from_bytes(*digest.as_bytes()), digest);
            assert_eq!(by_serde.expect("serde reads what parses"), digest);
            assert_eq!(serde_json::to_value(digest).expect("a digest is JSON"), text);
        }
        Err(error) => {
            assert!(!is_one && by_serde.is_err(), "{text:?}");
            laws::message(&error.to_string());
        }
    }
}

macro_rules! words {
    ($text:expr, $($type:ty),+) => {
        $({
            let word = $text.parse::<$type>().ok();
            let known = <$type>::ALL.iter().filter(|known| known.as_str() == $text).count();
            assert_eq!(usize::from(word.is_some()), known, "{:?}", $text);
            if let Some(word) = word {
                assert_eq!(word.as_str(), $text);
                assert_eq!(laws::text_form!($type, $text), Some(word));
            }
        })+
    };
}

fuzz_target!(|bytes: &[u8]| {
    let mut lines = laws::lines(bytes);
    lines.truncate(3);
    lines.push(String::from_utf8_lossy(bytes).into_owned());
    for text in &lines {
        texts(text);
        digest(text);
        words!(
            text,
            Action,
            PackageAction,
            OrganizationAction,
            TeamAction,
            TeamAccessAction,
            AccountAction,
            Reason,
            Check,
            AllowedBy,
            Verdict
        );
        words!(text, Permission, GrantedPermission, Role, GrantKind, AccountStatus, TwoFactorMode, LegacyKind);
        words!(text, Visibility, PublishingAccess, ScopeOwner, DemandedBy, PackagesPermission);
        words!(text, Edition, PolicySwitch, LegacyTokens, BypassCovers, UnscopedPackages);
        // Every enum refuses a word with the same form of message.
        laws::text_form!(Action, text);
        // A word is an action on at most one kind of resource, and each of these is also an `Action`.
        let of_one_kind = [
            text.parse::<PackageAction>().is_ok(),
            text.parse::<OrganizationAction>().is_ok(),
            text.parse::<TeamAction>().is_ok(),
            text.parse::<TeamAccessAction>().is_ok(),
            text.parse::<AccountAction>().is_ok(),
        ];
        let kinds = of_one_kind.into_iter().filter(|is_of_it| *is_of_it).count();
        assert!(kinds <= 1, "{text:?}");
        // `publish` can be requested, but decisions name it `create-package` or `publish-version`.
        assert!(kinds == 0 || text == "publish" || text.parse::<Action>().is_ok(), "{text:?}");
    }
});
