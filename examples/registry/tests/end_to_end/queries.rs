//! The number of queries of a read, so that it does not grow unseen.

use crate::support::{Person, Request, Server, under_both_editions};

under_both_editions!(
    a_read_takes_at_most_three_queries,
    a_hidden_package_takes_the_same_queries_as_a_name_that_is_free,
);

/// Sends the request, and returns the queries that the server made for it.
#[track_caller]
fn queries(server: &Server, request: Request, status: u16) -> Vec<String> {
    const END: &str = "endpoint=";
    let before = server.log();
    request.send().expect(status);
    let ends = before.matches(END).count() + 1;
    for _ in 0..400 {
        let log = server.log();
        if log.matches(END).count() == ends {
            let lines = log[before.len()..].lines().filter(|line| line.contains("sqlx::query"));
            // The time differs, and so does how long the query took.
            let summary =
                |line: &str| line.split("summary=").nth(1).unwrap().split(" elapsed").next().unwrap().to_owned();
            return lines.map(summary).collect();
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("no line about the request:\n{}", server.log());
}

fn a_read_takes_at_most_three_queries(edition: &str) {
    let server = Server::logging_queries(edition);
    let alice = server.person("alice");
    alice.put("@alice/diary", "1.0.0", None);
    let read = |path: &str| queries(&server, alice.http("GET", path), 200).len();
    // The caller with the package, the size of the document, and its rows.
    assert_eq!(read("/@alice%2fdiary"), 3);
    assert_eq!(read("/@alice%2fdiary"), 1);
    // The caller with the package, and the version.
    assert_eq!(read("/@alice/diary/-/diary-1.0.0.tgz"), 2);
    // A change of the document is read once more.
    alice.put("@alice/diary", "1.1.0", None);
    assert_eq!([read("/@alice%2fdiary"), read("/@alice%2fdiary")], [3, 1]);
    let etag = alice.http("GET", "/@alice%2fdiary").send().header("etag").unwrap().to_owned();
    let known = alice.http("GET", "/@alice%2fdiary").header("if-none-match", &etag);
    assert_eq!(queries(&server, known, 304).len(), 1);
}

fn a_hidden_package_takes_the_same_queries_as_a_name_that_is_free(edition: &str) {
    let server = Server::logging_queries(edition);
    let (alice, eve) = (server.person("alice"), server.person("eve"));
    alice.put("@alice/diary", "1.0.0", None);
    for reader in [&eve, &Person::at(&server, "nobody", None)] {
        for (hidden, free) in [
            ("/@alice%2fdiary", "/@alice%2ffree"),
            ("/@alice/diary/-/diary-1.0.0.tgz", "/@alice/free/-/free-1.0.0.tgz"),
        ] {
            let of = |path: &str| queries(&server, reader.http("GET", path), 404);
            assert_eq!(of(hidden), of(free));
            assert_eq!(of(hidden).len(), 1);
        }
    }
}
