//! Where a request comes from: the connection, or what a trusted proxy says, and never what a client says of itself.

use serde_json::json;

use crate::support::{Request, Server};

/// A token of alice's that is good from this range.
fn token_for(server: &Server, range: &str) -> String {
    let body = json!({
        "name": "there", "packages_all": true, "packages_and_scopes_permission": "read-only",
        "cidr_whitelist": [range],
    });
    server.person("alice").granular(&body)
}

/// Whether the token is good with these headers: 401 with `ipaddress`, or 200.
#[track_caller]
fn is_there(request: Request, forwarded: &[&str]) -> bool {
    let request = forwarded.iter().fold(request, |request, value| request.header("x-forwarded-for", value));
    let reply = request.send();
    match reply.status {
        200 => true,
        401 => {
            assert_eq!(reply.header("www-authenticate"), Some("ipaddress"), "{reply:?}");
            false
        }
        _ => panic!("{forwarded:?}: {reply:?}"),
    }
}

#[test]
fn behind_a_trusted_proxy_the_address_is_the_one_the_proxy_saw() {
    let server = Server::start_with(&["--trusted-proxy", "127.0.0.1/32", "--trusted-proxy", "192.0.2.0/28"]);
    let token = token_for(&server, "203.0.113.0/24");
    let whoami = || server.http("GET", "/-/whoami").bearer(&token);
    for (forwarded, expected) in [
        (&["203.0.113.7"][..], true),
        (&["203.0.114.7"], false),
        (&["::ffff:203.0.113.7"], true),
        (&["2001:db8::7"], false),
        // The client has written the left one itself.
        (&["203.0.113.7, 198.51.100.9"], false),
        (&["203.0.113.7", "198.51.100.9"], false),
        (&["198.51.100.9, 203.0.113.7"], true),
        (&["unknown, 203.0.113.7"], true),
        // A second proxy, trusted as well, is stepped over; one that is not is the client.
        (&["203.0.113.7, 192.0.2.5"], true),
        (&["203.0.113.7, 192.0.2.55"], false),
        // A proxy that says nothing, or nonsense, leaves the address unknown.
        (&[], false),
        (&[""], false),
        (&["unknown"], false),
        (&["203.0.113.7, unknown"], false),
        (&["203.0.113.7 "], true),
        (&["203.0.113.007"], false),
    ] {
        assert_eq!(is_there(whoami(), forwarded), expected, "{forwarded:?}\n{}", server.log());
    }
    // Other headers of the kind are no proxy's.
    for header in ["forwarded", "x-real-ip", "client-ip", "true-client-ip", "x-client-ip"] {
        assert!(!is_there(whoami().header(header, "203.0.113.7").header(header, "for=203.0.113.7"), &["198.51.100.9"]));
    }
}

#[test]
fn without_a_trusted_proxy_the_header_is_not_read() {
    let server = Server::start();
    let token = token_for(&server, "203.0.113.0/24");
    let whoami = || server.http("GET", "/-/whoami").bearer(&token);
    for forwarded in [&[][..], &["203.0.113.7"], &["203.0.113.7, 127.0.0.1"]] {
        assert!(!is_there(whoami(), forwarded), "{forwarded:?}");
    }
}

#[test]
fn a_proxy_that_is_not_trusted_is_the_client() {
    let server = Server::start_with(&["--trusted-proxy", "192.0.2.1/32"]);
    let token = token_for(&server, "127.0.0.0/8");
    let whoami = || server.http("GET", "/-/whoami").bearer(&token);
    for forwarded in [&[][..], &["203.0.113.7"], &["nonsense"]] {
        assert!(is_there(whoami(), forwarded), "{forwarded:?}");
    }
}

#[test]
fn a_range_that_makes_no_sense_keeps_the_server_from_starting() {
    let folder = crate::support::server::temporary_folder();
    for range in ["127.0.0.1", "everyone", "10.0.0.0/33", ""] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tollgate-registry"))
            .args(["--listen", "127.0.0.1:0", "--trusted-proxy", range, "--data"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{range}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--trusted-proxy"), "{output:?}");
    }
}
