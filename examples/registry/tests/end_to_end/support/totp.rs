//! One-time passwords as an authenticator app computes them (RFC 6238 with SHA-1, 30 seconds, 6 digits). This is a
//! second implementation, independent of the server's.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sha1::{Digest, Sha1};

/// How long a code must still be valid when it is used. An npm command may take this long.
const LEAST_SECONDS: u64 = 10;

/// **An authenticator app** with one account.
#[derive(Clone, Debug)]
pub(crate) struct Authenticator {
    key: Vec<u8>,
    /// The steps whose codes were handed out by [`code_for`](Authenticator::code_for), each with its token. Clones of
    /// the app share them.
    used: Arc<Mutex<BTreeMap<u64, String>>>,
}

impl Authenticator {
    /// Reads the secret from the `otpauth:` URL of a QR code.
    pub(crate) fn scan(url: &str) -> Self {
        let secret = url.split(['?', '&']).find_map(|part| part.strip_prefix("secret=")).expect("a secret in the URL");
        Self::enter(secret)
    }

    /// Reads the secret in base 32, as a user types it.
    pub(crate) fn enter(secret: &str) -> Self {
        let mut key = Vec::new();
        let (mut bits, mut count) = (0_u32, 0_u32);
        for byte in secret.trim_end_matches('=').bytes() {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|letter| *letter == byte).expect("base 32");
            bits = (bits << 5) | u32::try_from(value).unwrap();
            count += 5;
            if count >= 8 {
                count -= 8;
                key.push(u8::try_from((bits >> count) & 0xff).unwrap());
            }
        }
        Self { key, used: Arc::default() }
    }

    /// A code for this token. The registry accepts a code from one token only, and the codes of three steps at a time.
    /// So two tokens get their codes at once, a third may wait for a few seconds, and a fourth for half a minute.
    pub(crate) fn code_for(&self, token: &str) -> String {
        loop {
            let now = seconds_now();
            if let Some(step) = choose_step(&mut self.used.lock().unwrap(), token, now) {
                return self.code_of(step);
            }
            // Every step that is valid long enough is another token's.
            thread::sleep(Duration::from_secs(30 - now % 30));
        }
    }

    /// A code that no token has used, such as a login needs.
    pub(crate) fn unused_code(&self) -> String {
        let number = self.used.lock().unwrap().len();
        self.code_for(&format!("login {number}"))
    }

    /// The code of the present step.
    pub(crate) fn code(&self) -> String {
        self.code_of(step_now())
    }

    /// The code of a neighbouring step. Servers accept one step before and after, because clocks differ. The code is
    /// valid for at least 5 more seconds.
    pub(crate) fn code_beside(&self, steps: i64) -> String {
        let left = 30 - seconds_now() % 30;
        if left < 5 {
            thread::sleep(Duration::from_secs(left));
        }
        self.code_of(step_now().checked_add_signed(steps).unwrap())
    }

    /// A code that belongs to none of the steps near the current step.
    pub(crate) fn wrong_code(&self) -> String {
        let near: Vec<String> = (0..7).map(|step| self.code_of(step_now() - 3 + step)).collect();
        (0..10).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }

    fn code_of(&self, step: u64) -> String {
        let digest = hmac_sha1(&self.key, &step.to_be_bytes());
        let offset = usize::from(digest[19] & 0xf);
        let word: [u8; 4] = digest[offset..offset + 4].try_into().unwrap();
        format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }
}

/// Chooses a step for this token and records it: a step of its own, or else one that no token has. `None` if there is
/// none that the registry accepts for long enough.
fn choose_step(used: &mut BTreeMap<u64, String>, token: &str, seconds: u64) -> Option<u64> {
    let now = seconds / 30;
    // The code of a step is accepted until the end of the next step.
    let valid = [now + 1, now, now - 1].into_iter().filter(|step| (step + 2) * 30 - seconds >= LEAST_SECONDS);
    let own = valid.clone().find(|step| used.get(step).is_some_and(|by| by == token));
    let step = own.or_else(|| valid.clone().find(|step| !used.contains_key(step)))?;
    used.insert(step, token.to_owned());
    Some(step)
}

fn step_now() -> u64 {
    seconds_now() / 30
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha1::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha1::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

// Not under both editions: it starts no server.
#[test]
fn the_authenticator_computes_the_codes_of_rfc_6238() {
    // RFC 6238, appendix B, the last six digits of the SHA-1 rows; the secret is "12345678901234567890".
    let app = Authenticator::scan("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=y");
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
        assert_eq!(app.code_of(seconds / 30), code);
    }
}

// Not under both editions: it starts no server.
#[test]
fn a_code_is_of_one_token_and_two_tokens_do_not_wait() {
    let mut used = BTreeMap::new();
    let mut at = |token: &str, seconds: u64| choose_step(&mut used, token, seconds);
    assert_eq!((at("a", 3_000), at("b", 3_000), at("c", 3_000)), (Some(101), Some(100), Some(99)));
    assert_eq!((at("a", 3_020), at("c", 3_020), at("d", 3_020)), (Some(101), Some(99), None));
    // The code of step 99 is accepted for 9 seconds more, and no other step is free.
    assert_eq!(at("c", 3_021), None);
    assert_eq!((at("a", 3_029), at("b", 3_029)), (Some(101), Some(100)));
    assert_eq!((at("c", 3_030), at("a", 3_030), at("b", 3_030)), (Some(102), Some(101), Some(100)));
}
