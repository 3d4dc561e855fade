//! Nothing that is printed contains a secret (S3). A recognisable secret passes through every type and every error that handles
//! secrets, and all output is searched for any eight characters of it in a row, and for its digest.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a slip in a test's own data fails the test")]

use serde_json::{Value, json};
use std::fmt::{Debug, Display};
use tollgate::{
    Decision, Secret, StoredToken, Timestamp, Token, UserName,
    decision::{AuditRecord, Caller},
    token::{LegacyKind, LegacyToken, MintedSecret, SecretDigest, SecretPrefix, TokenId},
};
use tollgate::{
    directory::{DecisionLine, Directory, RequestLine, World},
    token::TokenFacts,
};

/// No eight characters of it occur anywhere else, in any order of a hint.
const SECRET: &str = "npm_QzXvJwKpYtRbHgFdLsMn9876543210qWeRtYuI";

/// Everything that was printed, each with where it came from.
#[derive(Default)]
struct Printed(Vec<(String, String)>);

impl Printed {
    fn text(&mut self, from: &str, text: impl Into<String>) {
        self.0.push((from.into(), text.into()));
    }

    fn debug(&mut self, from: &str, value: &impl Debug) {
        self.text(&format!("{from}, Debug"), format!("{value:?}"));
        self.text(&format!("{from}, alternate Debug"), format!("{value:#?}"));
    }

    fn display(&mut self, from: &str, value: &impl Display) {
        self.text(&format!("{from}, Display"), value.to_string());
    }

