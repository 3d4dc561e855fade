//! Addresses and names that are read as others.

use super::*;

// Addresses.

/// Reads the public `left-pad` from the address with a token that has these ranges.
fn from(address: &str, texts: &[&str]) -> Answer {
    let token = legacy(LegacyKind::ReadOnly, "alice").ranges(texts).build();
    reading_at(address.parse().unwrap(), now(), &token, &user("alice").build())
}

/// `010.0.0.0/8` was 8.0.0.0/8 to one parser and 10.0.0.0/8 to the next; T3 refuses every text with two readings.
#[test]
fn an_octal_octet_is_refused_and_not_reread() {
    let octal =
        "010.0.0.0/8 10.0.0.00/8 0x0a.0.0.0/8 0xa000000/8 167772160/8 10/8 10.0/8 10.0.0/8 ::ffff:010.0.0.0/104";
    let prefix = "10.0.0.0/08 10.0.0.0/010 10.0.0.0/0x8 10.0.0.0/+8 10.0.0.0/-8 10.0.0.0/264 10.0.0.0/33 10.0.0.0/ \
        10.0.0.0/255.0.0.0 10.0.0.0/0.255.255.255 2001:db8::/032 ::/129 ::/384";
    let no_range = "10.0.0.0 ::1 ::ffff:10.0.0.0 10.0.0.0-10.0.0.9 10.*.*.* 10.* * any /0 0/0 10.0.0.0/8,0.0.0.0/0 \
        [2001:db8::]/32 fe80::%eth0/10 00000::/16 2001:db8:::/32";
    let texts = [octal, prefix, no_range].into_iter().flat_map(str::split_whitespace);
    for text in texts.chain(["", " 10.0.0.0/8", "10.0.0.0/ 8", "10.0.0.0/8\n"]) {
        assert!(text.parse::<IpRange>().is_err(), "{text:?}");
        for list in [json!([text]), json!(["10.0.0.0/8", text])] {
            assert!(load_token(with(stored_granular(), "/cidr", list)).is_err(), "{text:?}");
        }
    }
    for text in "010.1.2.3 0x0a.1.2.3 167838211 10.1.515 10.1.2.3:443 [::1] ::1%1 10.1.2.3/32".split(' ').chain([""]) {
        assert!(text.parse::<ClientIp>().is_err(), "{text:?}");
    }
    assert_eq!(from("10.1.2.3", &["10.0.0.0/8"]), READS);
    assert_eq!(from("8.1.2.3", &["10.0.0.0/8"]), BARRED);
    assert_eq!(from("8.1.2.3", &["8.0.0.0/8"]), READS);
}

/// An IPv4 client seen as `::ffff:a.b.c.d` missed its range, or slipped into another one; T3 makes the two one address.
#[test]
fn a_mapped_address_is_the_ipv4_address_and_no_other() {
    let inside = "10.1.2.3 ::ffff:10.1.2.3 ::ffff:a01:203 0:0:0:0:0:FFFF:10.1.2.3";
    // Only this one embedding is unwrapped.
    let outside =
        "11.1.2.3 ::ffff:11.1.2.3 ::10.1.2.3 64:ff9b::10.1.2.3 2002:a01:203:: ::ffff:0:10.1.2.3 ::fffe:a01:203";
    for text in ["10.0.0.0/8", "::ffff:10.0.0.0/104", "::FFFF:a00:0/104"] {
        assert!(inside.split(' ').all(|client| from(client, &[text]) == READS), "{text}");
        assert!(outside.split(' ').all(|client| from(client, &[text]) == BARRED), "{text}");
    }
    assert_eq!(from("11.1.2.3", &["::ffff:0:0/96"]), READS);
    assert_eq!(from("64:ff9b::10.1.2.3", &["64:ff9b::/96"]), READS);
}

