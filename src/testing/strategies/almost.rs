//! Texts and values that are almost valid: each has exactly one mistake.

use core::fmt::{Debug, Display};
use std::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use proptest::{
    arbitrary::any,
    prop_oneof,
    sample::select,
    strategy::{BoxedStrategy, Strategy},
};

use super::{
    names::{new_package_name, organization_name, package_name, scope, user_name},
    tokens::{granular_settings, token_description, token_id, token_name},
    values::{client_ip, ip_range, secret, timestamp},
};
use crate::{
    testing::build::{CREATED, time},
    token::{GranularSettings, OrganizationsGrant, PackageOrScope, PackagesGrant, TwoFactorBypass},
    value::{OrganizationName, PackageName, Permission, Timestamp},
};

/// A value with exactly one mistake, which makes it invalid.
///
/// ```
/// use proptest::prelude::*;
/// use tollgate::{PackageName, testing::strategies::{almost_package_name, package_name}};
///
/// proptest!(|(almost in almost_package_name())| {
///     prop_assert!(PackageName::new(&almost.value).is_err(), "accepted {}: {:?}", almost.wrong, almost.value);
/// });
/// proptest!(|(name in package_name())| {
///     prop_assert!(PackageName::new(name.as_str()).is_ok());
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Almost<T = String> {
    /// The invalid value.
    pub value: T,
    /// A description of the mistake, such as `a leading dot`.
    pub wrong: &'static str,
}

/// A mistake: its description, and a function that makes it in a valid value.
///
/// The function returns `None` if the mistake cannot be made in this value. Its second argument is a random number,
/// which selects among the places or forms of the mistake.
pub(super) type Mistake<T> = (&'static str, fn(&T, usize) -> Option<T>);

/// Generates valid values, and makes one of the mistakes in each.
pub(super) fn with_mistake<T: Clone + Debug + 'static>(
    base: BoxedStrategy<T>,
    mistakes: &'static [Mistake<T>],
) -> BoxedStrategy<Almost<T>> {
    (base, select(mistakes), any::<usize>())
        .prop_filter_map("not to be had of this value", |(base, (wrong, make), at)| {
            make(&base, at).map(|value| Almost { value, wrong })
        })
        .boxed()
}

/// Formats generated values as texts.
fn texts<T: Display + Debug + 'static>(values: BoxedStrategy<T>) -> BoxedStrategy<String> {
    values.prop_map(|value| value.to_string()).boxed()
}

/// Inserts a character at a place that `at` selects.
fn with(text: &str, what: char, at: usize) -> String {
    let places: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
    let place = at.checked_rem(places.len()).and_then(|at| places.get(at)).copied().unwrap_or_default();
    let (before, after) = text.split_at_checked(place).unwrap_or((text, ""));
    format!("{before}{what}{after}")
}

/// Replaces the bytes that start at `at` by the bytes of `by`. Returns `None` if the text is too short.
fn replaced(text: &str, at: usize, by: &str) -> Option<String> {
    let end = at.checked_add(by.len())?;
    Some(format!("{}{by}{}", text.get(..at)?, text.get(end..)?))
}

/// Returns the text if it is the name of an unscoped package.
fn unscoped(text: &str) -> Option<&str> {
    (!text.starts_with('@')).then_some(text)
}

/// Characters that no name of a package, an organization or a team has.
const CHARACTERS: [char; 14] =
    [' ', '/', '@', '%', ':', '\\', '#', '?', '\n', '\0', '\u{e9}', '\u{430}', '\u{200b}', '"'];

/// Characters that no name of a user has ([N4](crate::docs::rules#n4)).
const NOT_IN_USER_NAMES: [char; 17] =
    [' ', '/', ':', '%', '\\', '"', '\'', '<', '>', '?', '#', '&', '\n', '\0', '\u{7f}', '\u{e9}', '\u{200b}'];

/// Inserts one of [`CHARACTERS`].
#[expect(clippy::ptr_arg, reason = "a mistake is made in the type that the strategy yields")]
fn with_other_character(text: &String, at: usize) -> Option<String> {
    let what = CHARACTERS.get(at.checked_rem(CHARACTERS.len())?)?;
    Some(with(text, *what, at.checked_div(CHARACTERS.len())?))
}

