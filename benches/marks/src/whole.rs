//! Marks of a whole request from texts, of loading a stored token, and of decisions about many packages.

use std::{collections::BTreeMap, hint::black_box};

use allocation_counter::measure;
use tollgate::{
    ClientIp, Decision, Package, PackageAction, PackageName, Policy, Secret, StoredToken, Timestamp, authorize,
    decision::Caller,
    directory::{Directory, World},
    facts::{Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, UserGrants, Visibility},
    value::GrantedPermission,
};

use crate::{
    decision::{answer, without_allocation},
    facts::{self, parsed},
    numbers::{Random, number},
    race::{Race, SHA},
    table::{Table, Unit},
    world::{Shape, Size, Token, secret},
};

/// A request as a server receives it, in texts. The server adds the time.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) secret: String,
    pub(crate) package: String,
    pub(crate) address: String,
    pub(crate) action: PackageAction,
}

impl Request {
    /// Creates a request with this token. One in four is a publish, and the others are reads.
    pub(crate) fn new(shape: &Shape, token: usize, random: &mut Random) -> Self {
        let presented = Token::new(shape, token);
        Self {
            secret: secret(token),
            package: shape.package_name(presented.package(shape, random)),
            address: presented.address(random),
            action: if random.percent(25) { PackageAction::Publish } else { PackageAction::ReadPackage },
        }
    }

