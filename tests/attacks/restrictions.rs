//! Restrictions that are stored and not enforced, and lists that were emptied.

use super::*;

// Restrictions that are stored and not enforced.

/// Several registries kept a read-only flag with the token and let it publish. The kind (K1) and
/// the permission (G1) forbid it.
#[test]
fn a_stored_read_only_flag_lets_nothing_be_written() {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let (left_pad, acme) = (package("left-pad").user("alice", WRITE).build(), organization("acme"));
    let read_only = with(stored_granular(), "/cidr", Value::Null);
    let read_only = with(read_only, "/granular/packages_and_scopes/permission", json!("read-only"));
    let read_only = with(read_only, "/granular/orgs/permission", json!("read-only"));
    let read_only = with(read_only, "/granular/bypass_2fa", json!(false));
    let read_write = with(stored_granular(), "/cidr", Value::Null);
    let writes = [Action::PublishVersion, Action::Unpublish, Action::Deprecate, Action::SetDistTag, Action::CreateTeam];
    for (limited, full, reason) in [
        (stored_legacy("read-only"), stored_legacy("publish"), Reason::KindForbidsAction),
        (read_only, read_write, Reason::PermissionTooLow),
    ] {
        let (limited, full) = (load_token(&limited).unwrap(), load_token(&full).unwrap());
        for action in writes {
            assert_eq!(ask(&limited, &alice, on(action, &left_pad, &acme)), Deny(reason), "{action} {limited:?}");
            assert_eq!(ask(&full, &alice, on(action, &left_pad, &acme)), Allow(action));
        }
        let read = PackageAction::ReadPackage.on(&left_pad);
        assert_eq!(ask(&limited, &alice, read), READS);
    }
}

/// Several registries kept a list of ranges with the token and looked at it nowhere, or not for reads; T3 stops it.
#[test]
fn a_stored_list_of_ranges_bars_every_other_address_from_every_action() {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let (left_pad, acme) = (package("left-pad").user("alice", WRITE).build(), organization("acme"));
    let (inside, outside): (ClientIp, ClientIp) = ("10.1.2.3".parse().unwrap(), "11.0.0.1".parse().unwrap());
    for stored in [with(stored_legacy("publish"), "/cidr", json!(["10.0.0.0/8"])), stored_granular()] {
        let token = load_token(&stored).unwrap();
        for action in [Action::ReadPackage, Action::PublishVersion, Action::CreateTeam, Action::Whoami] {
            let operation = on(action, &left_pad, &acme);
            assert_eq!(ask_at(outside, now(), &token, &alice, operation), BARRED, "{action}");
            assert_eq!(ask_at(inside, now(), &token, &alice, operation), Allow(action), "{action}");
        }
    }
}

/// A bypass that is on because a record does not speak of it lets a stolen token publish; L7 and F1 stop it.
#[test]
fn a_bypass_that_was_not_switched_on_is_off() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let on_record = with(stored_granular(), "/cidr", Value::Null);
    let at = "/granular/bypass_2fa";
    for access in [PublishingAccess::NoRequirement, PublishingAccess::TwoFactorOrBypass] {
        let left_pad = package("left-pad").user("alice", WRITE).publishing_access(access).build();
        let publish = |stored: &Value| ask(&load_token(stored).unwrap(), &alice, PackageAction::Publish.on(&left_pad));
        for off in [without(on_record.clone(), at), with(on_record.clone(), at, json!(false))] {
            assert_eq!(publish(&off), Challenge(Action::PublishVersion));
        }
        assert_eq!(publish(&on_record), PUBLISHES);
    }
    for wrong in [json!(null), json!(1), json!("true"), json!("false"), json!([])] {
        assert!(load_token(with(on_record.clone(), at, wrong)).is_err());
    }
    let read_only = granular("ci", "alice").packages(READ, all());
    let error = issue(read_only.clone().bypass_2fa(), &alice, &[], IssuedBy::Owner);
    assert_eq!(error, Err(IssueError::Invalid(GranularTokenError::BypassWithoutReadWrite)));
    assert!(issue(read_only, &alice, &[], IssuedBy::Owner).is_ok());
}

// Lists that were emptied.