/// Generates texts that are not a valid [`PackageName`], even for an old package, such as `@acme`, `@acme/`,
/// `.hidden`, `left pad` and `@acme/..` ([N2](crate::docs::rules#n2)).
pub fn almost_package_name() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a character that no name has", with_other_character),
        ("nothing after the scope", |text, _| {
            Some(format!("{}/", text.starts_with('@').then(|| text.split('/').next())??))
        }),
        ("no slash after the scope", |text, _| text.starts_with('@').then(|| text.replace('/', ""))),
        ("an empty scope", |text, _| Some(format!("@/{}", unscoped(text)?))),
        ("a scope's sign without a scope", |text, _| Some(format!("@{}", unscoped(text)?))),
        ("a leading dot", |text, _| Some(format!(".{}", unscoped(text)?))),
        ("a leading dash", |text, _| Some(format!("-{}", unscoped(text)?))),
        ("a leading underscore", |text, _| Some(format!("_{}", unscoped(text)?))),
        ("a leading dot after the scope", |text, _| text.starts_with('@').then(|| text.replace('/', "/."))),
        ("a name that is excluded", |text, at| {
            let excluded = ["node_modules", "Node_Modules", "favicon.ico", ".", ".."];
            let excluded = excluded.get(at.checked_rem(excluded.len())?)?;
            match text.split_once('/') {
                Some((scope, _)) => Some(format!("{scope}/{excluded}")),
                None => Some((*excluded).into()),
            }
        }),
        ("a scope that is excluded", |text, _| Some(format!("@node_modules/{}", unscoped(text)?))),
        ("1,025 bytes", |text, _| Some(format!("{text:n<1025}"))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(package_name()), MISTAKES)
}

/// Generates names that are valid for an old package but not for a new one, such as `JSONStream`, `http`, `odd~name`
/// and names of 215 characters ([N2](crate::docs::rules#n2)).
pub fn almost_new_package_name() -> BoxedStrategy<Almost<PackageName>> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a capital letter", |text, _| {
            let at = text.find(|character: char| character.is_ascii_lowercase())?;
            replaced(text, at, &text.get(at..)?.chars().next()?.to_ascii_uppercase().to_string())
        }),
        ("a character that no new name has", |text, at| {
            let characters = ['~', '!', '*', '\'', '(', ')'];
            Some(format!("{text}{}", characters.get(at.checked_rem(characters.len())?)?))
        }),
        ("215 characters", |text, _| Some(format!("{text:n<215}"))),
        ("a core module's name", |text, at| {
            let modules = ["http", "fs", "HTTP", "worker_threads", "stream"];
            unscoped(text)?;
            Some((*modules.get(at.checked_rem(modules.len())?)?).into())
        }),
    ];
    let names = with_mistake(texts(new_package_name()), MISTAKES);
    names
        .prop_filter_map("not even an old name", |Almost { value, wrong }| {
            Some(Almost { value: value.parse().ok()?, wrong })
        })
        .boxed()
}

/// Generates texts that are not a valid [`Scope`](crate::value::Scope), such as `@acme/app`, `@@acme`, `@` and `@..`
/// ([N2](crate::docs::rules#n2), [N3](crate::docs::rules#n3)).
pub fn almost_scope() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("two signs", |text, _| Some(format!("@{text}"))),
        ("the sign alone", |_, _| Some("@".into())),
        ("a package of the scope", |text, _| Some(format!("{text}/app"))),
        ("a scope that is excluded", |_, at| {
            Some((*["@..", "@.", "@node_modules", "Favicon.ico"].get(at & 3)?).into())
        }),
        ("a character that no scope has", |text, at| {
            let characters = [' ', '/', '%', ':', '\u{e9}', '\0'];
            Some(format!("{text}{}", characters.get(at.checked_rem(characters.len())?)?))
        }),
        ("too long to stand before a name", |text, _| Some(format!("{text:n<1023}"))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(scope()), MISTAKES)
}

/// Generates texts that are not a valid name of a user, such as `.alice`, `@alice`, `it's` and names of 257 bytes
/// ([N4](crate::docs::rules#n4)).
pub fn almost_user_name() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a character that no user has", |text, at| {
            let what = NOT_IN_USER_NAMES.get(at.checked_rem(NOT_IN_USER_NAMES.len())?)?;
            Some(with(text, *what, at.checked_div(NOT_IN_USER_NAMES.len())?))
        }),
        ("a leading dot", |text, _| Some(format!(".{text}"))),
        ("a leading at sign", |text, _| Some(format!("@{text}"))),
        ("257 bytes", |text, _| Some(format!("{text:n<257}"))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(user_name()), MISTAKES)
}

