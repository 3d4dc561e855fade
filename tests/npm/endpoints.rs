//! npm's endpoints by method and path: the requests of npm's client, and paths that are refused.

use proptest::prelude::*;
use tollgate::{
    PackageName,
    npm::{AccountRequest, Endpoint, EndpointError, PackageRequest, PathText, PutTarget, RequiredAccess, StageRequest},
};

/// What the path asks for, as words: `-` for nothing, alternatives with `|`.
fn asked(method: &str, path: &str) -> Result<String, EndpointError> {
    Ok(match Endpoint::classify(method, path)?.required_access() {
        RequiredAccess::Nothing => "-".to_owned(),
        RequiredAccess::This(access_request) => access_request.to_string(),
        RequiredAccess::OneOf(access_requests) => {
            access_requests.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
        }
    })
}

/// Method, path as npm's client writes it, what it asks for. In the order of npm's documentation.
#[rustfmt::skip]
const REQUESTS: &[(&str, &str, &str)] = &[
    ("GET", "/left-pad", "read-package `left-pad`"),
    ("GET", "/left-pad?write=true", "read-package `left-pad`"),
    ("GET", "/@acme%2fw", "read-package `@acme/w`"),
    ("GET", "/left-pad/1.0.0", "read-package `left-pad`"),
    ("GET", "/@acme%2fw/latest", "read-package `@acme/w`"),
    ("GET", "/left-pad/-/left-pad-1.0.0.tgz", "read-package `left-pad`"),
    ("GET", "/@acme/w/-/w-1.0.0-beta.1.tgz", "read-package `@acme/w`"),
    ("PUT", "/@acme%2fw", "publish `@acme/w` | deprecate `@acme/w` | change-maintainers `@acme/w` | star-package `@acme/w`"),
    ("PUT", "/left-pad/-rev/2-demo", "unpublish `left-pad` | change-maintainers `left-pad`"),
    ("DELETE", "/@acme/w/-/w-0.9.0.tgz/-rev/3-demo", "unpublish `@acme/w`"),
    ("DELETE", "/left-pad/-/left-pad-0.9.0.tgz/-rev/3-demo", "unpublish `left-pad`"),
    ("DELETE", "/@acme%2fw/-rev/2-demo", "unpublish `@acme/w`"),
    ("GET", "/-/package/@acme%2fw/dist-tags", "read-package `@acme/w`"),
    ("PUT", "/-/package/left-pad/dist-tags/stable", "set-dist-tag `left-pad`"),
    ("DELETE", "/-/package/@acme%2fw/dist-tags/latest", "set-dist-tag `@acme/w`"),
    ("GET", "/-/package/@acme%2fw/visibility", "read-package `@acme/w`"),
    ("GET", "/-/package/@acme%2fw/collaborators", "list-collaborators `@acme/w`"),
    ("GET", "/-/package/@acme%2fw/collaborators?format=cli", "list-collaborators `@acme/w`"),
    ("POST", "/-/package/@acme%2fw/access", "change-visibility `@acme/w` | change-publishing-access `@acme/w`"),
    ("GET", "/-/team/acme/developers/package", "read-org `acme`"),
    ("GET", "/-/org/acme/package", "read-org `acme`"),
    ("GET", "/-/user/alice/package", "read-profile `alice`"),
    ("PUT", "/-/team/acme/developers/package", "read-org `acme`"),
    ("DELETE", "/-/team/acme/developers/package", "read-org `acme` | whoami"),
    ("GET", "/-/org/acme/user", "read-org `acme`"),
    ("PUT", "/-/org/acme/user", "add-member `acme` | change-member-role `acme`"),
    ("DELETE", "/-/org/acme/user", "remove-member `acme`"),
    ("GET", "/-/org/acme/team?format=cli", "read-org `acme`"),
    ("PUT", "/-/org/acme/team", "read-org `acme`"),
    ("DELETE", "/-/team/acme/developers", "delete-team `acme:developers`"),
    ("GET", "/-/team/acme/developers/user?format=cli", "read-org `acme`"),
    ("PUT", "/-/team/acme/developers/user", "add-team-member `acme:developers`"),
    ("DELETE", "/-/team/acme/developers/user", "remove-team-member `acme:developers`"),
    ("GET", "/-/npm/v1/tokens?page=1&perPage=10", "list-tokens"),
    ("POST", "/-/npm/v1/tokens", "create-token"),
    ("DELETE", "/-/npm/v1/tokens/token/t-old", "revoke-token"),
    ("DELETE", "/-/user/token/npm_000000000000000000000000000000000000", "revoke-self | revoke-token"),
    ("GET", "/-/npm/v1/user", "read-profile"),
    ("POST", "/-/npm/v1/user", "change-profile | change-password | enrol-two-factor | configure-two-factor"),
    ("GET", "/-/whoami", "whoami"),
    ("GET", "/-/ping", "-"),
    ("GET", "/-/ping?write=true", "-"),
    ("GET", "/-/v1/search?text=left-pad&size=20&from=0", "-"),
    ("PUT", "/-/user/org.couchdb.user:alice", "-"),
    ("GET", "/-/user/org.couchdb.user:alice?write=true", "-"),
    ("PUT", "/-/user/org.couchdb.user:alice/-rev/3-0", "-"),
    ("POST", "/-/v1/login", "-"),
    ("POST", "/-/npm/v1/security/advisories/bulk", "-"),
    ("POST", "/-/npm/v1/security/audits", "-"),
    ("POST", "/-/npm/v1/security/audits/quick", "-"),
    ("GET", "/-/npm/v1/keys", "-"),
    ("GET", "/-/npm/v1/attestations/@acme%2fw@1.0.0", "read-package `@acme/w`"),
    ("GET", "/-/npm/v1/attestations/@acme/w@1.0.0", "read-package `@acme/w`"),
    ("GET", "/-/npm/v1/attestations/left-pad@1.0.0", "read-package `left-pad`"),
    ("GET", "/-/_view/starredByUser?key=%22alice%22", "-"),
    ("HEAD", "/left-pad", "read-package `left-pad`"),
    ("POST", "/-/stage/package/left-pad", "stage `left-pad`"),
    ("POST", "/-/stage/package/@acme%2fw", "stage `@acme/w`"),
    ("POST", "/-/stage/package/@acme/w", "stage `@acme/w`"),
    // A package may have the name of an endpoint of ids.
    ("POST", "/-/stage/package/approve", "stage `approve`"),
    ("GET", "/-/stage?page=0&perPage=10", "whoami"),
    ("GET", "/-/stage?page=0&perPage=10&package=left-pad", "read-stage `left-pad`"),
    ("GET", "/-/stage?package=%40acme%2Fw&perPage=10", "read-stage `@acme/w`"),
    ("GET", "/-/stage?p%61ckage=@acme/w", "read-stage `@acme/w`"),
    ("HEAD", "/-/stage", "whoami"),
    ("GET", "/-/stage/0b41c1f0-5d6a-4b7e-9a3f-1f0e5c2d7a68", "whoami"),
    ("GET", "/-/stage/0b41c1f0-5d6a-4b7e-9a3f-1f0e5c2d7a68/tarball", "whoami"),
    ("POST", "/-/stage/0b41c1f0-5d6a-4b7e-9a3f-1f0e5c2d7a68/approve", "whoami"),
    ("DELETE", "/-/stage/0b41c1f0-5d6a-4b7e-9a3f-1f0e5c2d7a68", "whoami"),
    ("DELETE", "/-/stage/%70ackage", "whoami"),
    // A registry may call its users by their e-mail addresses.
    ("PUT", "/-/user/org.couchdb.user:alice@example.com", "-"),
    ("GET", "/-/user/org.couchdb.user:alice+npm%40example.com", "-"),
    ("PUT", "/-/user/org.couchdb.user:alice%2Bnpm%40example.com/-rev/3-0", "-"),
    ("GET", "/-/user/alice@example.com/package", "read-profile `alice@example.com`"),
    ("GET", "/-/_view/starredByUser?key=%22alice%2Bnpm%40example.com%22", "-"),
    ("GET", "/-/_view/starredByUser?key=%22a%3Db%22", "-"),
];