    /// An error: its texts, and those of its sources.
    fn error(&mut self, from: &str, error: &(impl std::error::Error + 'static)) {
        self.debug(from, error);
        self.display(from, error);
        let mut source = error.source();
        while let Some(error) = source {
            self.debug(&format!("source of {from}"), &error);
            self.display(&format!("source of {from}"), &error);
            source = error.source();
        }
    }

    fn json(&mut self, from: &str, value: &impl serde::Serialize) {
        self.text(&format!("{from}, serde"), serde_json::to_string(value).unwrap());
    }

    /// Where the needles were found: eight characters in a row of the secret, or of its digest in either form.
    fn leaks(&self, secret: &str) -> Vec<String> {
        let digest = Secret::new(secret).unwrap().digest();
        let hex = digest.to_hex();
        let decimal = format!("{:?}", digest.as_bytes());
        let windows = |text: &str, length: usize| -> Vec<String> {
            let characters: Vec<char> = text.chars().collect();
            characters.windows(length).map(|window| window.iter().collect()).collect()
        };
        let mut needles = windows(secret, 8);
        needles.extend(windows(&hex, 8));
        needles.push(hex.to_uppercase());
        needles.extend(windows(decimal.trim_matches(['[', ']']), 20));
        let found = |text: &str| needles.iter().find(|needle| text.contains(needle.as_str())).cloned();
        self.0.iter().filter_map(|(from, text)| Some(format!("{from}: `{}` in {text}", found(text)?))).collect()
    }
}

fn digest() -> SecretDigest {
    Secret::new(SECRET).unwrap().digest()
}

/// A world with one user, one private package and one token of that secret.
fn world() -> Value {
    json!({
        "policy": "npm-2025-10",
        "users": [{"name": "alice", "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
                   "writes_held_until": null}],
        "orgs": [],
        "packages": [{"name": "@alice/app", "visibility": "private", "publishing_access": "no-requirement"}],
        "tokens": [{"id": "t-1", "owner": "alice", "secret_sha256": digest().to_hex(), "created": "2025-10-30T12:00:00Z",
                    "revoked": null, "cidr": null, "legacy": "publish"}],
    })
}

fn request(field: &str, value: &Value) -> Value {
    let mut request = json!({"id": "r1", "action": "publish", "package": "@alice/app", "now": "2025-11-01T00:00:00Z"});
    request[field] = value.clone();
    request
}

/// The value with the one at the path replaced.
fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

#[test]
fn the_search_finds_what_is_planted() {
    let planted = |text: String| {
        let mut printed = Printed::default();
        printed.text("planted", text);
        printed.leaks(SECRET).len()
    };
    let hex = digest().to_hex();
    assert_eq!(planted(format!("token {SECRET} of alice")), 1);
    assert_eq!(planted(SECRET[10..18].into()), 1);
    assert_eq!(planted(SECRET[34..].into()), 1);
    assert_eq!(planted(hex.clone()), 1);
    assert_eq!(planted(hex[56..].into()), 1);
    assert_eq!(planted(hex.to_uppercase()), 1);
    assert_eq!(planted(format!("{:?}", digest().as_bytes())), 1);
    assert_eq!(planted(SECRET[10..17].into()), 0, "seven characters are not eight");
    assert_eq!(planted(Secret::new(SECRET).unwrap().hint().to_string()), 0, "the hint is what S3 shows");
}

#[test]
fn the_types_of_a_secret_print_nothing_of_it() {
    let mut printed = Printed::default();
    let secret = Secret::new(SECRET).unwrap();
    printed.debug("Secret", &secret);
    printed.debug("Option<Secret>", &Some(secret));
    printed.debug("SecretForm", &secret.form(&SecretPrefix::default()));
    printed.debug("SecretHint", &secret.hint());
    printed.display("SecretHint", &secret.hint());
    printed.debug("SecretDigest", &secret.digest());
    assert_eq!(secret.hint().to_string(), "npm_…tYuI");
    assert_eq!(printed.leaks(SECRET), [""; 0]);

    let minted = MintedSecret::mint(&SecretPrefix::default(), &[7; 64]).unwrap();
    let mut printed = Printed::default();
    printed.debug("MintedSecret", &minted);
    printed.debug("its Secret", &minted.as_secret());
    printed.debug("its digest", &minted.as_secret().digest());
    assert_eq!(printed.leaks(minted.expose()), [""; 0]);
}

#[test]
fn errors_about_a_secret_do_not_repeat_it() {
    let mut printed = Printed::default();
    let long = SECRET.repeat(20);
    for text in [format!("{SECRET} "), format!("\u{e9}{SECRET}"), long.clone()] {
        printed.error("SecretError", &Secret::new(&text).unwrap_err());
    }
    let hex = digest().to_hex();
    // A secret where a digest is wanted, and a digest with one wrong character.
    for text in [SECRET, &hex.to_uppercase(), &hex[1..]] {
        printed.error("SecretDigestError", &text.parse::<SecretDigest>().unwrap_err());
        printed.error("digest by serde", &serde_json::from_value::<SecretDigest>(json!(text)).unwrap_err());
    }
    printed.error("digest of a wrong type", &serde_json::from_value::<SecretDigest>(json!([SECRET])).unwrap_err());
    printed.error("SecretPrefixError", &SECRET.parse::<SecretPrefix>().unwrap_err());
    printed.error("TokenIdError", &TokenId::new(&long).unwrap_err());
    printed.error("TokenIdError", &TokenId::new(&format!("{SECRET}\n")).unwrap_err());
    printed.error("MintError", &MintedSecret::mint(&SecretPrefix::default(), &SECRET.as_bytes()[..20]).unwrap_err());
    assert_eq!(printed.leaks(SECRET), [""; 0]);
}

#[test]
fn a_stored_token_holds_nothing_of_its_secret() {
    let mut printed = Printed::default();
    let owner: UserName = "alice".parse().unwrap();
    let key = TokenId::new("t-1").unwrap();
    let token = Token::from(LegacyToken::load(
        TokenFacts { id: key, owner, created: Timestamp::UNIX_EPOCH, revoked: None },
        LegacyKind::Publish,
        tollgate::value::AllowedRanges::Any,
    ));
    printed.debug("Token", &token);
    printed.json("StoredToken", &StoredToken::from(&token));
    printed.debug("StoredToken", &StoredToken::from(&token));
    let stored = json!({"version": 1, "key": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null,
                        "cidr": null, "legacy": "publish"});
    for field in ["secret", "secret_sha256"] {
        let mut stored = stored.clone();
        stored[field] = if field == "secret" { json!(SECRET) } else { json!(digest().to_hex()) };
        let stored: StoredToken = serde_json::from_value(stored).unwrap();
        printed.error("StoredTokenError", &stored.load().unwrap_err());
        printed.error("StoredToken that does not load, serde", &serde_json::to_string(&stored).unwrap_err());
    }
    assert_eq!(printed.leaks(SECRET), [""; 0]);
}

#[test]
fn a_world_and_its_errors_do_not_print_a_digest() {
    let mut printed = Printed::default();
    let read = |value: &Value| serde_json::from_value::<World>(value.clone()).unwrap();
    let directory = Directory::load(&read(&world())).unwrap();
    printed.debug("Directory", &directory);
    let hex = digest().to_hex();
    let at = "/tokens/0/secret_sha256";
    let token = world()["tokens"][0].clone();
    let twice = json!([token, with(json!({"t": token}), "/t/id", json!("t-2"))["t"]]);
    let broken = [
        with(world(), at, json!(hex.to_uppercase())),
        with(world(), at, json!(&hex[1..])),
        with(world(), at, json!(SECRET)),
        with(world(), "/tokens", twice),
        // The digest in good order, with something wrong beside it.
        with(world(), "/tokens/0/owner", json!("nobody")),
        with(world(), "/tokens/0/cidr", json!([])),
        with(world(), "/tokens/0/created", json!("yesterday")),
        // A wrong wrapping of it.
        with(world(), at, json!([hex])),
        with(world(), at, json!({"hex": hex})),
    ];
    for world in &broken {
        let error = Directory::load(&read(world)).unwrap_err();
        printed.error("WorldError", &error);
        for (path, message) in error.errors() {
            printed.text("WorldError::errors", format!("{path}: {message}"));
        }
    }
    assert_eq!(printed.leaks(SECRET), [""; 0]);
}

#[test]
fn a_request_and_its_decision_print_nothing_of_the_secret() {
    let mut printed = Printed::default();
    let directory = Directory::load(&serde_json::from_value(world()).unwrap()).unwrap();
    let unknown = SECRET.replace('Q', "Z");
    let malformed = format!("{SECRET} ");
    for secret in [SECRET, &unknown, &malformed, ""] {
        for action in ["publish", "whoami", "read-package"] {
            let mut line = request("secret", &json!(secret));
            line["action"] = json!(action);
            if action == "whoami" {
                line.as_object_mut().unwrap().remove("package");
            }
            let line: RequestLine = serde_json::from_value(line).unwrap();
            let request = line.parse().unwrap();
            printed.debug("Request", &request);
            let caller = directory.caller(&request);
            printed.debug("Caller", &caller);
            assert_eq!(matches!(caller, Caller::Token(_)), secret == SECRET);
            let decision = directory.decide(&caller, &request);
            printed.debug("Decision", &decision);
            printed.json("DecisionLine", &DecisionLine::decided(&request, &decision));
            printed.debug("DecisionLine", &DecisionLine::decided(&request, &decision));
            printed.json("AuditRecord", &AuditRecord::from(&decision));
            printed.debug("AuditRecord", &AuditRecord::from(&decision));
            let explanation = directory.decide(&caller, &request).explain();
            printed.debug("Explanation", &explanation);
            printed.display("Explanation", &explanation);
            printed.json("Explanation", &explanation);
            if let Decision::Deny(deny) = &decision {
                printed.display("operator's text", &deny.operator_text());
                printed.display("client's text", &deny.client_text());
            }
        }
    }
    assert_eq!(printed.leaks(SECRET), [""; 0]);
    assert_eq!(printed.leaks(&unknown), [""; 0]);
}

#[test]
fn an_invalid_request_line_does_not_repeat_its_secret() {
    let mut printed = Printed::default();
    let mut lines = vec![
        request("secret", &json!([SECRET])),
        request("secret", &json!({"text": SECRET})),
        request("secret", &json!({SECRET: 1})),
        request("secret", &json!([[SECRET]])),
    ];
    for field in ["action", "now", "package", "client_ip", "second_factor", "id", "user"] {
        let mut line = request("secret", &json!(SECRET));
        line[field] = json!(7);
        lines.push(line);
    }
    let mut both = request("secret", &json!(SECRET));
    both["token"] = json!("t-1");
    lines.push(both);
    let mut unknown_field = request("secret", &json!(SECRET));
    unknown_field["extra"] = json!(SECRET);
    lines.push(unknown_field);
    for line in lines {
        let line: RequestLine = serde_json::from_value(line).unwrap();
        let error = line.parse().unwrap_err();
        printed.error("EndpointError", &error);
        printed.json("DecisionLine::error", &DecisionLine::error(&error));
        printed.debug("DecisionLine::error", &DecisionLine::error(&error));
    }
    assert_eq!(printed.leaks(SECRET), [""; 0]);
}

/// What is read but not parsed yet holds the secret as text: its `Debug` is searched like any other.
#[test]
fn unparsed_lines_and_worlds_print_nothing_of_a_secret() {
    let mut printed = Printed::default();
    let line: RequestLine = serde_json::from_value(request("secret", &json!(SECRET))).unwrap();
    printed.debug("RequestLine", &line);
    printed.debug("World", &serde_json::from_value::<World>(world()).unwrap());
    let stored = json!({"version": 1, "secret": SECRET, "secret_sha256": digest().to_hex()});
    printed.debug("StoredToken", &serde_json::from_value::<StoredToken>(stored).unwrap());
    assert_eq!(printed.leaks(SECRET), [""; 0]);
}

/// A secret in the place of a token's public id. (`Request` prints ids: it cannot know that this one is a secret.)
#[test]
fn a_decision_does_not_repeat_an_unknown_id() {
    let mut printed = Printed::default();
    let directory = Directory::load(&serde_json::from_value(world()).unwrap()).unwrap();
    let line: RequestLine = serde_json::from_value(request("token", &json!(SECRET))).unwrap();
    let request = line.parse().unwrap();
    let caller = directory.caller(&request);
    let decision = directory.decide(&caller, &request);
    printed.json("DecisionLine", &DecisionLine::decided(&request, &decision));
    printed.json("AuditRecord", &AuditRecord::from(&decision));
    printed.display("Explanation", &directory.decide(&caller, &request).explain());
    printed.debug("Decision", &decision);
    assert_eq!(printed.leaks(SECRET), [""; 0]);
}
