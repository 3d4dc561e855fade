//! Secrets: parses each line of the input as a secret and as a prefix, and mints a secret from the whole input.
//!
//! * A text is a secret exactly if it is 1 to 512 visible ASCII characters. Its form, its checksum and its hint are
//!   those of the rule, which is implemented again here (rule S1). Its digest is the oracle's SHA-256, and another text
//!   has another digest (rule S2).
//! * A minted secret has the documented form and uses every random byte as documented. No change within four adjacent
//!   characters keeps its checksum, because a CRC-32 detects every burst of 32 bits.
//! * A minted secret identifies its own token, and no other secret does.
//! * No output has a part of a secret, wherever the secret was put: neither `Debug`, nor an error, nor a text of a
//!   denial (rule S3).
#![no_main]

use std::fmt::{Debug, Display};

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tollgate::directory::{DecisionLine, Directory, RequestLine, World};
use tollgate::{
    ClientIp, Decision, PackageName, Secret, StoredToken, Timestamp, UserName,
    decision::Caller,
    facts::AccountStatus,
    operation::Action,
    token::{Checksum, MintedSecret, SecretDigest, SecretForm, SecretPrefix, TokenId, TokenName},
    value::{IpRange, Scope},
};

#[path = "shared/laws.rs"]
mod laws;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

/// Returns a digit in base 62, "with the digits in the order `0-9A-Za-z`" (rule S1).
fn digit(value: u32) -> char {
    let value = u8::try_from(value).expect("a digit");
    char::from(match value {
        0..=9 => b'0' + value,
        10..=35 => b'A' + value - 10,
        _ => b'a' + value - 36,
    })
}

/// Returns the checksum: the CRC-32/IEEE of the 30 random characters in base 62, padded on the left with `0` (rule S1).
///
/// It is computed as a division of polynomials, from the highest bit.
fn checksum(random: &str) -> String {
    let bits = |byte: u8| (0..8).map(move |bit| u32::from(byte) >> bit & 1);
    let mut rest = u32::MAX;
    for bit in random.bytes().flat_map(bits) {
        let carry = rest >> 31 ^ bit;
        rest = rest << 1 ^ if carry == 1 { 0x04c1_1db7 } else { 0 };
    }
    let mut number = !rest.reverse_bits();
    let mut digits = Vec::new();
    for _ in 0..6 {
        digits.insert(0, digit(number % 62));
        number /= 62;
    }
    digits.into_iter().collect()
}

/// Returns the form of a secret: legacy, prefixed or opaque (rule S1).
fn form(text: &str, prefix: &str) -> SecretForm {
    if let Some(body) = text.strip_prefix(prefix)
        && body.len() == 36
        && body.chars().all(|letter| letter.is_ascii_alphanumeric())
    {
        let fits = checksum(&body[..30]) == body[30..];
        return SecretForm::Prefixed(if fits { Checksum::Valid } else { Checksum::Invalid });
    }
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let hexadecimal = text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit());
    if hexadecimal && (groups == [32] || groups == [8, 4, 4, 4, 12]) {
        SecretForm::Hexadecimal
    } else {
        SecretForm::Opaque
    }
}

fn secret<'t>(text: &'t str, prefixes: &[(&str, SecretPrefix)]) -> Option<Secret<'t>> {
    let secret = Secret::new(text);
    assert_eq!(secret.is_ok(), oracle::secret_is_valid(text), "{text:?}");
    let secret = match secret {
        Ok(secret) => secret,
        Err(error) => {
            laws::message(&error.to_string());
            return None;
        }
    };
    let digest = secret.digest();
    assert_eq!(digest.to_hex(), oracle::hex(oracle::sha256(text.as_bytes())));
    assert_eq!(digest.to_hex().parse::<SecretDigest>(), Ok(digest));
    for (prefix, ours) in prefixes {
        assert_eq!(secret.form(ours), form(text, prefix), "{text} {prefix}");
    }
    let hint = secret.hint().to_string();
    let shown =
        if text.len() < 16 { "…".to_owned() } else { format!("{}…{}", &text[..4], &text[text.len() - 4..]) };
    assert_eq!(hint, shown);
    assert_eq!(
        format!("{secret:?} {:?} {digest:?}", secret.hint()),
        format!("Secret(…) SecretHint({hint}) SecretDigest(…)")
    );
    Some(secret)
}