#[test]
fn each_request_of_npm_requires_the_access_in_the_table() {
    for (method, path, expected) in REQUESTS {
        assert_eq!(asked(method, path).as_deref(), Ok(*expected), "{method} {path}");
    }
}

#[test]
fn every_spelling_of_a_scoped_name_is_the_same_package() {
    let expected = Endpoint::classify("GET", "/@acme%2fw").unwrap();
    for path in ["/@acme%2Fw", "/%40acme%2fw", "/%40acme%2Fw", "/@acme/w", "/%40acme/w", "/@%61cme%2f%77"] {
        assert_eq!(Endpoint::classify("GET", path).as_ref(), Ok(&expected), "{path}");
    }
    for (path, package) in [("/@acme/w/1.0.0", "@acme/w"), ("/@acme%2fw/1.0.0", "@acme/w"), ("/w/1.0.0", "w")] {
        let read = Endpoint::classify("GET", path).unwrap();
        let request = PackageRequest::ReadManifest { version: "1.0.0".parse().unwrap() };
        assert_eq!(read, Endpoint::Package { package: package.parse().unwrap(), request }, "{path}");
    }
}

/// Path of a GET, status, and the whole message.
#[rustfmt::skip]
const NOT_A_REQUEST: &[(&str, u16, &str)] = &[
    ("/@acme%252fw", 400, "invalid package name `@acme%2fw`: it starts with `@` without a `/` after the scope: expected `@scope/name`"),
    ("/@acme%252f/w", 400, "invalid package name `@acme%2f/w`: it contains `%`: expected URL-safe ASCII characters only"),
    ("/left-pad/1%252f0", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/-/user/a;b/package", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/-/user/a%3bb/package", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/-/user/org.couchdb.user:a;b", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/@acme%2f%2e%2e", 400, "invalid package name `@acme/..`: `..` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`"),
    ("/@acme/..", 400, "invalid package name `@acme/..`: `..` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`"),
    ("/../left-pad", 400, "invalid package name `..`: `..` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`"),
    ("/.", 400, "invalid package name `.`: `.` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`"),
    ("/left-pad/..", 400, "malformed path: it has the segment `.` or `..`: expected names"),
    ("/left-pad/%2E%2e", 400, "malformed path: it has the segment `.` or `..`: expected names"),
    ("/left-pad/.", 400, "malformed path: it has the segment `.` or `..`: expected names"),
    ("//left-pad", 400, "malformed path: it has an empty segment: expected none between two slashes or at the end"),
    ("/left-pad/", 400, "malformed path: it has an empty segment: expected none between two slashes or at the end"),
    ("/@acme//w", 400, "malformed path: it has an empty segment: expected none between two slashes or at the end"),
    ("/@acme%2f", 400, "invalid package name `@acme/`: it is empty: expected at least one character"),
    ("/@acme\\w", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/@acme%5cw", 400, "invalid package name `@acme\\\\w`: it starts with `@` without a `/` after the scope: expected `@scope/name`"),
    ("/left%5Cpad", 400, "invalid package name `left\\\\pad`: it contains `\\\\`: expected URL-safe ASCII characters only"),
    ("/left-pad/1%5c0", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/left%00pad", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/left%0apad", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/left%20pad", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/l%C3%A9ft", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/léft", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/left-pad%", 400, "malformed path: it has a `%` without two hexadecimal digits: expected percent-encoding"),
    ("/left-pad%2", 400, "malformed path: it has a `%` without two hexadecimal digits: expected percent-encoding"),
    ("/left-pad%+1", 400, "malformed path: it has a `%` without two hexadecimal digits: expected percent-encoding"),
    ("/left-pad%zz", 400, "malformed path: it has a `%` without two hexadecimal digits: expected percent-encoding"),
    ("/@acme%2fw%2fx", 400, "invalid package name `@acme/w/x`: it contains `/`: expected URL-safe ASCII characters only"),
    ("/left%2fpad", 400, "invalid package name `left/pad`: it contains `/`: expected URL-safe ASCII characters only"),
    ("/left-pad/1.0%2f0", 400, "malformed path: it has a slash inside a segment: expected one only between scope and name"),
    ("/@acme", 400, "invalid package name `@acme`: it starts with `@` without a `/` after the scope: expected `@scope/name`"),
    ("/@%2fw", 400, "invalid package name `@/w`: it is empty: expected at least one character"),
    ("left-pad", 400, "malformed path: it does not start with `/`: expected a path"),
    ("", 400, "malformed path: it does not start with `/`: expected a path"),
    ("/left-pad#x", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/left-pad/-/right-pad-1.0.0.tgz", 400, "a file that is no tarball of the package: expected `name-version.tgz`"),
    ("/left-pad/-/left-pad-1.0.0.zip", 400, "a file that is no tarball of the package: expected `name-version.tgz`"),
    ("/left-pad/-/left-pad-.tgz", 400, "a file that is no tarball of the package: expected `name-version.tgz`"),
    ("/left-pad/-/left-pad-..%2f..%2fx.tgz", 400, "a file that is no tarball of the package: expected `name-version.tgz`"),
    ("/@acme/w/-/@acme%2fw-1.0.0.tgz", 400, "a file that is no tarball of the package: expected `name-version.tgz`"),
    ("/-/_view/starredByUser", 400, "malformed query: expected each parameter once, as the endpoint takes it"),
    ("/-/_view/starredByUser?key=alice", 400, "malformed query: expected each parameter once, as the endpoint takes it"),
    ("/-/_view/starredByUser?key=%22alice%22&key=%22bob%22", 400, "malformed query: expected each parameter once, as the endpoint takes it"),
    ("/-/org/ACME%2f/user", 400, "invalid organization name `ACME/`: it contains `/`: expected URL-safe ASCII characters only"),
    ("/-/org/../user", 400, "invalid organization name `..`: it starts with `.`: expected a letter or digit first"),
    ("/", 404, "no such endpoint"),
    ("/-/", 400, "malformed path: it has an empty segment: expected none between two slashes or at the end"),
    ("/-", 404, "no such endpoint"),
    ("/-/nothing", 404, "no such endpoint"),
    ("/%2d/whoami", 400, "invalid package name `-`: it starts with `-`: expected a letter or digit first"),
    ("/-/package/left-pad", 404, "no such endpoint"),
    ("/-/package/left-pad/settings", 404, "no such endpoint"),
    ("/left-pad/1.0.0/extra", 404, "no such endpoint"),
    ("/left-pad/-", 404, "no such endpoint"),
    ("/left-pad/-rev", 404, "no such endpoint"),
    ("/-/npm/v1/hooks", 404, "a webhook is no action of the rules: it is not offered here"),
    ("/-/package/left-pad/trust", 404, "trusted publishing is no action of the rules: it is not offered here"),
    ("/-/npm/v1/oidc/token/exchange/package/left-pad", 404, "trusted publishing is no action of the rules: it is not offered here"),
    ("/-/stage?package=", 400, "invalid package name ``: it is empty: expected at least one character"),
    ("/-/stage?package", 400, "invalid package name ``: it is empty: expected at least one character"),
    ("/-/stage?package=@acme", 400, "invalid package name `@acme`: it starts with `@` without a `/` after the scope: expected `@scope/name`"),
    ("/-/stage?package=@acme%252fw", 400, "invalid package name `@acme%2fw`: it starts with `@` without a `/` after the scope: expected `@scope/name`"),
    ("/-/stage?package=left-pad&package=chalk", 400, "malformed query: expected each parameter once, as the endpoint takes it"),
    ("/-/stage?package=left-pad&p%61ckage=chalk", 400, "malformed query: expected each parameter once, as the endpoint takes it"),
    ("/-/stage/", 400, "malformed path: it has an empty segment: expected none between two slashes or at the end"),
    ("/-/stage/..", 400, "malformed path: it has the segment `.` or `..`: expected names"),
    ("/-/stage/a%2fapprove", 400, "malformed path: it has a slash inside a segment: expected one only between scope and name"),
    ("/-/stage/a;b/tarball", 400, "malformed path: it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"),
    ("/-/stage/package", 404, "no such endpoint"),
    ("/-/stage/package/@acme", 400, "invalid package name `@acme`: it starts with `@` without a `/` after the scope: expected `@scope/name`"),
    ("/-/stage/package/..", 400, "invalid package name `..`: `..` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`"),
    ("/-/stage/package/left-pad/approve", 404, "no such endpoint"),
    ("/-/stage/package/left-pad", 405, "no such method on this endpoint"),
    ("/-/stage/a/approve", 405, "no such method on this endpoint"),
    ("/-/stage/a/reject", 404, "no such endpoint"),
    ("/-/stage/a/approve/b", 404, "no such endpoint"),
    ("/-/stage/a/%61pprove", 404, "no such endpoint"),
    ("/-/v1/login", 405, "no such method on this endpoint"),
    ("/-/package/left-pad/access", 405, "no such method on this endpoint"),
    ("/-/team/acme/developers", 405, "no such method on this endpoint"),
];

#[test]
fn an_invalid_path_is_an_error_and_never_another_package() {
    for (path, status, message) in NOT_A_REQUEST {
        let error = Endpoint::classify("GET", path).expect_err(path);
        assert_eq!((error.status(), error.to_string().as_str()), (*status, *message), "{path}");
    }
    for method in ["PATCH", "OPTIONS", "get", ""] {
        assert_eq!(Endpoint::classify(method, "/left-pad"), Err(EndpointError::UnknownMethod), "{method}");
    }
}

#[test]
fn a_request_about_a_staged_version_has_the_id_and_asks_about_the_package_that_is_looked_up() {
    let (id, package) = ("0b41".parse().unwrap(), "@acme/w".parse().unwrap());
    let listed = StageRequest::List { package: Some("@acme/w".parse().unwrap()) };
    for (method, path, expected, asked) in [
        ("GET", "/-/stage", StageRequest::List { package: None }, "read-stage `@acme/w`"),
        ("GET", "/-/stage?package=@acme%2fw", listed, "read-stage `@acme/w`"),
        ("GET", "/-/stage/0b41", StageRequest::Read { id: PathText::clone(&id) }, "read-stage `@acme/w`"),
        ("GET", "/-/stage/%30b41/tarball", StageRequest::ReadTarball { id: id.clone() }, "read-stage `@acme/w`"),
        ("POST", "/-/stage/0b41/approve", StageRequest::Approve { id: id.clone() }, "approve-stage `@acme/w`"),
        ("DELETE", "/-/stage/0b41", StageRequest::Reject { id: id.clone() }, "reject-stage `@acme/w`"),
    ] {
        assert_eq!(expected.access_request(&package).to_string(), asked, "{method} {path}");
        assert_eq!(Endpoint::classify(method, path), Ok(Endpoint::Stage(expected)), "{method} {path}");
    }
    for (method, path) in [
        ("PUT", "/-/stage"),
        ("POST", "/-/stage"),
        ("DELETE", "/-/stage"),
        ("PUT", "/-/stage/0b41"),
        ("POST", "/-/stage/0b41"),
        ("DELETE", "/-/stage/0b41/approve"),
        ("PUT", "/-/stage/0b41/approve"),
        ("DELETE", "/-/stage/0b41/tarball"),
        ("PUT", "/-/stage/package/left-pad"),
        ("DELETE", "/-/stage/package/left-pad"),
    ] {
        assert_eq!(Endpoint::classify(method, path), Err(EndpointError::UnknownMethod), "{method} {path}");
    }
}

/// Without the encoding, the path would stage a version of a package `approve` or `tarball`.
#[test]
fn the_id_package_is_never_taken_for_the_path_of_a_package() {
    let id: PathText = "package".parse().unwrap();
    for request in [
        StageRequest::Read { id: id.clone() },
        StageRequest::ReadTarball { id: id.clone() },
        StageRequest::Approve { id: id.clone() },
        StageRequest::Reject { id },
    ] {
        let endpoint = Endpoint::Stage(request);
        let path = endpoint.to_path();
        assert_eq!(Endpoint::classify(endpoint.method(), &path).as_ref(), Ok(&endpoint), "{path}");
    }
}

#[test]
fn a_secret_in_a_path_is_in_no_error_and_not_in_debug() {
    let secret = "npm_QzXvJwKpYtRbHgFdLsMn9876543210qWeRtYuI";
    for (method, path) in [
        ("DELETE", format!("/-/user/token/{secret}")),
        ("DELETE", format!("/-/npm/v1/tokens/token/{secret}")),
        ("GET", format!("/-/user/token/{secret}")),
        ("GET", format!("/{secret}%20")),
        ("GET", format!("/-/org/{secret}~%2f/user")),
        ("GET", format!("/left-pad/{secret}")),
        ("DELETE", format!("/{secret}/-rev/1")),
    ] {
        let printed = match Endpoint::classify(method, &path) {
            Ok(Endpoint::Account(request)) => format!("{request:?}"),
            Ok(Endpoint::Package { request, .. }) => format!("{request:?}"),
            Ok(_) => String::new(),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!printed.contains("KpYtRbHg"), "{method} {path}: {printed}");
    }
    let Ok(Endpoint::Account(tollgate::npm::AccountRequest::Logout { token })) =
        Endpoint::classify("DELETE", &format!("/-/user/token/{secret}"))
    else {
        panic!("a logout")
    };
    assert_eq!(token.as_secret().unwrap().digest(), tollgate::Secret::new(secret).unwrap().digest());
}

#[test]
fn a_token_in_a_path_is_decoded_once_and_may_have_a_slash() {
    for (encoded, text) in [("a%2Fb", "a/b"), ("a%2fb%3D%3d", "a/b=="), ("%40%7e%2B", "@~+")] {
        let endpoint = Endpoint::classify("DELETE", &format!("/-/user/token/{encoded}")).unwrap();
        let Endpoint::Account(tollgate::npm::AccountRequest::Logout { token }) = &endpoint else { panic!("a logout") };
        let expected = tollgate::Secret::new(text).unwrap().digest();
        assert_eq!(token.as_secret().unwrap().digest(), expected, "{encoded}");
        assert_eq!(Endpoint::classify("DELETE", &endpoint.to_path()), Ok(endpoint));
    }
}

#[test]
fn a_user_may_be_called_token_and_a_token_package() {
    assert_eq!(asked("GET", "/-/user/token/package").as_deref(), Ok("read-profile `token`"));
    assert_eq!(asked("DELETE", "/-/user/token/package").as_deref(), Ok("revoke-self | revoke-token"));
}

#[test]
fn endpoints_that_are_printed_parse_back() {
    for (method, path, _) in REQUESTS {
        let endpoint = Endpoint::classify(method, path).unwrap();
        assert_eq!(Endpoint::classify(endpoint.method(), &endpoint.to_path()).as_ref(), Ok(&endpoint), "{path}");
        assert!(endpoint.method() == *method || *method == "HEAD", "{method} {path}");
    }
}

proptest! {
    /// Any target at all, and targets made of the pieces that matter.
    #[test]
    fn any_endpoint_that_is_printed_parses_back(
        method in "GET|PUT|POST|DELETE",
        target in prop_oneof![
            "\\PC{0,40}",
            "(/(-|-rev|@|@acme|w|w-1.tgz|%40|%2f|%252f|%2e|user|token|org|team|package|npm|v1|tokens|stage|approve|tarball|[a-z%@.~-]{1,6})){1,7}(\\?(key=%22[a-z]{1,3}%22|package=(@a%2f)?[a-z]{1,3}))?",
        ],
    ) {
        if let Ok(endpoint) = Endpoint::classify(&method, &target) {
            let path = endpoint.to_path();
            prop_assert_eq!(Endpoint::classify(endpoint.method(), &path), Ok(endpoint), "{} as {}", target, path);
        }
    }
}

/// The documents that `PackumentChanges` reads come to three endpoints.
#[test]
fn a_document_of_a_package_is_put_to_three_endpoints() {
    let package: PackageName = "left-pad".parse().unwrap();
    for (method, path, target) in [
        ("PUT", "/left-pad", Some(PutTarget::Package)),
        ("PUT", "/left-pad/-rev/3-0", Some(PutTarget::Revision)),
        ("POST", "/-/stage/package/left-pad", Some(PutTarget::Stage)),
        ("GET", "/left-pad", None),
        ("DELETE", "/left-pad/-rev/3-0", None),
        ("PUT", "/-/package/left-pad/dist-tags/next", None),
        ("POST", "/-/package/left-pad/access", None),
        ("GET", "/-/whoami", None),
    ] {
        let endpoint = Endpoint::classify(method, path).unwrap();
        assert_eq!(endpoint.put_target(), target.map(|target| (&package, target)), "{method} {path}");
    }
}

/// A registry may be below a path of its host. A path that only begins with the same letters is another's.
#[test]
fn a_path_is_classified_below_its_mount_point_and_nowhere_else() {
    let read = Endpoint::classify("GET", "/left-pad").unwrap();
    for (mount, path, expected) in [
        ("/npm", "/npm/left-pad", Ok(&read)),
        ("/npm/", "/npm/left-pad", Ok(&read)),
        ("", "/left-pad", Ok(&read)),
        ("/npm", "/npmleft-pad", Err(EndpointError::UnknownEndpoint)),
        ("/npm", "/npm", Err(EndpointError::UnknownEndpoint)),
        ("/npm", "/left-pad", Err(EndpointError::UnknownEndpoint)),
    ] {
        assert_eq!(Endpoint::classify_below(mount, "GET", path).as_ref(), expected.as_ref().copied(), "{mount} {path}");
    }
}

#[test]
fn a_text_of_a_path_is_printed_as_it_is_and_a_token_of_a_path_is_not() {
    let text: PathText = "1.0.0-beta.1".parse().unwrap();
    assert_eq!((text.to_string().as_str(), format!("{text:?}").as_str()), ("1.0.0-beta.1", "PathText(`1.0.0-beta.1`)"));
    assert_eq!(format!("{text:>14}"), "  1.0.0-beta.1");
    let token = |text: &str| {
        let endpoint = Endpoint::classify("DELETE", &format!("/-/npm/v1/tokens/token/{text}")).unwrap();
        let Endpoint::Account(AccountRequest::RevokeToken { token }) = endpoint else { panic!("{endpoint:?}") };
        token
    };
    assert_eq!(format!("{:?}", token("t-1")), "TokenInPath(…)");
    assert_eq!(token("t-1"), token("t-1"));
    assert_ne!(token("t-1"), token("t-2"));
}