    /// Decides the request: parses every text, looks up the token and the package, and passes the decision on.
    // Never inlined, so that a profile shows it apart from loading.
    #[inline(never)]
    pub(crate) fn decide<T>(
        &self,
        directory: &Directory,
        now: Timestamp,
        hand_on: impl FnOnce(&Decision<'_>) -> T,
    ) -> T {
        let secret = Secret::new(black_box(&self.secret)).expect("a secret");
        let Caller::Token(bound) = directory.token_by_secret(secret) else { unreachable!("a token on record") };
        let name = PackageName::new(black_box(&self.package)).expect("a name");
        let client_ip: ClientIp = black_box(&self.address).parse().expect("an address");
        hand_on(&authorize(&bound, black_box(self.action), directory.package(name), client_ip, black_box(now)))
    }
}

/// The count of each answer. It is printed, because a measurement in which the first check denied everything would say
/// little.
#[derive(Debug, Default)]
pub(crate) struct Answers(BTreeMap<&'static str, usize>);

impl Answers {
    pub(crate) fn count(&mut self, decision: &Decision<'_>) {
        *self.0.entry(answer(decision)).or_default() += 1;
    }

    pub(crate) fn notes(&self, table: &mut Table, of: &str) {
        let all: usize = self.0.values().sum();
        for (answer, count) in &self.0 {
            table.note(format!("answers of {of}: {answer}"), 100.0 * number(*count) / number(all), Unit::Percent);
        }
    }
}

/// Measures all of these and adds their rows to the table.
pub(crate) fn rows(table: &mut Table) {
    from_texts(table);
    from_record(table);
    many(table);
}

fn from_texts(table: &mut Table) {
    let size = Size { users: 100, packages: 300, tokens: 500 };
    let shape = Shape::new(size);
    let world: World = serde_json::from_str(&shape.json(size.packages, size.tokens)).expect("a world");
    let directory = Directory::load(&world).expect("a world that keeps the rules");
    let mut random = Random::seeded(2);
    let mut order: Vec<usize> = (0..size.tokens).collect();
    random.shuffle(&mut order);
    let requests: Vec<_> = order.into_iter().map(|token| Request::new(&shape, token, &mut random)).collect();
    let (mut answers, now) = (Answers::default(), facts::now());
    for request in &requests {
        request.decide(&directory, now, |decision| answers.count(decision));
        without_allocation("from texts", &mut || {
            request.decide(&directory, now, |decision| {
                black_box(decision);
            });
        });
    }
    let mut race = Race::new();
    let mut turn = requests.iter().cycle();
    let texts = race.enter(move || {
        if let Some(request) = turn.next() {
            request.decide(&directory, now, |decision| {
                black_box(decision);
            });
        }
    });
    let times = race.run();
    table.mark("from the texts of secret, package and address to the answer", 5.0, times.ratio(texts, SHA), Unit::Sha);
    answers.notes(table, "these");
}

fn from_record(table: &mut Table) {
    let (token, alice) = (facts::token(50), facts::alice(Memberships::empty()));
    let text = serde_json::to_string(&StoredToken::from(&token)).expect("a record");
    let record: StoredToken = serde_json::from_str(&text).expect("a record");
    assert_eq!(record.load().as_ref(), Ok(&token));
    let allocations = measure(|| {
        black_box(&record.load().is_ok());
    });
    let mut bind = || {
        black_box(&Policy::NPM_2025_10.bind(black_box(&token), black_box(&alice)).expect("her token"));
    };
    without_allocation("bind", &mut bind);
    let mut race = Race::new();
    let load = race.enter(|| {
        black_box(&black_box(&record).load());
    });
    let bind = race.enter(bind);
    let times = race.run();
    let mark = "a token with 50 entries from its parsed record, and dropping it";
    table.mark(mark, 100.0, times.ratio(load, SHA), Unit::Sha);
    table.note("allocations of the same", f64_of(allocations.count_total), Unit::None);
    table.mark("`Policy::bind`, by reference, no allocation", 0.2, times.ratio(bind, SHA), Unit::Sha);
}

fn f64_of(count: u64) -> f64 {
    number(usize::try_from(count).expect("a small count"))
}

/// Returns 10,000 packages. Half of them are private. The token selects some of the private ones, and Alice may read
/// two thirds of them.
fn packages() -> Vec<Package> {
    let package = |n: usize| {
        let (name, scope_owner, visibility) = match n % 4 {
            0 => (format!("package-{n}"), ScopeOwner::Unscoped, Visibility::Public),
            1 => (format!("@scope{:02}/package-{n}", n % 50), ScopeOwner::User, Visibility::Public),
            _ => (format!("@scope{:02}/package-{n}", n % 50), ScopeOwner::User, Visibility::Private),
        };
        let other = [("bob", GrantedPermission::ReadWrite)];
        let alice = [("alice", GrantedPermission::ReadOnly)];
        let users = other.into_iter().chain(alice.into_iter().filter(|_| !n.is_multiple_of(3)));
        let users = UserGrants::new(users.map(|(name, permission)| (parsed(name), permission))).expect("grants");
        let access = PublishingAccess::TwoFactorOrBypass;
        Package::new(PackageFacts {
            name: parsed(&name),
            scope_owner,
            visibility,
            publishing_access: access,
            users,
            teams: TeamGrants::empty(),
        })
        .expect("a package")
    };
    (0..10_000).map(package).collect()
}

fn many(table: &mut Table) {
    let (token, alice, packages) = (facts::token(50), facts::alice(Memberships::empty()), packages());
    let private = packages.iter().filter(|package| package.visibility() == Visibility::Private).count();
    assert_eq!(private, packages.len() / 2);
    let bound = Policy::NPM_2025_10.bind(&token, &alice).expect("her token");
    let (client_ip, now) = (facts::client_ip(), facts::now());
    let users = facts::maintainer(GrantedPermission::ReadWrite);
    let single = facts::private("@scope24/pkg", users, TeamGrants::empty());
    let mut race = Race::new();
    let single = race.enter(|| {
        let (bound, package) = (black_box(&bound), black_box(&single));
        let decision = authorize(bound, PackageAction::Publish, package, black_box(client_ip), black_box(now));
        black_box(&decision);
    });
    let readable = race.enter(|| {
        let presented = black_box(&bound).at(black_box(client_ip), black_box(now));
        presented.readable(black_box(&packages)).for_each(|package| {
            black_box(&package);
        });
    });
    let decide = |packages: &[Package]| {
        let presented = black_box(&bound).at(black_box(client_ip), black_box(now));
        for package in black_box(packages) {
            black_box(&presented.decide(PackageAction::ReadPackage.on(package)));
        }
    };
    let decided = race.enter(|| decide(&packages));
    let few = packages.get(..100).expect("so many");
    let cached = race.enter(|| decide(few));
    let whole = race.enter(|| {
        for package in black_box(&packages) {
            let (client_ip, now) = (black_box(client_ip), black_box(now));
            black_box(&authorize(black_box(&bound), PackageAction::ReadPackage, package, client_ip, now));
        }
    });
    let times = race.run();
    let shown = bound.at(client_ip, now).readable(&packages).count();
    assert!((5_000..10_000).contains(&shown), "all public ones, and some of the others: {shown}");
    let each = number(packages.len());
    let of = "of 10,000 packages, half private, to one `authorize` of a publish";
    table.mark(format!("`readable`, each {of}"), 0.5, times.ratio(readable, single) / each, Unit::Times);
    table.mark(format!("`decide` of a read, each {of}"), 0.5, times.ratio(decided, single) / each, Unit::Times);
    let of_few = "the same, each of 100 of them, which stay in the processor's first cache";
    table.note(of_few, times.ratio(cached, single) / number(few.len()), Unit::Times);
    table.note(format!("`authorize` of a read, each {of}"), times.ratio(whole, single) / each, Unit::Times);
    table.note("`readable`, each", times.ratio(readable, SHA) / each, Unit::Sha);
    let private = packages.iter().filter(|package| package.visibility() == Visibility::Private);
    let private: Vec<&Package> = private.collect();
    let mut race = Race::new();
    let readable = race.enter(|| {
        let presented = black_box(&bound).at(black_box(client_ip), black_box(now));
        presented.readable(black_box(&private).iter().copied()).for_each(|package| {
            black_box(&package);
        });
    });
    let times = race.run();
    table.note("the same, each private one", times.ratio(readable, SHA) / number(private.len()), Unit::Sha);
}
