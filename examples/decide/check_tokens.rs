//! A report about a table of tokens: which rows load, which do not, and why.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Write,
    path::Path,
};

use serde_json::Value;
use tollgate::{
    Secret, StoredToken, Token,
    token::{SecretForm, SecretPrefix, TokenId, TokenName},
    value::{UserName, limits::MAX_GRANULAR_TOKENS},
};

use crate::{
    Failure, Outcome,
    lines::{LONGEST, Line, Lines},
    printable,
};

/// What the rows that were read so far have in use.
#[derive(Default)]
struct Table {
    /// The line of each id.
    ids: BTreeMap<TokenId, u64>,
    /// The names of each account's granular tokens that are not revoked, with their lines.
    names: BTreeMap<UserName, BTreeMap<TokenName, u64>>,
    /// How many tokens of each kind load.
    kinds: BTreeMap<String, u64>,
    /// The owners of the tokens that load.
    owners: BTreeSet<UserName>,
}

/// Reads one stored token from each line, and prints every line that does not load, and then the counts.
pub(crate) fn run(path: &Path, mut out: impl Write) -> Result<Outcome, Failure> {
    let file = File::open(path).map_err(|error| Failure::in_file(path, &error))?;
    let (mut lines, mut table, mut refused) = (Lines::new(file), Table::default(), 0_u64);
    while let Some((number, line)) = lines.next().map_err(|error| Failure::in_file(path, &error))? {
        let (bytes, result) = match line {
            Line::Whole(bytes) => (bytes, load(bytes).and_then(|token| table.add(number, &token))),
            Line::TooLong => (&[][..], Err(format!("longer than {LONGEST} bytes: expected the document of a token"))),
        };
        if let Err(error) = result {
            refused = refused.saturating_add(1);
            let id = id_of(bytes).map_or_else(String::new, |id| format!(", token `{}`", printable(id.as_str())));
            writeln!(out, "line {number}{id}: {}", printable(&error))?;
        }
    }
    let loaded: u64 = table.kinds.values().sum();
    writeln!(out, "{loaded} tokens of {} users load, {refused} do not", table.owners.len())?;
    for (kind, count) in &table.kinds {
        writeln!(out, "{count:>8}  {kind}")?;
    }
    out.flush()?;
    Ok(if refused == 0 { Outcome::AllDecided } else { Outcome::SomeInvalid })
}

fn load(bytes: &[u8]) -> Result<Token, String> {
    let stored: StoredToken = serde_json::from_slice(bytes).map_err(|error| format!("invalid JSON: {error}"))?;
    let token = stored.load().map_err(|error| error.to_string())?;
    if is_secret(token.id().as_str()) {
        return Err("key: the text of an access token: expected the public id of one".into());
    }
    Ok(token)
}

/// The id of a row that does not load, if it cannot be a secret in the wrong column.
fn id_of(bytes: &[u8]) -> Option<TokenId> {
    let row: Value = serde_json::from_slice(bytes).ok()?;
    let key = row.get("key")?.as_str()?;
    let is_hexadecimal =
        Secret::new(key).is_ok_and(|key| key.form(&SecretPrefix::default()) == SecretForm::Hexadecimal);
    if is_secret(key) || is_hexadecimal { None } else { TokenId::new(key).ok() }
}

/// Whether a text has the form of one of npm's granular access tokens, alone or as a header has it.
fn is_secret(text: &str) -> bool {
    let word = text.split_whitespace().next_back().unwrap_or_default();
    Secret::new(word).is_ok_and(|secret| matches!(secret.form(&SecretPrefix::default()), SecretForm::Prefixed(_)))
}

impl Table {
    /// Adds a token. It is an error if an earlier line has its id, or if it breaks a limit together with the earlier
    /// tokens of its owner that are not revoked (rules L1 and L6). The cut-off of the owner's account is not known here.
    fn add(&mut self, line: u64, token: &Token) -> Result<(), String> {
        // The id counts if something else is wrong with the token, too.
        if let Some(earlier) = self.ids.get(token.id()) {
            return Err(format!("key: that of line {earlier} too: expected keys that differ"));
        }
        self.ids.insert(token.id().clone(), line);
        if let Token::Granular(granular) = token
            && token.revoked().is_none()
        {
            let names = self.names.entry(token.owner().clone()).or_default();
            if let Some(earlier) = names.get(granular.name()) {
                return Err(format!(
                    "granular.name: that of line {earlier} too, of the same user: expected names that differ (L6)"
                ));
            }
            if names.len() >= MAX_GRANULAR_TOKENS {
                return Err(format!("the user has {MAX_GRANULAR_TOKENS} granular tokens already (L1)"));
            }
            names.insert(granular.name().clone(), line);
        }
        self.owners.insert(token.owner().clone());
        let kind = self.kinds.entry(token.kind().to_string()).or_default();
        *kind = kind.saturating_add(1);
        Ok(())
    }
}
