//! Every parser of a text: what parses prints as a text that parses to the same, and the canonical form is a fixed point.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use tollgate::{
    ClientIp, IpRange, OrganizationName, PackageName, Scope, Secret, SecretDigest, TeamName, Timestamp,
    TokenDescription, TokenKey, TokenName, UserName,
};

fn round_trips<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let printed = value.to_string();
        assert_eq!(printed.parse::<T>().ok().as_ref(), Some(&value), "{printed}");
        assert_eq!(printed.parse::<T>().ok().map(|again| again.to_string()), Some(printed));
    }
}

fuzz_target!(|text: &str| {
    round_trips::<UserName>(text);
    round_trips::<OrganizationName>(text);
    round_trips::<TeamName>(text);
    round_trips::<Scope>(text);
    round_trips::<PackageName>(text);
    round_trips::<IpRange>(text);
    round_trips::<ClientIp>(text);
    round_trips::<Timestamp>(text);
    round_trips::<TokenName>(text);
    round_trips::<TokenDescription>(text);
    round_trips::<TokenKey>(text);
    if let Ok(range) = text.parse::<IpRange>() {
        assert!(range.covers(&range));
        assert!(!range.contains(ClientIp::UNKNOWN));
    }
    if let Ok(package) = PackageName::new(text) {
        assert_eq!(package.scope().is_some(), package.is_scoped());
        assert!(package.scope().is_none_or(|scope| scope.covers(package)));
    }
    if let Ok(secret) = Secret::new(text) {
        let digest = secret.digest();
        assert_eq!(digest.to_hex().parse::<SecretDigest>(), Ok(digest));
        let _ = secret.form(&tollgate::SecretPrefix::default());
        assert!(secret.hint().to_string().len() < 12);
    }
});
