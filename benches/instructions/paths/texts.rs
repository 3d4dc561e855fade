//! Parsing texts, loading stored tokens, and a whole decision from the texts of a request.

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group};
use tollgate::{
    ClientIp, PackageAction, PackageName, Secret, StoredToken, Timestamp, Token, UserName,
    decision::Caller,
    directory::Directory,
    npm::{Endpoint, EndpointError},
    token::{SecretError, StoredTokenError},
    value::{ClientIpError, IpRange, IpRangeError, NameError, Scope, TimestampError},
};
use tollgate_instructions::{ADDRESS, Kind, NAME, SECRET, directory, kept, parsed, stored};

#[library_benchmark]
#[bench::unscoped("left-pad")]
#[bench::scoped("@acme/left-pad")]
fn package_name(text: &'static str) -> Result<PackageName<&'static str>, NameError> {
    PackageName::new(text)
}

#[library_benchmark]
#[bench::scope("@acme")]
fn scope(text: &'static str) -> Result<Scope<&'static str>, NameError> {
    Scope::new(text)
}

#[library_benchmark]
#[bench::user("alice")]
fn user_name(text: &'static str) -> Result<UserName<&'static str>, NameError> {
    UserName::new(text)
}

#[library_benchmark]
#[bench::v4("198.51.100.7")]
#[bench::v6("2001:db8::7")]
fn client_ip(text: &'static str) -> Result<ClientIp, ClientIpError> {
    text.parse()
}

#[library_benchmark]
#[bench::v4("198.51.100.0/24")]
#[bench::v6("2001:db8::/32")]
fn ip_range(text: &'static str) -> Result<IpRange, IpRangeError> {
    text.parse()
}

#[library_benchmark]
#[bench::in_utc("2025-11-01T00:00:00Z")]
#[bench::with_offset("2025-11-01T00:00:00.123456789+01:00")]
fn timestamp(text: &'static str) -> Result<Timestamp, TimestampError> {
    text.parse()
}

#[library_benchmark]
#[bench::of_40_bytes(SECRET)]
fn secret(text: &'static str) -> Result<Secret<'static>, SecretError> {
    Secret::new(text)
}

/// Classifies the request once, so that the allocator already has free blocks of the sizes needed.
///
/// Otherwise the count would depend on all earlier allocations, even on the length of this program's path.
fn line(method: &'static str, target: &'static str) -> (&'static str, &'static str) {
    assert!(Endpoint::classify(method, target).is_ok());
    (method, target)
}

#[library_benchmark]
#[bench::publish(line("PUT", "/@acme%2fapp"))]
#[bench::packument(line("GET", "/@acme%2fapp"))]
#[bench::tarball(line("GET", "/@acme/app/-/app-1.0.0.tgz"))]
fn classify((method, target): (&'static str, &'static str)) -> Result<Endpoint, EndpointError> {
    Endpoint::classify(method, target)
}

library_benchmark_group!(
    name = read,
    benchmarks = [package_name, scope, user_name, client_ip, ip_range, timestamp, secret, classify]
);

fn stored_form(kind: Kind, entries: usize) -> &'static StoredToken {
    let stored: StoredToken = serde_json::from_value(stored(kind, entries)).expect("a stored token");
    assert!(stored.load().is_ok());
    kept(stored)
}

#[library_benchmark]
#[bench::of_50_entries(stored_form(Kind::Granular, 50))]
#[bench::of_1_entry(stored_form(Kind::Granular, 1))]
#[bench::legacy(stored_form(Kind::Legacy, 0))]
fn load_token(stored: &'static StoredToken) -> Result<Token, StoredTokenError> {
    stored.load()
}

/// The secret, the package name and the address of a request as texts, and its time.
type Texts = (&'static str, &'static str, &'static str, Timestamp);

fn request() -> (&'static Directory, Texts) {
    let (directory, texts) = (directory(), (SECRET, NAME, ADDRESS, parsed("2025-11-01T00:00:00Z")));
    assert!(decided(directory, texts));
    (directory, texts)
}

/// Decides from the texts of a request whether the package may be published.
fn decided(directory: &'static Directory, (secret, name, address, now): Texts) -> bool {
    let (Ok(secret), Ok(name), Ok(client_ip)) = (Secret::new(secret), PackageName::new(name), address.parse()) else {
        return false;
    };
    let Caller::Token(token) = directory.token_by_secret(secret) else { return false };
    let operation = PackageAction::Publish.on(directory.package(name));
    black_box(token.at(client_ip, now).decide(operation)).is_allow()
}

#[library_benchmark]
#[bench::from_texts(request())]
fn authenticated((directory, texts): (&'static Directory, Texts)) -> bool {
    decided(directory, texts)
}

library_benchmark_group!(name = stores, benchmarks = [load_token, authenticated]);