/// Parses a prefix, and asserts that it is 1 to 16 of `A-Za-z0-9_` with `_` at the end (rule S1).
fn prefix(text: &str) -> Option<SecretPrefix> {
    let is_one = (1..=16).contains(&text.len())
        && text.ends_with('_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let prefix = text.parse::<SecretPrefix>();
    assert_eq!(prefix.is_ok(), is_one, "{text:?}");
    prefix.ok()
}

/// Asserts that a text has no 16 adjacent characters of the secret. So many do not occur by chance.
fn tells_nothing(said: &str, secret: &str) {
    for window in secret.as_bytes().windows(16) {
        let window = str::from_utf8(window).expect("a secret is ASCII");
        assert!(!said.contains(window), "{window} is said: {said}");
    }
}

fn refused<T, E: Display + Debug>(result: Result<T, E>, secret: &str) {
    if let Err(error) = result {
        tells_nothing(&format!("{error} {error:?}"), secret);
    }
}

/// Puts a secret into every field where it does not belong, except the ids of requests, which decision lines repeat.
fn misplaced(secret: &str) {
    refused(secret.parse::<UserName>(), secret);
    refused(secret.parse::<PackageName>(), &secret[4..]);
    refused(format!("@{secret}/").parse::<PackageName>(), secret);
    refused(format!("{secret}/x/y").parse::<Scope>(), secret);
    refused(secret.parse::<IpRange>(), secret);
    refused(secret.parse::<ClientIp>(), secret);
    refused(secret.parse::<Timestamp>(), secret);
    refused(format!("Bearer {secret}").parse::<TokenName>(), secret);
    refused(format!("{secret}\n").parse::<TokenId>(), secret);
    refused(secret.parse::<SecretDigest>(), secret);
    refused(secret.parse::<Action>(), secret);
    refused(secret.parse::<AccountStatus>(), secret);
    refused(format!("{secret} ").parse::<SecretPrefix>(), secret);
    let request =
        json!({"id": "r", "token": null, "action": "read-package", "package": "app", "now": "2025-11-01T00:00:00Z"});
    for field in ["action", "package", "org", "team", "user", "client_ip", "now", "second_factor", "Bearer", secret] {
        for value in [json!(secret), json!(format!("Bearer {secret}")), json!([secret]), json!({secret: secret})] {
            let mut request = request.clone();
            request[field] = value;
            let line: RequestLine = serde_json::from_value(request).expect("any JSON reads");
            tells_nothing(&format!("{line:?}"), secret);
            refused(line.parse(), secret);
        }
    }
    let token = json!({"version": 1, "key": "t", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null,
                       "cidr": null, "legacy": "publish"});
    for field in ["version", "owner", "created", "revoked", "cidr", "legacy", "granular", secret] {
        let mut token = token.clone();
        token[field] = json!([secret]);
        let stored: StoredToken = serde_json::from_value(token.clone()).expect("any JSON reads");
        tells_nothing(&format!("{stored:?}"), secret);
        refused(stored.load(), secret);
        token[field] = json!(format!(" {secret}"));
        let stored: StoredToken = serde_json::from_value(token.clone()).expect("any JSON reads");
        refused(stored.load(), secret);
        let world = json!({"users": [], "orgs": [], "packages": [], "tokens": [token]});
        let world: World = serde_json::from_value(world).expect("any JSON reads");
        refused(Directory::load(&world), secret);
    }
}

/// Mints a secret from random bytes. Each character takes the low six bits of a byte, and 62 and 63 are discarded, so
/// that the 30 characters are unbiased (rule S3).
fn minted(random_bytes: &[u8], (prefix, ours): &(&str, SecretPrefix)) -> Option<MintedSecret> {
    let draws = random_bytes.iter().map(|byte| u32::from(byte % 64)).filter(|draw| *draw < 62);
    let random: String = draws.take(30).map(digit).collect();
    let minted = MintedSecret::mint(ours, random_bytes).ok();
    assert_eq!(minted.is_some(), random.len() == 30);
    let secret = minted?;
    assert_eq!(secret.expose(), format!("{prefix}{random}{}", checksum(&random)));
    assert_eq!(secret.as_secret().form(ours), SecretForm::Prefixed(Checksum::Valid));
    assert_eq!(format!("{secret:?}"), "MintedSecret(…)");
    Some(secret)
}

/// Changes characters of a minted secret within four adjacent ones, or one character of the checksum.
fn typos(text: &str, (prefix, ours): &(&str, SecretPrefix), by: &[u8]) {
    for change in by.chunks_exact(3).take(16) {
        let mut changed = text.as_bytes().to_vec();
        let at = usize::from(change[0]) % 36;
        let beside = at + usize::from(change[1] / 64);
        for (at, byte) in [(at, change[1]), (beside, change[2])] {
            if at < 30 || beside == at && at < 36 {
                changed[prefix.len() + at] = u8::try_from(digit(u32::from(byte) % 62)).expect("a digit is ASCII");
            }
        }
        let changed = String::from_utf8(changed).expect("ASCII");
        let expected = if changed == text { Checksum::Valid } else { Checksum::Invalid };
        let secret = Secret::new(&changed).expect("still visible ASCII");
        assert_eq!(secret.form(ours), SecretForm::Prefixed(expected), "{changed}");
    }
}

/// Checks that a secret identifies its token, in a world with one token.
fn opens(text: &str, others: &[String]) {
    let world = json!({
        "users": [{"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null,
                   "writes_held_until": null}],
        "orgs": [], "packages": [], "policy": "npm-2025-10",
        "tokens": [{"id": "t", "owner": "alice", "secret_sha256": oracle::hex(oracle::sha256(text.as_bytes())),
                    "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null, "legacy": "read-only"}],
    });
    let world: World = serde_json::from_value(world).expect("any JSON reads");
    let directory = Directory::load(&world).expect("a world with one token");
    tells_nothing(&format!("{world:?} {directory:?}"), &oracle::hex(oracle::sha256(text.as_bytes())));
    for other in others.iter().map(String::as_str).chain([text]) {
        let request = json!({"id": "r", "secret": other, "action": "list-tokens", "now": "2025-11-01T00:00:00Z"});
        let line: RequestLine = serde_json::from_value(request).expect("any JSON reads");
        let request = line.parse().expect("a request");
        let caller = directory.caller(&request);
        assert_eq!(matches!(caller, Caller::Token(_)), other == text, "{other:?}");
        let decision = directory.decide(&caller, &request);
        let explanation = directory.decide(&caller, &request).explain();
        let line = serde_json::to_string(&DecisionLine::decided(&request, &decision)).expect("a line is JSON");
        let Decision::Deny(deny) = &decision else { panic!("a read-only token lists no tokens") };
        let texts = format!("{} {}", deny.operator_text(), deny.client_text());
        tells_nothing(
            &format!("{line} {texts} {request:?} {caller:?} {decision:?} {explanation} {explanation:?}"),
            text,
        );
    }
}

fuzz_target!(|bytes: &[u8]| {
    let lines = laws::lines(bytes);
    let mut prefixes = vec![("npm_", SecretPrefix::default())];
    prefixes.extend(lines.iter().filter_map(|line| Some((line.as_str(), prefix(line)?))));
    secret(&String::from_utf8_lossy(bytes), &prefixes);
    let secrets: Vec<(&str, Secret<'_>)> =
        lines.iter().filter_map(|line| Some((line.as_str(), secret(line, &prefixes)?))).collect();
    for (text, secret) in &secrets {
        for (other, other_secret) in &secrets {
            assert_eq!(secret.digest() == other_secret.digest(), text == other);
        }
    }
    // Only one secret is checked, because this part is slow.
    let npm = &prefixes[0].1;
    if let Some((text, _)) = secrets.iter().find(|(_, secret)| secret.form(npm) != SecretForm::Opaque) {
        misplaced(text);
    }
    for prefix in &prefixes {
        let Some(minted) = minted(bytes, prefix) else { continue };
        typos(minted.expose(), prefix, bytes);
        opens(minted.expose(), &lines);
        if secrets.is_empty() {
            misplaced(minted.expose());
        }
    }
});