/// Where the last entry of a list was removed, the list came to mean everything; L5 stops it where values are made.
#[test]
fn an_emptied_list_never_means_everything() {
    assert_eq!(PackageSelection::only([]), Err(SelectionError::Empty));
    assert_eq!(OrganizationSelection::only([]), Err(SelectionError::Empty));
    assert!(AllowedRanges::only([]).is_err());
    // One entry is one entry.
    let alice = user("alice").member("acme", Role::Owner, &[]).member("globex", Role::Owner, &[]).build();
    let token = granular("ci", "alice").packages(WRITE, only(&["left-pad"])).organizations(WRITE, &["acme"]);
    let token = token.ranges(&["10.0.0.0/8"]).build();
    let publish = |name: &str, from: &str| {
        let package = package(name).user("alice", WRITE).build();
        ask_at(from.parse().unwrap(), now(), &token, &alice, PackageAction::Publish.on(&package))
    };
    assert_eq!(publish("left-pad", "10.1.2.3"), PUBLISHES);
    assert_eq!(publish("right-pad", "10.1.2.3"), NOT_SELECTED);
    assert_eq!(publish("left-pad", "11.1.2.3"), BARRED);
    let read_org = |name: &str| {
        let organization = organization(name);
        ask_at("10.1.2.3".parse().unwrap(), now(), &token, &alice, OrganizationAction::ReadOrg.on(&organization))
    };
    assert_eq!(read_org("acme"), Allow(Action::ReadOrg));
    assert_eq!(read_org("globex"), NOT_SELECTED);
}

/// The same by way of a record: an empty, absent, null or starred list was read as no restriction; L5 again.
#[test]
fn an_emptied_list_on_record_does_not_load() {
    let packages = "/granular/packages_and_scopes/select";
    let organizations = "/granular/orgs/select";
    let nothing = [json!([]), json!(""), json!("*"), json!(["*"]), json!({}), json!("any"), json!(false), json!(0)];
    for (pointer, also_wrong, right) in [
        ("/cidr", vec![json!("all"), json!(["all"]), json!("10.0.0.0/8")], vec![json!(null), json!(["10.0.0.0/8"])]),
        (
            packages,
            vec![
                json!(null),
                json!(["left-pad"]),
                json!({"packages": []}),
                json!({"scopes": []}),
                json!({"packages": ["left-pad"], "scopes": []}),
                json!({"packages": [], "scopes": ["@acme"]}),
                json!({"packages": null, "scopes": ["@acme"]}),
                json!({"packages": "all"}),
                json!({"scopes": ["@"]}),
                json!({"scopes": ["@*/*"]}),
            ],
            vec![json!("all"), json!({"packages": ["left-pad"]}), json!({"scopes": ["@acme"]})],
        ),
        (organizations, vec![json!(null), json!("all"), json!({"all": true})], vec![json!(["acme"])]),
    ] {
        // A star is a name like any other, and covers only what is called `*`.
        let wrong = nothing.iter().filter(|value| pointer != organizations || **value != json!(["*"]));
        for value in wrong.chain(&also_wrong) {
            let stored = with(stored_granular(), pointer, value.clone());
            assert!(load_token(&stored).is_err(), "{pointer}: {value}");
            let in_world = with(world(), &format!("/tokens/1{pointer}"), value.clone());
            assert!(load_world(&in_world).is_err(), "{pointer}: {value}");
        }
        assert!(load_token(without(stored_granular(), pointer)).is_err(), "{pointer} left out");
        for value in right {
            let stored = with(stored_granular(), pointer, value.clone());
            assert!(load_token(&stored).is_ok(), "{pointer}: {value}");
        }
    }
    let starred = with(stored_granular(), organizations, json!(["*"]));
    let starred = load_token(with(starred, "/cidr", Value::Null)).unwrap();
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let acme = organization("acme");
    assert_eq!(ask(&starred, &alice, OrganizationAction::ReadOrg.on(&acme)), NOT_SELECTED);
}

