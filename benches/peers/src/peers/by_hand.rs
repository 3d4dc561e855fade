//! A decision written by hand. It returns a `bool`, and does not validate its arguments.

use std::{collections::HashSet, hint::black_box, net::IpAddr};

use ipnet::IpNet;

use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
};

/// A collection of names.
pub trait Names: FromIterator<String> + 'static {
    fn has(&self, name: &str) -> bool;
}

impl Names for Vec<String> {
    fn has(&self, name: &str) -> bool {
        self.iter().any(|own| own == name)
    }
}

impl Names for HashSet<String> {
    fn has(&self, name: &str) -> bool {
        self.contains(name)
    }
}

pub struct Token<N> {
    pub owner: String,
    pub packages: N,
    pub scopes: N,
    pub ranges: Vec<IpNet>,
    pub expires_at: i64,
    pub read_write: bool,
}

pub struct Package {
    pub name: String,
    pub scope: Option<String>,
    /// The maintainers, always in a list, because there are few.
    pub maintainers: Vec<String>,
}

#[derive(Clone, Copy)]
pub struct Request {
    pub client_ip: IpAddr,
    pub now: i64,
}

impl<N: Names> Token<N> {
    pub fn of(facts: &Facts) -> Self {
        Self {
            owner: facts.owner.to_owned(),
            packages: facts.packages.iter().cloned().collect(),
            scopes: facts.scopes.iter().cloned().collect(),
            ranges: facts.ranges.iter().map(|text| text.parse().unwrap()).collect(),
            expires_at: facts.expires.seconds,
            read_write: facts.read_write,
        }
    }

    pub fn is_live(&self, request: &Request) -> bool {
        request.now < self.expires_at
    }

    pub fn accepts(&self, request: &Request) -> bool {
        self.ranges.iter().any(|range| range.contains(&request.client_ip))
    }

    pub fn selects(&self, package: &Package) -> bool {
        package.scope.as_ref().is_some_and(|scope| self.scopes.has(scope)) || self.packages.has(&package.name)
    }

    pub fn may_publish(&self, package: &Package, request: &Request) -> bool {
        self.is_live(request)
            && self.accepts(request)
            && self.read_write
            && self.selects(package)
            && package.maintainers.has(&self.owner)
    }
}

impl Package {
    pub fn of(facts: &Facts) -> Self {
        Self {
            name: facts.package.to_owned(),
            scope: Some(facts.scope.to_owned()),
            maintainers: vec![facts.maintainer.to_owned()],
        }
    }
}

impl Request {
    pub fn of(facts: &Facts) -> Self {
        Self { client_ip: facts.client_ip.parse().unwrap(), now: facts.now.seconds }
    }
}

fn prepare<N: Names>(facts: &Facts) -> Box<dyn Asked> {
    let (token, package, request) = (Token::<N>::of(facts), Package::of(facts), Request::of(facts));
    prepared(
        move || black_box(&token).may_publish(black_box(&package), black_box(&request)),
        |allowed| Verdict::allow_if(*allowed),
    )
}

pub fn prepare_lists(facts: &Facts) -> Box<dyn Asked> {
    prepare::<Vec<String>>(facts)
}

pub fn prepare_sets(facts: &Facts) -> Box<dyn Asked> {
    prepare::<HashSet<String>>(facts)
}
