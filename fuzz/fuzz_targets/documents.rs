//! Worlds, requests and stored tokens from any bytes: they load whole or not at all, and what loads writes itself again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate::StoredToken;
use tollgate::directory::{DecisionLine, Directory, RequestLine, World};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(world) = serde_json::from_slice::<World>(bytes) {
        match Directory::load(&world) {
            Ok(directory) => {
                for token in directory.tokens() {
                    let text = serde_json::to_string(&StoredToken::from(token)).expect("a token is JSON");
                    let stored: StoredToken = serde_json::from_str(&text).expect("what was written reads");
                    assert_eq!(stored.load().as_ref(), Ok(token));
                }
            }
            Err(error) => assert!(error.errors().count() > 0, "an error without an error"),
        }
    }
    if let Ok(stored) = serde_json::from_slice::<StoredToken>(bytes)
        && let Ok(token) = stored.load()
    {
        let again = serde_json::to_string(&stored).expect("a token is JSON");
        assert_eq!(serde_json::from_str::<StoredToken>(&again).expect("reads").load(), Ok(token));
    }
    if let Ok(line) = serde_json::from_slice::<RequestLine>(bytes) {
        let nothing = r#"{"users": [], "orgs": [], "packages": [], "tokens": []}"#;
        let world: World = serde_json::from_str(nothing).expect("a world");
        let directory = Directory::load(&world).expect("an empty world loads");
        let line = match line.parse() {
            Ok(request) => {
                let caller = directory.caller(&request);
                DecisionLine::decided(&request, &directory.decide(&caller, &request))
            }
            Err(error) => DecisionLine::error(&error),
        };
        assert!(!serde_json::to_string(&line).expect("a line is JSON").contains('\n'));
    }
});
