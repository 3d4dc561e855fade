//! Properties of values: what is printed parses back, order and duplicates do not matter, documents say what values
//! say. The laws of decisions are in `tests/rules/laws.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a property that does not hold fails the test, and so does a slip in its own numbers"
)]

use std::{fmt::Debug, str::FromStr};

use proptest::{prelude::*, sample::Index, strategy::BoxedStrategy};
use serde::{Serialize, de::DeserializeOwned};
use tollgate::{
    AccountAction, ClientIp, OrganizationAction, PackageAction, PackageName, Reason, Secret, StoredToken, Timestamp,
    UserName,
    decision::{AllowedBy, AuditRecord, DecisionInput, Verdict},
    directory::{Directory, RequestLine, World},
    facts::{
        AccountStatus, Membership, Memberships, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode, UserGrants,
        Visibility,
    },
    operation::{Action, TeamAction},
    rules::{Check, DemandedBy},
    testing::strategies::{
        allowed_ranges, almost_ip_range, almost_organization_name, almost_package_name, almost_scope, almost_timestamp,
        almost_token_id, almost_token_name, almost_user_name, client_ip, ip_range, new_package_name, organization_name,
        organization_selection, package, package_name, package_selection, question, scope, secret, team_name,
        timestamp, token, token_description, token_id, token_name, user, user_name,
    },
    token::{
        LegacyKind, OrganizationSelection, PackageOrScope, PackageSelection, SecretDigest, TokenDescription, TokenId,
        TokenName,
    },
    value::{
        AllowedRanges, GrantKind, GrantedPermission, IpRange, OrganizationName, Permission, Role, Scope, TeamName,
    },
};

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// JSON and back.
fn by_json<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

/// Printing and parsing are inverse, and JSON is the same text.
fn comes_back<T>(values: BoxedStrategy<T>)
where
    T: FromStr<Err: Debug> + ToString + Serialize + DeserializeOwned + PartialEq + Debug,
{
    proptest!(config(), |(value in values)| {
        let text = value.to_string();
        let parsed: T = text.parse().unwrap();
        prop_assert_eq!(&parsed, &value);
        prop_assert_eq!(parsed.to_string(), text.as_str());
        prop_assert_eq!(serde_json::to_value(&value).unwrap(), text);
        prop_assert_eq!(by_json(&value), value);
    });
}

#[test]
fn every_text_that_is_printed_parses_back_to_its_value() {
    comes_back::<PackageName>(package_name());
    comes_back::<PackageName>(new_package_name());
    comes_back::<Scope>(scope());
    comes_back::<UserName>(user_name());
    comes_back::<OrganizationName>(organization_name());
    comes_back::<TeamName>(team_name());
    comes_back::<Timestamp>(timestamp());
    comes_back::<IpRange>(ip_range());
    comes_back::<TokenId>(token_id());
    comes_back::<TokenName>(token_name());
    comes_back::<TokenDescription>(token_description());
    comes_back::<ClientIp>(client_ip().prop_filter("known", |client| client.address().is_some()).boxed());
}

/// The words of an enum, all of them.
fn words_come_back<T>(all: &[T])
where
    T: FromStr<Err: Debug> + ToString + Serialize + DeserializeOwned + PartialEq + Debug,
{
    for word in all {
        assert_eq!(word.to_string().parse::<T>().unwrap(), *word);
        assert_eq!(by_json(word), *word);
        assert!(word.to_string().to_ascii_uppercase().parse::<T>().is_err(), "{word:?} in capitals");
    }
}

#[test]
fn every_word_parses_back_to_its_value_and_no_word_in_capitals_does() {
    words_come_back(Action::ALL);
    words_come_back(PackageAction::ALL);
    words_come_back(OrganizationAction::ALL);
    words_come_back(TeamAction::ALL);
    words_come_back(AccountAction::ALL);
    words_come_back(Verdict::ALL);
    words_come_back(Reason::ALL);
    words_come_back(Check::ALL);
    words_come_back(DecisionInput::ALL);
    words_come_back(AllowedBy::ALL);
    words_come_back(DemandedBy::ALL);
    words_come_back(LegacyKind::ALL);
    words_come_back(Permission::ALL);
    words_come_back(GrantedPermission::ALL);
    words_come_back(Role::ALL);
    words_come_back(GrantKind::ALL);
    words_come_back(AccountStatus::ALL);
    words_come_back(TwoFactorMode::ALL);
    words_come_back(Visibility::ALL);
    words_come_back(PublishingAccess::ALL);
    words_come_back(ScopeOwner::ALL);
}

