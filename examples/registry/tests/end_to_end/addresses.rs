//! The address of a client: the address of the connection, or the address that a trusted proxy reports. The client
//! cannot choose it.

use serde_json::json;

use crate::support::{Request, Server, under_both_editions};

under_both_editions!(
    behind_a_trusted_proxy_the_client_is_the_address_that_the_proxy_saw,
    without_a_trusted_proxy_the_header_is_not_read,
    an_untrusted_proxy_counts_as_the_client,
);

/// Creates a token of alice that may be used only from this range, and returns its text.
fn token_for(server: &Server, range: &str) -> String {
    let body = json!({
        "name": "there", "packages_all": true, "packages_and_scopes_permission": "read-only",
        "cidr_whitelist": [range],
    });
    server.person("alice").granular(&body)
}

/// Whether the token may be used with these `X-Forwarded-For` headers: the status is 200, or 401 with `ipaddress`.
#[track_caller]
fn is_in_range(request: Request, forwarded: &[&str]) -> bool {
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

fn behind_a_trusted_proxy_the_client_is_the_address_that_the_proxy_saw(edition: &str) {
    let server = Server::under_with(edition, &["--trusted-proxy", "127.0.0.1/32", "--trusted-proxy", "192.0.2.0/28"]);
    let token = token_for(&server, "203.0.113.0/24");
    let whoami = || server.http("GET", "/-/whoami").bearer(&token);
    for (forwarded, expected) in [
        (&["203.0.113.7"][..], true),
        (&["203.0.114.7"], false),
        (&["::ffff:203.0.113.7"], true),
        (&["2001:db8::7"], false),
        // The proxy appends an address, so the client itself has written the address to the left.
        (&["203.0.113.7, 198.51.100.9"], false),
        (&["203.0.113.7", "198.51.100.9"], false),
        (&["198.51.100.9, 203.0.113.7"], true),
        (&["unknown, 203.0.113.7"], true),
        // A second trusted proxy is skipped. A proxy that is not trusted counts as the client.
        (&["203.0.113.7, 192.0.2.5"], true),
        (&["203.0.113.7, 192.0.2.55"], false),
        // A missing or malformed header leaves the address unknown.
        (&[], false),
        (&[""], false),
        (&["unknown"], false),
        (&["203.0.113.7, unknown"], false),
        (&["203.0.113.7 "], true),
        (&["203.0.113.007"], false),
    ] {
        assert_eq!(is_in_range(whoami(), forwarded), expected, "{forwarded:?}\n{}", server.log());
    }
    // Similar headers are not read.
    for header in ["forwarded", "x-real-ip", "client-ip", "true-client-ip", "x-client-ip"] {
        assert!(!is_in_range(
            whoami().header(header, "203.0.113.7").header(header, "for=203.0.113.7"),
            &["198.51.100.9"]
        ));
    }
}

fn without_a_trusted_proxy_the_header_is_not_read(edition: &str) {
    let server = Server::under(edition);
    let token = token_for(&server, "203.0.113.0/24");
    let whoami = || server.http("GET", "/-/whoami").bearer(&token);
    for forwarded in [&[][..], &["203.0.113.7"], &["203.0.113.7, 127.0.0.1"]] {
        assert!(!is_in_range(whoami(), forwarded), "{forwarded:?}");
    }
}

fn an_untrusted_proxy_counts_as_the_client(edition: &str) {
    let server = Server::under_with(edition, &["--trusted-proxy", "192.0.2.1/32"]);
    let token = token_for(&server, "127.0.0.0/8");
    let whoami = || server.http("GET", "/-/whoami").bearer(&token);
    for forwarded in [&[][..], &["203.0.113.7"], &["nonsense"]] {
        assert!(is_in_range(whoami(), forwarded), "{forwarded:?}");
    }
}

// Not under both editions: no server starts.
#[test]
fn a_malformed_range_on_the_command_line_is_an_error() {
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
