//! Rights of a registry's own kind: patterns of package names, and groups of users. tollgate asks for what they allow one
//! user on one package, and checks the token, the address, the expiry and the second factor as always.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tollgate::{
    PackageName, User, UserName,
    decision::FoundFacts,
    facts::{ExternalCeiling, FoundPackage},
    operation::Action,
};

/// What the members of groups may do with the packages of patterns, such as:
///
/// ```json
/// {
///     "groups": {"web": ["alice"]},
///     "rules": [{"pattern": "web-*", "group": "web", "may": ["read-package", "create-package", "publish-version"]}]
/// }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patterns {
    groups: BTreeMap<String, BTreeSet<UserName>>,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// A name, or the beginning of names before a `*` at the end.
    pattern: String,
    group: String,
    may: Vec<Action>,
}

impl Patterns {
    /// Adds the result of looking up a package, with what the owner of the token may do with it: everything that a rule
    /// for a group of the owner allows.
    pub(crate) fn add(&self, facts: &mut FoundFacts, found: FoundPackage, owner: &User) {
        let (user, package) = (owner.name(), found.name());
        let is_in = |group: &str| self.groups.get(group).is_some_and(|members| members.contains(user));
        let applies = |rule: &&Rule| rule.matches(package) && is_in(&rule.group);
        let actions = self.rules.iter().filter(applies).flat_map(|rule| rule.may.iter().copied());
        let ceiling = ExternalCeiling::new(user.clone(), package.clone(), actions);
        facts.add_package_with_ceiling(found, ceiling);
    }
}

impl Rule {
    fn matches(&self, package: &PackageName) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(start) => package.as_str().starts_with(start),
            None => package.as_str() == self.pattern,
        }
    }
}
