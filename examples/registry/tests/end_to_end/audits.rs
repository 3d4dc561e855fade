//! Audits that are passed to a service.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::json;

use crate::support::{Server, tarball::gzip, under_both_editions};

under_both_editions!(
    an_audit_is_passed_to_the_service_without_credentials,
    an_audit_that_the_service_does_not_answer_gets_status_502,
);

/// The requests that a service got: the head of each, and its body.
type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A service that answers every request with this status and this body, until the test ends.
fn service(status: &'static str, body: String) -> (SocketAddr, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, requests) = (listener.local_addr().unwrap(), Requests::default());
    let kept = requests.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            kept.lock().unwrap().push(read_request(&stream));
            let head =
                format!("HTTP/1.1 {status}\r\nset-cookie: a=b\r\nconnection: close\r\ncontent-length: {}", body.len());
            stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        }
    });
    (address, requests)
}

fn read_request(stream: &TcpStream) -> (String, Vec<u8>) {
    let (mut reader, mut head) = (BufReader::new(stream), String::new());
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let head = head.to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}

fn an_audit_is_passed_to_the_service_without_credentials(edition: &str) {
    let advisory = json!({ "left": [{
        "id": 1, "url": "https://advisories.example.test/1", "title": "a hole", "severity": "high",
        "vulnerable_versions": "<2.0.0", "cwe": [], "cvss": { "score": 0 },
    }] });
    let (address, requests) = service("200 OK", advisory.to_string());
    let server = Server::under_with(edition, &["--audit-url", &format!("http://{address}/base/")]);
    let alice = server.person("alice");
    alice.publish("left", "1.0.0", "").succeeds();
    let project = alice.project();
    alice.npm_in(&project, "install left").succeeds();
    alice.npm_in(&project, "audit").fails().says("a hole").says("1 high severity vulnerability");

    let bulk = "/-/npm/v1/security/advisories/bulk";
    let body = gzip(br#"{"left":["1.0.0"]}"#);
    let request = alice.http("POST", bulk).header("content-encoding", "gzip").header("cookie", "a=b").bytes(&body);
    let reply = request.header("content-type", "application/json").send().expect(200);
    assert_eq!((reply.json(), reply.header("set-cookie")), (advisory, None));
    alice.http("POST", "/-/npm/v1/security/audits/quick").json(&json!({})).send().expect(200);
    let requests = requests.lock().unwrap();
    for (head, _) in requests.iter() {
        assert!(head.starts_with("post /base/-/npm/v1/security/"), "{head}");
        for secret in ["authorization", "npm-otp", "cookie", "bearer", "npm-session", "forwarded"] {
            assert!(!head.contains(secret), "{secret} in {head}");
        }
    }
    let (head, passed) = &requests[requests.len() - 2];
    assert!(head.contains("content-encoding: gzip") && *passed == body, "{head}");
    // Too large.
    server.http("POST", bulk).bytes(&vec![b' '; 8 * 1024 * 1024 + 1]).send().expect(413);
}

fn an_audit_that_the_service_does_not_answer_gets_status_502(edition: &str) {
    let nothing_listens = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (broken, _) = service("500 Internal Server Error", "{}".into());
    let (elsewhere, _) = service("302 Found", "{}".into());
    for address in [nothing_listens, broken, elsewhere] {
        let server = Server::under_with(edition, &["--audit-url", &format!("http://{address}")]);
        let reply = server.http("POST", "/-/npm/v1/security/advisories/bulk").json(&json!({})).send().expect(502);
        assert_eq!(reply.error(), "the service for audits did not answer: try again later");
    }
    // A refusal by the service is passed to the client.
    let (refusing, _) = service("400 Bad Request", json!({ "error": "no list" }).to_string());
    let server = Server::under_with(edition, &["--audit-url", &format!("http://{refusing}")]);
    let reply = server.http("POST", "/-/npm/v1/security/advisories/bulk").json(&json!({})).send().expect(400);
    assert_eq!(reply.error(), "no list");
}