/// A selection whose packages were deleted reached everything, or kept their names for a later owner. An empty
/// selection reaches nothing (L5), and a selected name does not cover creating it (G3).
#[test]
fn a_deleted_package_in_a_selection_reaches_nothing() {
    let alice = user("alice").member("acme", Role::Member, &["developers"]).build();
    let token = granular("ci", "alice").packages(WRITE, only(&["gone", "@acme/gone"])).build();
    let by_scope = granular("ci", "alice").packages(WRITE, only(&["@acme"])).build();
    let everything = granular("ci", "alice").packages(WRITE, all()).build();
    for (name, wide) in [("gone", &everything), ("@acme/gone", &by_scope)] {
        // Deleted: nothing to read, and no licence to take the name.
        let gone = missing_package(name);
        assert_eq!(ask(&token, &alice, PackageAction::ReadPackage.on(gone)), Deny(Reason::NoSuchPackage));
        assert_eq!(publishing(&token, &alice, gone), NOT_TO_CREATE, "{name}");
        assert_eq!(publishing(wide, &alice, gone), CREATES, "{name}");
        // Made again by somebody else: the selection is of a name, the right is the owner's.
        let theirs = package(name).user("mallory", WRITE).build();
        assert_eq!(publishing(&token, &alice, &theirs), NO_RIGHT);
        let again = package(name).user("alice", WRITE).build();
        assert_eq!(publishing(&token, &alice, &again), PUBLISHES);
    }
    let another = package("left-pad").user("alice", WRITE).build();
    assert_eq!(publishing(&token, &alice, &another), NOT_SELECTED);
}

/// A limit that counts repeated entries, or that wraps round at so many, is no limit; L2 and L3 count different ones.
#[test]
fn duplicates_neither_use_up_nor_get_round_the_limit_of_fifty() {
    let name = |text: String| PackageOrScope::from(text.parse::<PackageName>().unwrap());
    let scope = |text: String| PackageOrScope::from(text.parse::<Scope>().unwrap());
    let (packages, scopes) = (|n: usize| name(format!("p{n}")), |n: usize| scope(format!("@s{n}")));
    let count = |result: Result<PackageSelection, SelectionError>| result.map(|_| ());
    let many = |found| Err(SelectionError::TooManyPackagesAndScopes { found });
    let fifty = || (0..50).map(packages);
    assert_eq!(count(PackageSelection::only(fifty().chain(fifty()))), Ok(()));
    assert_eq!(count(PackageSelection::only((0..50).map(scopes).chain([scope("s0".into())]))), Ok(()), "one scope");
    let inside = (0..50).map(|n| name(format!("@s{n}/x")));
    assert_eq!(count(PackageSelection::only(inside.chain((0..50).map(scopes)))), Ok(()), "covered by its scope");
    assert_eq!(count(PackageSelection::only(fifty().chain([name("@s0/x".into())]))), many(51));
    assert_eq!(count(PackageSelection::only(fifty().chain(fifty()).chain([scopes(0)]))), many(51));
    for found in [51, 256, 257, 256 + 50, 65_536, 65_536 + 50] {
        assert_eq!(count(PackageSelection::only((0..found).map(packages))), many(found));
        let organizations = (0..found).map(|n| format!("o{n}").parse::<OrganizationName>().unwrap());
        let error = SelectionError::TooManyOrganizations { found };
        assert_eq!(OrganizationSelection::only(organizations), Err(error));
    }
    // A million times the same is the same, and reaches no more.
    let million = PackageSelection::only(repeat_n(packages(0), 1_000_000)).unwrap();
    assert_eq!(million, PackageSelection::only([packages(0)]).unwrap());
    let range = |n: u32| format!("{}/32", Ipv4Addr::from(n)).parse::<IpRange>().unwrap();
    let ranges = |count: u32| AllowedRanges::only((0..count).map(range));
    assert!(ranges(1_000).is_ok());
    assert!([1_001, 65_536 + 1_000].into_iter().all(|count| ranges(count).is_err()));
    // By way of a record.
    let stored = |names: Vec<String>| {
        let at = "/granular/packages_and_scopes/select/packages";
        load_token(with(stored_granular(), at, json!(names)))
    };
    let names = |count: usize| (0..count).map(|n| format!("p{n}")).collect::<Vec<_>>();
    assert!(stored([names(49), names(49), vec!["@acme/x".into()]].concat()).is_ok(), "49 and the scope @acme");
    assert!(stored(names(50)).is_err(), "50 and the scope @acme");
}