/// A range of mapped addresses with a short prefix took in all of IPv4 and more, and `::/0` was read as everything; T3.
#[test]
fn no_ipv6_range_covers_an_ipv4_client() {
    for prefix in 0..96 {
        assert!(format!("::ffff:0:0/{prefix}").parse::<IpRange>().is_err(), "{prefix}");
        assert!(format!("::ffff:10.0.0.0/{prefix}").parse::<IpRange>().is_err(), "{prefix}");
    }
    for client in ["10.1.2.3", "::ffff:10.1.2.3"] {
        for text in ["::/0", "::/1", "::/64", "::/80", "::fffe:0:0/95", "::10.1.2.3/128", "64:ff9b::/96"] {
            assert_eq!(from(client, &[text]), BARRED, "{client} {text}");
        }
        assert_eq!(from(client, &["::/0", "0.0.0.0/0"]), READS);
    }
    assert_eq!(from("2001:db8::1", &["::/0"]), READS);
    assert_eq!(from("2001:db8::1", &["0.0.0.0/0"]), BARRED);
    assert_eq!(from("::fffe:0:1", &["::fffe:0:0/95"]), READS);
}

/// A proxy that reports no address made a token with ranges one without; T3: an unknown address is in no range.
#[test]
fn an_unknown_address_is_in_no_range() {
    let alice = user("alice").build();
    let read = |texts: &[&str]| {
        let token = legacy(LegacyKind::ReadOnly, "alice").ranges(texts).build();
        reading(&token, &alice)
    };
    assert_eq!(read(&["10.0.0.0/8"]), BARRED);
    assert_eq!(read(&["0.0.0.0/0", "::/0"]), BARRED, "not even in every range there is");
    assert_eq!(read(&[]), READS);
}

// Names.

/// A scope compared as the start of a text let `@acme` publish to `@acme-evil`; N3 compares it whole.
#[test]
fn a_scope_covers_no_name_that_merely_begins_like_it() {
    let alice = user("alice").build();
    let token = granular("ci", "alice").packages(WRITE, only(&["@acme"])).build();
    let publish = |name: &str| {
        let package = package(name);
        let package = if name.starts_with('@') { package.in_scope_of_a_user() } else { package };
        publishing(&token, &alice, &package.user("alice", WRITE).build())
    };
    let others = "@acme-evil/x @acmeevil/x @acme.evil/x @acm/x @acme_/x @evil-acme/x @evil/acme @a/acme acme acme-x \
        acme.x @Acme/x @acme~/x @0acme/x";
    for name in others.split_whitespace() {
        assert_eq!(publish(name), NOT_SELECTED, "{name}");
        assert_eq!(publishing(&token, &alice, missing_package(name)), NOT_TO_CREATE);
    }
    assert_eq!(publish("@acme/x"), PUBLISHES);
    assert_eq!(publish("@acme/acme-evil"), PUBLISHES);
    for text in ["", "@", "@@acme", "@acme/", "@acme/x", "@acme/*", "@*/", "@.", "@..", "acme@", "@acme@evil"] {
        assert!(text.parse::<Scope>().is_err(), "{text:?}");
    }
    assert_eq!("acme".parse::<Scope>().unwrap(), "@acme".parse::<Scope>().unwrap());
    // Nor does membership in `acm` or `acme` make one of `@acme-evil`'s.
    let member = user("alice").member("acme", Role::Owner, &[]).member("acm", Role::Owner, &[]).build();
    let wide = granular("ci", "alice").packages(WRITE, all()).build();
    let create = |name: &str| publishing(&wide, &member, missing_package(name));
    assert_eq!(create("@acme-evil/x"), NO_RIGHT);
    assert_eq!(create("@acme/x"), CREATES);
}