/// Generates texts that are not a valid name of an organization or a team, such as `.acme`, `@acme`, `it's` and
/// `acme:ops` ([N4](crate::docs::rules#n4)).
pub fn almost_organization_name() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a character that no organization has", with_other_character),
        ("an apostrophe", |text, at| Some(with(text, '\'', at))),
        ("a leading dot", |text, _| Some(format!(".{text}"))),
        ("215 bytes", |text, _| Some(format!("{text:n<215}"))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(organization_name()), MISTAKES)
}

/// Returns the text if its address is IPv4.
fn v4(text: &str) -> Option<&str> {
    (!text.contains(':')).then_some(text)
}

/// Returns the text if its address is IPv6.
fn v6(text: &str) -> Option<&str> {
    text.contains(':').then_some(text)
}

/// Replaces the prefix length of a range.
fn prefixed(text: &str, prefix: &str) -> Option<String> {
    let (address, _) = text.split_once('/')?;
    Some(format!("{address}/{prefix}"))
}

/// Generates texts that are not a valid [`IpRange`](crate::value::IpRange), such as `10.0.0.0`, `010.0.0.0/8`,
/// `10.0.0.0/33` and `::ffff:10.0.0.0/95` ([T3](crate::docs::rules#t3)).
pub fn almost_ip_range() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a bare address", |text, _| text.split_once('/').map(|(address, _)| address.into())),
        ("no prefix after the slash", |text, _| prefixed(text, "")),
        ("no address before the slash", |text, _| text.split_once('/').map(|(_, prefix)| format!("/{prefix}"))),
        ("a prefix that is too long", |text, _| prefixed(text, if v4(text).is_some() { "33" } else { "129" })),
        ("a prefix of four digits", |text, _| prefixed(text, "1000")),
        ("a prefix with a leading zero", |text, _| {
            text.split_once('/').map(|(address, prefix)| format!("{address}/0{prefix}"))
        }),
        ("a prefix with a sign", |text, _| Some(text.replace('/', "/+"))),
        ("a mask for a prefix", |text, _| prefixed(v4(text)?, "255.0.0.0")),
        ("an octet with a leading zero", |text, _| Some(format!("0{}", v4(text)?))),
        ("an octet too many", |text, _| Some(format!("10.{}", v4(text)?))),
        ("an octet of 256", |text, _| v4(text)?.split_once('.').map(|(_, rest)| format!("256.{rest}"))),
        ("an IPv4-mapped range shorter than 96", |text, _| {
            v4(text)?.split_once('/').map(|(address, _)| format!("::ffff:{address}/95"))
        }),
        ("a zone id", |text, _| Some(v6(text)?.replace('/', "%eth0/"))),
        ("brackets", |text, _| text.split_once('/').map(|(address, prefix)| format!("[{address}]/{prefix}"))),
        ("a second slash", |text, _| Some(format!("{text}/8"))),
        ("a space", |text, at| Some(with(text, ' ', at))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(ip_range()), MISTAKES)
}

/// Generates texts that are not a valid [`ClientIp`](crate::ClientIp), such as `10.01.2.3`, `[::1]`, `fe80::1%eth0` and
/// `10.1.2.3:443` ([T3](crate::docs::rules#t3)).
pub fn almost_client_ip() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a prefix", |text, _| Some(format!("{text}/32"))),
        ("an octet with a leading zero", |text, _| Some(format!("0{}", v4(text)?))),
        ("an octet too many", |text, _| Some(format!("{}.1", v4(text)?))),
        ("a port", |text, _| Some(format!("{}:443", v4(text)?))),
        ("a zone id", |text, _| Some(format!("{}%eth0", v6(text)?))),
        ("brackets", |text, _| Some(format!("[{text}]"))),
        ("a group too many", |text, _| Some(format!("1:2:3:4:5:6:7:8:{}", v6(text)?))),
        ("a list of two", |text, _| Some(format!("{text}, {text}"))),
        ("a space", |text, at| Some(with(text, ' ', at))),
        ("a word", |_, _| Some("unknown".into())),
        ("nothing", |_, _| Some(String::new())),
    ];
    let known = client_ip().prop_filter("unknown", |client| client.address().is_some()).boxed();
    with_mistake(texts(known), MISTAKES)
}

