//! A permission that is removed while the body of a write is still arriving.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use serde_json::json;

use crate::support::{FOUNDING, Person, Server, person::publish_document, under_both_editions};

under_both_editions!(a_permission_removed_before_the_body_has_arrived_writes_nothing);

/// A publish that the server did not refuse by its path, and whose body has not arrived completely.
struct Begun {
    stream: TcpStream,
    rest: String,
}

impl Begun {
    fn publish(server: &Server, person: &Person, name: &str, version: &str) -> Self {
        let body = publish_document(name, version, None).to_string();
        let head = format!(
            "PUT /{} HTTP/1.1\r\nhost: {}\r\n{}connection: close\r\ncontent-length: {}\r\n\r\n",
            name.replace('/', "%2f"),
            server.address(),
            person.header_lines(),
            body.len(),
        );
        let (first, rest) = body.split_at(10);
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(format!("{head}{first}").as_bytes()).unwrap();
        // After this time, the server has decided what the path requires.
        thread::sleep(Duration::from_millis(300));
        Self { stream, rest: rest.to_owned() }
    }

    /// Sends the rest of the body, and returns the status of the response.
    fn finish(mut self) -> u16 {
        let _ = self.stream.write_all(self.rest.as_bytes());
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
    }
}

fn a_permission_removed_before_the_body_has_arrived_writes_nothing(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    alice.put("left", "1.0.0", None);
    let owners = |names: &[&str]| {
        let revision = alice.http("GET", "/left").send().json()["_rev"].as_str().unwrap().to_owned();
        let maintainers: Vec<_> = names.iter().map(|name| json!({ "name": name, "email": "" })).collect();
        let body = json!({ "_id": "left", "_rev": revision, "maintainers": maintainers });
        alice.http("PUT", &format!("/left/-rev/{revision}")).json(&body).send().expect(201);
    };
    owners(&["alice", "bob"]);
    let token = || {
        let body = json!({ "name": "robot", "packages_all": true, "packages_and_scopes_permission": "read-write",
                           "bypass_2fa": true });
        bob.ci_job(&server, &bob.granular(&body))
    };

    // Nothing changes in between, and the publish succeeds.
    assert_eq!(Begun::publish(&server, &bob, "left", "1.0.1").finish(), 201);
    // The token is revoked.
    let robot = token();
    let begun = Begun::publish(&server, &robot, "left", "1.0.2");
    bob.http("DELETE", &format!("/-/npm/v1/tokens/token/{}", robot.token())).send().expect(204);
    assert_eq!(begun.finish(), 401);
    // The token logs itself out.
    let robot = token();
    let begun = Begun::publish(&server, &robot, "left", "1.0.2");
    robot.http("DELETE", &format!("/-/user/token/{}", robot.token())).send().expect(200);
    assert_eq!(begun.finish(), 401);
    // The owner turns a second factor on, or takes off the one that a publish needs.
    let carol = server.person("carol");
    carol.put("carols", "1.0.0", None);
    let begun = Begun::publish(&server, &carol, "carols", "1.0.1");
    if edition == FOUNDING {
        carol.enable_2fa("auth-and-writes");
        assert_eq!(begun.finish(), 401);
    } else {
        let off = json!({ "tfa": { "password": carol.password(), "mode": "disable" } });
        carol.http("POST", "/-/npm/v1/user").json(&off).send().expect(200);
        assert_eq!(begun.finish(), 403);
    }
    // The package gets other owners.
    let begun = Begun::publish(&server, &bob, "left", "1.0.2");
    owners(&["alice"]);
    assert_eq!(begun.finish(), 403);
    // Another user creates a package of this name.
    let begun = Begun::publish(&server, &bob, "right", "1.0.0");
    alice.put("right", "1.0.1", None);
    assert_eq!(begun.finish(), 403);
    // The package becomes private, so the response does not reveal that it exists.
    alice.put("@alice/open", "1.0.0", Some("public"));
    let begun = Begun::publish(&server, &bob, "@alice/open", "1.0.0");
    let hide = json!({ "access": "restricted" });
    let reply = alice.http("POST", "/-/package/@alice%2fopen/access").json(&hide).send();
    assert!(reply.status < 300, "{reply:?}");
    assert_eq!(begun.finish(), 404);
    // The account is suspended.
    let begun = Begun::publish(&server, &bob, "bobs", "1.0.0");
    assert!(server.command(&["user", "suspend", "bob"], "").status.success());
    assert_eq!(begun.finish(), 403);

    let versions = |name: &str| {
        let document = alice.http("GET", name).send();
        document.expect(200).json()["versions"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(versions("/left"), ["1.0.0", "1.0.1"]);
    assert_eq!(versions("/right"), ["1.0.1"]);
    assert_eq!(versions("/carols"), ["1.0.0"]);
    alice.http("GET", "/bobs").send().expect(404);
}