/// A registry that folds case in one table and not in another gives `jsonstream` the rights of `JSONStream`; N1.
#[test]
fn two_spellings_of_a_name_are_two_names() {
    let alice = user("alice").member("acme", Role::Owner, &["developers"]).build();
    let token = granular("ci", "alice").packages(WRITE, only(&["JSONStream", "@acme"])).organizations(READ, &["acme"]);
    let token = token.build();
    let publish = |package: Package| publishing(&token, &alice, &package);
    let granted = |name: &str| package(name).user("alice", WRITE).build();
    assert_eq!(publish(granted("JSONStream")), PUBLISHES);
    assert_eq!(publish(granted("jsonstream")), NOT_SELECTED);
    assert_eq!(publish(granted("@acme/app")), PUBLISHES);
    assert_eq!(publish(granted("@Acme/app")), NOT_SELECTED);
    assert_eq!(publish(package("JSONStream").user("Alice", WRITE).build()), NO_RIGHT);
    let read_org = |name: &str| ask(&token, &alice, OrganizationAction::ReadOrg.on(&organization(name)));
    assert_eq!(read_org("acme"), Allow(Action::ReadOrg));
    assert_eq!(read_org("Acme"), NOT_SELECTED);
    // The ceiling does not fold either: a member of `acme`, in its team `developers`.
    let everything = granular("ci", "alice").packages(WRITE, all()).build();
    let publish = |package: Package| publishing(&everything, &alice, &package);
    let shared = |organization, team| publish(package("@acme/app").team(organization, team, WRITE).build());
    assert_eq!(publish(granted("@Acme/app")), NO_RIGHT);
    assert_eq!(shared("acme", "developers"), PUBLISHES);
    assert_eq!(shared("Acme", "developers"), NO_RIGHT);
    assert_eq!(shared("acme", "Developers"), NO_RIGHT);
    assert!(Policy::NPM_2025_10.bind(&everything, &user("Alice").build()).is_err());
    let whoami = |name| ask(&everything, &alice, AccountAction::Whoami.on(user_name(name)));
    assert_eq!(whoami("alice"), Allow(Action::Whoami));
    assert_eq!(whoami("Alice"), NO_RIGHT);
}

/// A name, range or time in letters that only look like ASCII was normalised into somebody else's; N1, N2, N4, T3, S1.
#[test]
fn a_look_alike_is_refused_everywhere() {
    fn reads<T: FromStr>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }
    let parses = |name: &str| {
        let packages =
            [name.into(), format!("@{name}/x"), format!("@acme/{name}")].map(|text| reads::<PackageName>(&text));
        let accounts = [reads::<UserName>(name), reads::<OrganizationName>(name), reads::<TeamName>(name)];
        let others = [reads::<Scope>(name), reads::<TokenName>(name), Secret::new(name).is_ok()];
        [packages, accounts, others].concat()
    };
    // Cyrillic, full width, the Kelvin and Angstrom signs, a ligature; accents and characters that are not seen.
    let letters = "аcme acmе ａcme ac\u{212a}e ac\u{212b}me o\u{fb03}ce";
    let unseen = "acme\u{301} acme\u{200b} acme\u{202e} ac\u{ad}me acme\u{0} \u{feff}acme acme\u{e0041}";
    for name in letters.split(' ').chain(unseen.split(' ')) {
        assert_eq!(parses(name), [false; 9], "{}", name.escape_unicode());
    }
    assert_eq!(parses("acme"), [true; 9]);
    for name in "＠acme/x @acme／x @acme∕x @acme%2fx @acme\\x @acme/x/y @acme/../x @acme//x ac%6de".split(' ') {
        assert!(!reads::<PackageName>(name), "{name}");
    }
    for text in "１０.0.0.0/8 10.0.0.0/８ ١٠.0.0.0/8 10。0.0.0/8 10．0.0.0/8 10.0.0.0∕8 ：：/0".split(' ') {
        assert!(!reads::<IpRange>(text), "{text}");
    }
    assert!("１０.1.2.3 ١٠.1.2.3 10。1.2.3 ：：1".split(' ').all(|text| !reads::<ClientIp>(text)));
    for text in "２025-11-01T00:00:00Z 2025-11-01Ｔ00:00:00Z 2025-11-01T00:00:00−01:00 2025-11-01T00:00:0٠Z".split(' ')
    {
        assert!(!reads::<Timestamp>(text), "{text}");
    }
    assert!(reads::<IpRange>("10.0.0.0/8") && reads::<ClientIp>("::1") && reads::<Timestamp>("2025-11-01T00:00:00Z"));
    let digest = |text| Secret::new(text).unwrap().digest();
    assert!(digest("npm_abc") == digest("npm_abc") && digest("npm_abc") != digest("npm_aBc"));
}