/// Generates texts that are not a valid [`Timestamp`](crate::Timestamp), such as a time without an offset, with a 60th
/// second, or with ten digits of a second.
pub fn almost_timestamp() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("no offset", |text, _| text.strip_suffix('Z').map(Into::into)),
        ("an offset without a colon", |text, _| text.strip_suffix('Z').map(|text| format!("{text}+0000"))),
        ("an offset of a day", |text, _| text.strip_suffix('Z').map(|text| format!("{text}+24:00"))),
        ("a space between date and time", |text, _| replaced(text, 10, " ")),
        ("a small t between date and time", |text, _| replaced(text, 10, "t")),
        ("no month", |text, _| replaced(text, 5, "00")),
        ("a thirteenth month", |text, _| replaced(text, 5, "13")),
        ("the 30th of February", |text, _| replaced(text, 5, "02-30")),
        ("a 24th hour", |text, _| replaced(text, 11, "24")),
        ("a 60th minute", |text, _| replaced(text, 14, "60")),
        ("a 60th second", |text, _| replaced(text, 17, "60")),
        ("ten digits of a second", |text, _| Some(format!("{}.0123456789Z", text.get(..19)?))),
        ("a point without digits", |text, _| Some(format!("{}.Z", text.get(..19)?))),
        ("a comma in the second", |text, _| Some(format!("{},5Z", text.get(..19)?))),
        ("no seconds", |text, _| Some(format!("{}Z", text.get(..16)?))),
        ("a date alone", |text, _| text.get(..10).map(Into::into)),
        ("a space at an end", |text, at| {
            Some(if at.is_multiple_of(2) { format!(" {text}") } else { format!("{text} ") })
        }),
        ("before the year 0000", |_, _| Some("0000-01-01T00:00:00+00:01".into())),
        ("after the year 9999", |_, _| Some("9999-12-31T23:59:59.999999999-00:01".into())),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(timestamp()), MISTAKES)
}

/// Generates texts that are not a valid [`Secret`](crate::Secret): with a space or a character that is not ASCII, with
/// 513 characters, or empty ([S1](crate::docs::rules#s1)).
pub fn almost_secret() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a character that is not visible ASCII", |text, at| {
            let characters = [' ', '\t', '\n', '\r', '\0', '\u{7f}', '\u{e9}', '\u{200b}'];
            Some(with(text, *characters.get(at & 7)?, at.checked_div(8)?))
        }),
        ("513 characters", |text, _| Some(format!("{text:x<513}"))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(secret(), MISTAKES)
}

/// Generates texts that are not a valid [`TokenId`](crate::token::TokenId): with a control character, with 513 bytes,
/// or empty.
pub fn almost_token_id() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a control character", |text, at| {
            Some(with(text, *['\n', '\0', '\u{7f}', '\u{85}'].get(at & 3)?, at.checked_div(4)?))
        }),
        ("513 bytes", |text, _| Some(format!("{text:k<513}"))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(token_id()), MISTAKES)
}

/// Generates texts that are not a valid [`TokenName`](crate::token::TokenName): with a space at an end, with a dot,
/// with 41 characters, or empty ([L6](crate::docs::rules#l6)).
pub fn almost_token_name() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("a space at an end", |text, at| {
            Some(if at.is_multiple_of(2) { format!(" {text}") } else { format!("{text} ") })
        }),
        ("a character that no name has", |text, at| {
            Some(with(text, *['.', '/', '\t', '\u{e9}', '@', '\u{a0}', '\n', ':'].get(at & 7)?, at.checked_div(8)?))
        }),
        ("41 characters", |text, _| Some(format!("{text:n<41}"))),
        ("nothing", |_, _| Some(String::new())),
    ];
    with_mistake(texts(token_name()), MISTAKES)
}

/// Generates texts that are not a valid [`TokenDescription`](crate::token::TokenDescription), because they have 121
/// characters ([L6](crate::docs::rules#l6)).
pub fn almost_token_description() -> BoxedStrategy<Almost> {
    const MISTAKES: &[Mistake<String>] = &[
        ("121 characters", |text, _| Some(format!("{text:.<121}"))),
        ("121 characters beyond ASCII", |text, _| Some(format!("{text:\u{e9}<121}"))),
    ];
    with_mistake(texts(token_description()), MISTAKES)
}

