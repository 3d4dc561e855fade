//! The process: the first start, the shutdown, and slow clients.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    account::app_of,
    support::{
        FOUNDING, Person, Server,
        npm::{Answer, finish},
        person::publish_document,
        under_both_editions,
    },
};

under_both_editions!(
    the_lines_printed_by_the_first_start_publish_a_package,
    a_publish_that_has_begun_is_finished_before_the_server_stops,
    slow_clients_are_cut_off_while_others_are_served,
);

fn the_lines_printed_by_the_first_start_publish_a_package(edition: &str) {
    let server = Server::under_with(edition, &["--demo"]);
    let printed = server.printed_with("To log in as another user");
    let how = if edition == FOUNDING {
        "To publish a package, paste:\n\n"
    } else {
        "run these one by one; under this edition a publish needs a code of your authenticator app:\n\n"
    };
    let (_, lines) = printed.split_once(how).expect("instructions");
    let (lines, _) = lines.split_once("\n\n").expect("an empty line after them");
    let nobody = Person::at(&server, "nobody", None);
    let folder = nobody.project();
    let run = |lines: &str, answers: &[Answer<'_>]| {
        let script = format!("set -e\n{lines}\n");
        let mut shell = nobody.npm_client().command("sh".as_ref(), &folder);
        // The lines configure the registry, so the environment must not.
        shell.env_remove("npm_config_registry").args(["-c", &script]);
        finish(shell, script, answers, nobody.log())
    };
    let ran = if edition == FOUNDING {
        run(lines, &[])
    } else {
        // The user reads the password above the lines, and codes from the authenticator app.
        let (_, password) = printed.split_once("it has a user now: demo, password ").expect("a password");
        let password = password.split_whitespace().next().unwrap();
        let enable = "npm profile enable-2fa auth-and-writes\n";
        let (before, after) = lines.split_once(enable).expect("the line that enrols a second factor");
        let enrolled = run(
            &format!("{before}{enable}"),
            &[
                ("npm password:", &|_: &str| password.to_owned()),
                ("And an OTP code from your authenticator:", &|printed: &str| app_of(printed).code()),
            ],
        );
        let code = app_of(&enrolled.succeeds().stdout).code();
        run(&format!("cd hello-tollgate\n{}", after.replace("CODE", &code)), &[])
    };
    ran.succeeds().says("+ hello-tollgate@1.0.0").says("hello-tollgate@1.0.0 |");
    // The second start creates no user, and prints nothing about one.
    let server = server.killed_and_restarted();
    assert!(!server.printed().contains("demo"), "{}", server.printed());
    assert!(!server.printed().contains("paste"), "{}", server.printed());
}

fn a_publish_that_has_begun_is_finished_before_the_server_stops(edition: &str) {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::under(edition);
        let alice = server.person("alice");
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let body = publish_document("left", "1.0.0", None).to_string();
        let head = format!(
            "PUT /left HTTP/1.1\r\nhost: {}\r\n{}content-length: {}\r\n\r\n",
            server.address(),
            alice.header_lines(),
            body.len(),
        );
        let (first, rest) = body.split_at(body.len() / 2);
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(first.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(300));
        assert!(Command::new("kill").args([signal, &server.pid().to_string()]).status().unwrap().success());
        server.wait_for_log("stopping");
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        assert_eq!(server.wait().code(), Some(0));
        let server = server.killed_and_restarted();
        server.http("GET", "/left/1.0.0").send().expect(200);
    }
}

fn slow_clients_are_cut_off_while_others_are_served(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let begun = Instant::now();
    let host = format!("host: {}\r\n", server.address());
    let authorization = alice.header_lines();
    let slow = [
        // They send nothing, stop within the headers, or do not send the body.
        String::new(),
        format!("GET /-/ping HTTP/1.1\r\n{host}"),
        format!("POST /-/npm/v1/tokens HTTP/1.1\r\n{host}{authorization}content-length: 100\r\n\r\n{{"),
        format!("PUT /-/package/left/access HTTP/1.1\r\n{host}{authorization}content-length: 100\r\n\r\n"),
    ];
    let streams = slow.map(|text| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    });
    alice.npm("ping").succeeds();
    for mut stream in streams {
        // The server responds, or only closes the connection.
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        assert!(ended.is_ok(), "still open after {:?}", begun.elapsed());
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    alice.npm("ping").succeeds();
}

// Not under both editions: no server starts.
#[test]
fn an_invalid_command_line_is_an_error_that_names_the_problem() {
    let folder = crate::support::server::temporary_folder();
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_tollgate-registry");
        Command::new(program).args(arguments).arg("--data").arg(folder.path().join("data")).output().unwrap()
    };
    for (arguments, text) in [
        (&["--listen", "nowhere"][..], "--listen"),
        (&["--database-url", "mysql://localhost/x"], "postgres"),
        (&["org", "create", "Acme", "--owner", "nobody"], ""),
        (&["user", "suspend", "nobody"], "does not exist"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let output = run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(text), "{arguments:?}: {output:?}");
    }
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for flag in ["--listen", "--data", "--database-url", "--trusted-proxy", "--public-url"] {
        assert!(help.contains(flag), "{help}");
    }
}
