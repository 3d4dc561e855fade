//! Names, times and addresses of the JSON files as values of Cedar.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::LazyLock,
};

use cedar_policy::{EntityId, EntityTypeName, EntityUid, RestrictedExpression};

use crate::{
    Mistake,
    oracle::{self, Address},
};

/// The entity types of the schema. Reading the name of a type is slow, so each is read once.
static TYPES: LazyLock<HashMap<&str, EntityTypeName>> = LazyLock::new(|| {
    let names = [
        "Action",
        "BypassCovers",
        "FreeName",
        "Kind",
        "LegacyTokens",
        "NoToken",
        "Organization",
        "Package",
        "Permission",
        "PublishingAccess",
        "Scope",
        "Status",
        "Team",
        "Token",
        "TwoFactor",
        "UnknownToken",
        "User",
        "Visibility",
    ];
    names.into_iter().filter_map(|name| Some((name, EntityTypeName::from_str(name).ok()?))).collect()
});

/// The entity of a type with an id. Any text is an id.
pub fn uid(type_name: &str, id: &str) -> Result<EntityUid, Mistake> {
    let type_name = TYPES.get(type_name).ok_or_else(|| format!("no entity type `{type_name}`"))?;
    Ok(EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(id)))
}

/// The same as the value of an attribute.
pub fn reference(type_name: &str, id: &str) -> Result<RestrictedExpression, Mistake> {
    Ok(RestrictedExpression::new_entity_uid(uid(type_name, id)?))
}

/// A set of entities of one type.
pub fn references<'a>(
    type_name: &str,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<RestrictedExpression, Mistake> {
    let set: Result<Vec<_>, _> = ids.into_iter().map(|id| reference(type_name, id)).collect();
    Ok(RestrictedExpression::new_set(set?))
}

/// A record.
pub fn record<const N: usize>(fields: [(&str, RestrictedExpression); N]) -> Result<RestrictedExpression, Mistake> {
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Ok(RestrictedExpression::new_record(fields)?)
}

/// An `Instant` of the schema.
pub fn instant(text: &str) -> Result<RestrictedExpression, Mistake> {
    let time = oracle::parse_time(text).ok_or_else(|| format!("no time: `{text}`"))?;
    let beyond_the_second = time % oracle::SECOND;
    let (ms, ns) = (beyond_the_second / 1_000_000, beyond_the_second % 1_000_000);
    let text = format!("{}.{ms:03}Z", oracle::print_date_and_time(time));
    record([
        ("ms", RestrictedExpression::new_datetime(text)),
        ("ns", RestrictedExpression::new_long(i64::try_from(ns)?)),
    ])
}

/// T3: a client's address, an IPv4 one that is written as `::ffff:a.b.c.d` as what it is.
pub fn client(text: &str) -> Result<RestrictedExpression, Mistake> {
    let address = oracle::parse_address(text).ok_or_else(|| format!("no address: `{text}`"))?;
    Ok(RestrictedExpression::new_ip(print(address)))
}

/// T3: a range, one within `::ffff:0:0/96` as the IPv4 range that it is.
pub fn range(text: &str) -> Result<RestrictedExpression, Mistake> {
    let no_range = || format!("no range: `{text}`");
    let (written, prefix) = text.split_once('/').ok_or_else(no_range)?;
    let address = oracle::parse_address(written).ok_or_else(no_range)?;
    let prefix: u8 = prefix.parse()?;
    let mapped = matches!(address, Address::V4(_)) && written.contains(':');
    let prefix = if mapped { prefix.checked_sub(96).ok_or_else(no_range)? } else { prefix };
    Ok(RestrictedExpression::new_ip(format!("{}/{prefix}", print(address))))
}

/// As Cedar reads it: without the form that mixes colons and dots.
fn print(address: Address) -> String {
    match address {
        Address::V4(bits) => Ipv4Addr::from_bits(bits).to_string(),
        Address::V6(bits) => Ipv6Addr::from_bits(bits).segments().map(|group| format!("{group:x}")).join(":"),
    }
}

/// T3: the first of a token's ranges that contains the client.
pub fn containing<'a>(ranges: &[&'a str], client: &str) -> Option<&'a str> {
    let client = oracle::parse_address(client)?;
    let contains = |range: &&&str| oracle::parse_range(range).is_some_and(|it| oracle::range_contains(&it, client));
    ranges.iter().find(contains).copied()
}

/// N2: whether a name is valid for a new package.
pub fn valid_for_new(name: &str) -> RestrictedExpression {
    RestrictedExpression::new_bool(oracle::new_package_name_is_valid(name))
}

/// The scope of a package's name, without its `@`.
pub fn scope_of(package: &str) -> Option<&str> {
    package.strip_prefix('@')?.split_once('/').map(|(scope, _)| scope)
}

/// S2: the digest of a token's text, if it can be one (S1).
pub fn digest(secret: &str) -> Option<String> {
    oracle::secret_is_valid(secret).then(|| oracle::hex(oracle::sha256(secret.as_bytes())))
}