/// Generates lists that are not a valid [`PackageSelection`](crate::token::PackageSelection): empty, or with 51 to 60
/// different packages and scopes ([L2](crate::docs::rules#l2), [L5](crate::docs::rules#l5)).
///
/// No package of a list is in a scope of the list, so every entry counts towards the limit.
pub fn almost_package_selection() -> BoxedStrategy<Almost<Vec<PackageOrScope>>> {
    let many = (51..=60_usize, any::<usize>()).prop_map(|(count, scopes)| {
        let entry = |n: usize| -> Option<PackageOrScope> {
            let is_scope = scopes.checked_shr(u32::try_from(n & 31).ok()?)? & 1 == 1;
            if is_scope {
                Some(PackageOrScope::Scope(format!("@s{n}").parse().ok()?))
            } else {
                Some(PackageOrScope::Package(format!("@p{n}/x").parse().ok()?))
            }
        };
        Almost { value: (0..count).filter_map(entry).collect(), wrong: "more than 50 entries" }
    });
    prop_oneof![9 => many, 1 => proptest::strategy::LazyJust::new(|| Almost { value: Vec::new(), wrong: "nothing" })]
        .boxed()
}

/// Generates lists that are not a valid [`OrganizationSelection`](crate::token::OrganizationSelection): empty, or with
/// 51 to 60 different organizations ([L3](crate::docs::rules#l3), [L5](crate::docs::rules#l5)).
pub fn almost_organization_selection() -> BoxedStrategy<Almost<Vec<OrganizationName>>> {
    let many = (51..=60_usize, organization_name()).prop_map(|(count, first)| {
        let others = (1..count).filter_map(|n| format!("an-org-{n}").parse().ok());
        Almost { value: [first].into_iter().chain(others).collect(), wrong: "more than 50 organizations" }
    });
    prop_oneof![9 => many, 1 => proptest::strategy::LazyJust::new(|| Almost { value: Vec::new(), wrong: "nothing" })]
        .boxed()
}

/// The creation time and the settings of a granular token.
type CreatedAndSettings = (Timestamp, GranularSettings);

/// Generates creation times and settings that break exactly one limit: on the expiry ([L4](crate::docs::rules#l4)), the
/// permissions ([L5](crate::docs::rules#l5)) or the bypass ([L7](crate::docs::rules#l7)).
///
/// [`GranularToken::load`] and [`GranularToken::issue`] refuse such settings.
///
/// [`GranularToken::load`]: crate::token::GranularToken::load
/// [`GranularToken::issue`]: crate::token::GranularToken::issue
pub fn almost_granular_settings() -> BoxedStrategy<Almost<(Timestamp, GranularSettings)>> {
    const MISTAKES: &[Mistake<CreatedAndSettings>] = &[
        ("L4: an instant less than 24 hours", |(created, settings), _| {
            let short = created.checked_add(core::time::Duration::new(86_399, 999_999_999)).ok()?;
            Some((*created, GranularSettings { expires_at: short, ..settings.clone() }))
        }),
        ("L4: it expires as it is made", |(created, settings), _| {
            Some((*created, GranularSettings { expires_at: *created, ..settings.clone() }))
        }),
        ("L4: it expires before it is made", |(created, settings), _| {
            Some((*created, GranularSettings { expires_at: Timestamp::UNIX_EPOCH, ..settings.clone() }))
        }),
        ("L4: made in the last 24 hours of all", |(_, settings), _| {
            Some((Timestamp::MAX, GranularSettings { expires_at: Timestamp::MAX, ..settings.clone() }))
        }),
        ("L5: no permission on either side", |(created, settings), _| {
            let (packages, organizations) = (PackagesGrant::NoAccess, OrganizationsGrant::NoAccess);
            Some((
                *created,
                GranularSettings { packages, organizations, bypass_2fa: TwoFactorBypass::Off, ..settings.clone() },
            ))
        }),
        ("L7: bypass without a read-write permission", |(created, settings), _| {
            let highest = settings.packages.permission().max(settings.organizations.permission());
            let bypass = GranularSettings { bypass_2fa: TwoFactorBypass::On, ..settings.clone() };
            (highest < Permission::ReadWrite).then_some((*created, bypass))
        }),
    ];
    with_mistake(granular_settings().prop_map(|settings| (time(CREATED), settings)).boxed(), MISTAKES)
}