/// What does not parse does not deserialize.
fn has_one_door<T: FromStr + DeserializeOwned + Debug>(text: &str) -> Result<(), TestCaseError> {
    let read: Result<T, _> = serde_json::from_value(text.into());
    prop_assert_eq!(text.parse::<T>().is_ok(), read.is_ok(), "{:?} parses or not, and is read as {:?}", text, read);
    Ok(())
}

/// The entries of a selection, some of them twice, in another order.
fn shuffled<T: Clone>(items: &[T], from: Index, twice: Index) -> Vec<T> {
    let mut items = items.to_vec();
    if items.is_empty() {
        return items;
    }
    items.push(twice.get(&items).clone());
    let first = from.index(items.len());
    items.rotate_left(first);
    items.reverse();
    items
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn deserializing_refuses_what_parsing_refuses(
        package in prop_oneof![package_name().prop_map(|name| name.to_string()), almost_package_name().prop_map(|almost| almost.value)],
        scope in prop_oneof![scope().prop_map(|scope| scope.as_str().to_owned()), almost_scope().prop_map(|almost| almost.value)],
        user in almost_user_name(),
        organization in almost_organization_name(),
        range in almost_ip_range(),
        time in almost_timestamp(),
        key in almost_token_id(),
        name in almost_token_name(),
    ) {
        has_one_door::<PackageName>(&package)?;
        has_one_door::<Scope>(&scope)?;
        has_one_door::<UserName>(&user.value)?;
        has_one_door::<OrganizationName>(&organization.value)?;
        has_one_door::<TeamName>(&organization.value)?;
        has_one_door::<IpRange>(&range.value)?;
        has_one_door::<Timestamp>(&time.value)?;
        has_one_door::<TokenId>(&key.value)?;
        has_one_door::<TokenName>(&name.value)?;
    }

    /// N3: "accepted with or without `@` at the edge, and have one canonical form inside".
    #[test]
    fn a_scope_is_the_same_with_and_without_its_at_sign(scope in scope()) {
        prop_assert_eq!(&scope.as_str().parse::<Scope>().unwrap(), &scope);
        prop_assert_eq!(&format!("@{}", scope.as_str()).parse::<Scope>().unwrap(), &scope);
    }

    #[test]
    fn a_time_is_printed_with_as_few_digits_as_it_needs(at in timestamp()) {
        let text = at.to_string();
        prop_assert!(!text.ends_with("0Z") || !text.contains('.'), "{}", text);
        prop_assert!(!text.contains(".Z"), "{}", text);
    }

    /// An instant is the same in every offset.
    #[test]
    fn a_time_is_the_same_in_every_offset(at in timestamp(), hours in 0..24_i64, minutes in 0..60_i64, west: bool) {
        let sign = if west { -1 } else { 1 };
        let offset = i128::from(sign * (hours * 60 + minutes)) * 60_000_000_000;
        // The clock there, which has to be in the years 0000 to 9999 too to be written.
        let Ok(local) = Timestamp::from_unix_nanoseconds(at.unix_nanoseconds() + offset) else { return Ok(()) };
        let text = local.to_string().replace('Z', &format!("{}{hours:02}:{minutes:02}", if west { '-' } else { '+' }));
        prop_assert_eq!(text.parse::<Timestamp>().unwrap(), at, "{}", text);
    }

    /// T3: "`::ffff:a.b.c.d` is the IPv4 address a.b.c.d, in clients and in ranges".
    #[test]
    fn a_mapped_range_or_address_is_the_ipv4_one(octets: [u8; 4], prefix in 0..=32_u8, client: [u8; 4]) {
        let plain = std::net::Ipv4Addr::from(octets);
        let range: IpRange = format!("{plain}/{prefix}").parse().unwrap();
        prop_assert_eq!(format!("::ffff:{plain}/{}", prefix + 96).parse::<IpRange>().unwrap(), range);
        let client = std::net::Ipv4Addr::from(client);
        let mapped: ClientIp = format!("::ffff:{client}").parse().unwrap();
        prop_assert_eq!(mapped, ClientIp::from_peer(client.into()));
        prop_assert_eq!(range.contains(mapped), range.covers(&format!("{client}/32").parse().unwrap()));
    }

    #[test]
    fn a_stored_token_loads_as_it_was(token in token()) {
        let text = serde_json::to_string(&StoredToken::from(&token)).unwrap();
        let stored: StoredToken = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(stored.load().unwrap(), token);
        prop_assert_eq!(serde_json::to_string(&stored).unwrap(), text);
    }

    #[test]
    fn ranges_addresses_and_digests_survive_json(
        ranges in allowed_ranges(),
        client in client_ip(),
        text in secret(),
    ) {
        prop_assert_eq!(by_json(&ranges), ranges);
        prop_assert_eq!(by_json(&client), client);
        let digest = Secret::new(&text).unwrap().digest();
        prop_assert!(digest.to_hex().parse::<SecretDigest>().unwrap() == digest);
        prop_assert!(SecretDigest::from_bytes(*digest.as_bytes()) == digest);
        prop_assert!(by_json(&digest) == digest);
    }

    /// L2, L3, L7: lists are sets.
    #[test]
    fn order_and_duplicates_in_a_list_do_not_matter(
        packages in package_selection(),
        organizations in organization_selection(),
        ranges in allowed_ranges(),
        from: Index,
        twice: Index,
    ) {
        if let PackageSelection::Only(only) = &packages {
            let names = only.packages().iter().cloned().map(PackageOrScope::Package);
            let mut entries: Vec<_> = names.chain(only.scopes().iter().cloned().map(PackageOrScope::Scope)).collect();
            // Nor does a package whose scope is selected too.
            entries.extend(only.scopes().iter().filter_map(|scope| format!("{scope}/x").parse().ok().map(PackageOrScope::Package)));
            prop_assert_eq!(PackageSelection::only(shuffled(&entries, from, twice)), Ok(packages));
        }
        let again = OrganizationSelection::only(shuffled(organizations.as_slice(), from, twice));
        prop_assert_eq!(again, Ok(organizations));
        if let AllowedRanges::Only(only) = &ranges {
            prop_assert_eq!(AllowedRanges::only(shuffled(only.as_slice(), from, twice)), Ok(ranges));
        }
    }

    /// The order of facts does not matter; one of them twice is an error, for the two might differ.
    #[test]
    fn the_order_of_facts_does_not_matter_and_a_duplicate_is_an_error(
        owner in user(),
        package in package(),
        from: Index,
        twice: Index,
    ) {
        fn turned<T: Clone>(items: &[T], from: Index) -> Vec<T> {
            let mut items = items.to_vec();
            if !items.is_empty() {
                let first = from.index(items.len());
    items.rotate_left(first);
            }
            items
        }
        let memberships = Memberships::new(owner.memberships.clone()).unwrap();
        prop_assert_eq!(Memberships::new(turned(&owner.memberships, from)).unwrap(), memberships);
        prop_assert_eq!(owner.memberships.is_empty(), Memberships::new(shuffled(&owner.memberships, from, twice)).is_ok());
        for place in &owner.memberships {
            let member = |teams| Membership::new(place.organization().clone(), place.role(), teams);
            prop_assert_eq!(&member(turned(place.teams(), from)).unwrap(), place);
            prop_assert_eq!(place.teams().is_empty(), member(shuffled(place.teams(), from, twice)).is_ok());
        }
        let (users, teams) = (&package.users, &package.teams);
        prop_assert_eq!(UserGrants::new(turned(users, from)).unwrap(), UserGrants::new(users.clone()).unwrap());
        prop_assert_eq!(users.is_empty(), UserGrants::new(shuffled(users, from, twice)).is_ok());
        prop_assert_eq!(TeamGrants::new(turned(teams, from)).unwrap(), TeamGrants::new(teams.clone()).unwrap());
        prop_assert_eq!(teams.is_empty(), TeamGrants::new(shuffled(teams, from, twice)).is_ok());
    }

    /// The files say what the values say: so each law of `tests/rules/laws.rs` holds for worlds and requests too.
    #[test]
    fn a_question_written_as_documents_gets_the_same_decision(question in question()) {
        let Some(documents) = question.documents() else { return Ok(()) };
        let world: World = serde_json::from_value(documents.world).unwrap();
        let directory = Directory::load(&world).unwrap();
        let request = serde_json::from_value::<RequestLine>(documents.request).unwrap().parse().unwrap();
        let caller = directory.caller(&request);
        let decision = directory.decide(&caller, &request);
        prop_assert_eq!(AuditRecord::from(&decision), question.record());
    }
}
