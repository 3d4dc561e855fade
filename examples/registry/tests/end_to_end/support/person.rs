//! People, each with an account, a token and an npm.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    Ran, Reply, Request, Server,
    npm::{Answer, Npm},
    server::SharedText,
    tarball::tarball,
    totp::Authenticator,
};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// **A person at a terminal**, with or without an account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    name: String,
    token: Option<String>,
    npm: Npm,
    address: SocketAddr,
    folder: PathBuf,
    log: SharedText,
}

impl Person {
    /// Creates an account with the request that npm's legacy `adduser` sends.
    #[track_caller]
    pub(crate) fn join(server: &Server, name: &str) -> Self {
        let document = login_document(name, &password_of(name), Some(&email_of(name)));
        let path = format!("/-/user/org.couchdb.user:{name}");
        let reply = server.http("PUT", &path).json(&document).send().expect(201);
        let token = reply.json()["token"].as_str().unwrap().to_owned();
        Self::at(server, name, Some(&token))
    }

    /// A person with this token, or without a token.
    pub(crate) fn at(server: &Server, name: &str, token: Option<&str>) -> Self {
        let folder = server.folder().to_owned();
        Self {
            name: name.to_owned(),
            token: token.map(str::to_owned),
            npm: Npm::new(new_folder(&folder, name), &server.url(), token),
            address: server.address(),
            folder,
            log: server.shared_log(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn password(&self) -> String {
        password_of(&self.name)
    }

    /// The token that the person had at the start.
    #[track_caller]
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().expect("a token")
    }

    pub(crate) fn npm_client(&self) -> &Npm {
        &self.npm
    }

    pub(crate) fn log(&self) -> &SharedText {
        &self.log
    }

    /// The same person with another token and another npm. A person who sends one-time passwords still does.
    pub(crate) fn with(&self, server: &Server, token: &str) -> Self {
        Self::at(server, &self.name, Some(token)).with_authenticator(self.authenticator().cloned())
    }

    /// The same person at another computer, not logged in.
    pub(crate) fn logged_out(&self, server: &Server) -> Self {
        Self::at(server, &self.name, None).with_authenticator(self.authenticator().cloned())
    }

    /// A CI job with a token of the person. It sends no one-time password.
    pub(crate) fn ci_job(&self, server: &Server, token: &str) -> Self {
        Self::at(server, &self.name, Some(token))
    }

    /// The same person, who sends no one-time password.
    pub(crate) fn without_code(&self) -> Self {
        self.clone().with_authenticator(None)
    }

    /// The same person, who sends a one-time password of this app with every request and every npm command, or none.
    pub(crate) fn with_authenticator(self, authenticator: Option<Authenticator>) -> Self {
        Self { npm: self.npm.with_authenticator(authenticator), ..self }
    }

    /// The app whose one-time passwords the person sends.
    pub(crate) fn authenticator(&self) -> Option<&Authenticator> {
        self.npm.authenticator()
    }

    /// A one-time password for a login, or `None` for a person who sends none.
    pub(crate) fn code_for_login(&self) -> Option<String> {
        self.authenticator().map(Authenticator::unused_code)
    }

    /// The same person with this npm.
    pub(crate) fn with_npm(self, npm: Npm) -> Self {
        Self { npm, ..self }
    }

    /// Runs `npm` with these words in a new project.
    pub(crate) fn npm(&self, words: &str) -> Ran {
        self.npm_in(&self.project(), words)
    }

    /// Runs `npm` with these words in this folder.
    pub(crate) fn npm_in(&self, folder: &Path, words: &str) -> Ran {
        self.npm.run(folder, &words.split_whitespace().collect::<Vec<_>>(), &self.log)
    }

    /// Runs `npm` with these words in a new project, and answers its prompts.
    pub(crate) fn npm_asked(&self, words: &str, answers: &[Answer<'_>]) -> Ran {
        self.npm.talk(&self.project(), &words.split_whitespace().collect::<Vec<_>>(), answers, &self.log)
    }

    /// Creates an empty project.
    pub(crate) fn project(&self) -> PathBuf {
        let folder = new_folder(&self.folder, "project");
        fs::write(folder.join("package.json"), r#"{"name":"project","version":"1.0.0","private":true}"#).unwrap();
        folder
    }

    /// Runs `npm publish` for a small package, with these flags.
    pub(crate) fn publish(&self, name: &str, version: &str, flags: &str) -> Ran {
        self.npm_in(&package_folder(&self.folder, name, version), &format!("publish {flags}"))
    }

    /// A request with the person's token and one-time password.
    pub(crate) fn http(&self, method: &str, path: &str) -> Request {
        let request = Request::new(self.address, method, path);
        self.credentials().into_iter().fold(request, |request, (name, value)| request.header(name, &value))
    }

    /// The headers with the person's token and one-time password.
    fn credentials(&self) -> Vec<(&'static str, String)> {
        let Some(token) = &self.token else { return Vec::new() };
        let authorization = ("authorization", format!("Bearer {token}"));
        let one_time_password = self.authenticator().map(|app| ("npm-otp", app.code_for(token)));
        [Some(authorization), one_time_password].into_iter().flatten().collect()
    }

    /// The lines of the headers with the person's token and one-time password, for a request written by hand.
    pub(crate) fn header_lines(&self) -> String {
        let lines = self.credentials().into_iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        lines.collect::<Vec<_>>().concat()
    }

    /// Publishes by HTTP, for tests that are not about npm's publish.
    #[track_caller]
    pub(crate) fn put(&self, name: &str, version: &str, access: Option<&str>) -> Reply {
        let document = publish_document(name, version, access);
        self.http("PUT", &escaped(name)).json(&document).send().expect(201)
    }

    /// Publishes by HTTP with this one-time password.
    #[track_caller]
    pub(crate) fn put_with_code(&self, name: &str, version: &str, code: &str) -> Reply {
        let document = publish_document(name, version, None);
        self.http("PUT", &escaped(name)).otp(code).json(&document).send().expect(201)
    }

    /// Invites the other person to an organization by HTTP, and accepts for that person.
    #[track_caller]
    pub(crate) fn brings(&self, organization: &str, person: &Self) {
        self.invites(organization, person).expect(200);
        person.joins(organization);
    }

    /// Invites a person to an organization by HTTP.
    pub(crate) fn invites(&self, organization: &str, person: &Self) -> Reply {
        let path = format!("/-/org/{organization}/user");
        self.http("PUT", &path).json(&json!({ "user": person.name(), "role": "developer" })).send()
    }

    /// Accepts an invitation to an organization, with the request of `npm org set`.
    #[track_caller]
    pub(crate) fn joins(&self, organization: &str) {
        self.invites(organization, self).expect(200);
    }

    /// Creates a token by HTTP, and returns its text. The body is npm's, without the password.
    #[track_caller]
    pub(crate) fn granular(&self, body: &Value) -> String {
        self.create_token(body).expect(201).json()["token"].as_str().unwrap().to_owned()
    }

    /// Requests a token by HTTP. The password is added to the body.
    pub(crate) fn create_token(&self, body: &Value) -> Reply {
        let mut body = body.clone();
        body["password"] = self.password().into();
        self.http("POST", "/-/npm/v1/tokens").json(&body).send()
    }

    /// Enrols a second factor by HTTP. The person does not send its one-time passwords: the test does.
    #[track_caller]
    pub(crate) fn enable_2fa(&self, mode: &str) -> Authenticator {
        // The code of the previous step is used here, so that the test can use the current code.
        self.enrol(mode, |app| app.code_beside(-1))
    }

    /// Enrols a second factor by HTTP. The person sends its one-time passwords from now on.
    #[track_caller]
    pub(crate) fn enrolled(self, mode: &str) -> Self {
        let app = self.enrol(mode, |app| app.code_for(self.token()));
        self.with_authenticator(Some(app))
    }

    #[track_caller]
    fn enrol(&self, mode: &str, code: impl Fn(&Authenticator) -> String) -> Authenticator {
        let begin = json!({ "tfa": { "password": self.password(), "mode": mode } });
        let url = self.http("POST", "/-/npm/v1/user").json(&begin).send().expect(200).json();
        let app = Authenticator::scan(url["tfa"].as_str().unwrap());
        let finish = json!({ "tfa": [code(&app)] });
        self.http("POST", "/-/npm/v1/user").json(&finish).send().expect(200);
        app
    }
}

/// The password of a person. It is long enough, and nothing else in a log looks like it.
pub(crate) fn password_of(name: &str) -> String {
    format!("pass-word-of-{name}")
}

pub(crate) fn email_of(name: &str) -> String {
    format!("{name}@example.test")
}

/// The body of npm's legacy login.
pub(crate) fn login_document(name: &str, password: &str, email: Option<&str>) -> Value {
    let mut document = json!({
        "_id": format!("org.couchdb.user:{name}"),
        "name": name,
        "password": password,
        "type": "user",
        "roles": [],
        "date": "2026-01-01T00:00:00.000Z",
    });
    if let Some(email) = email {
        document["email"] = email.into();
    }
    document
}

/// The path of a package, as npm writes it.
pub(crate) fn escaped(name: &str) -> String {
    format!("/{}", name.replace('/', "%2f"))
}

/// The body of npm's publish.
pub(crate) fn publish_document(name: &str, version: &str, access: Option<&str>) -> Value {
    let mut document = publish_document_with(name, version, &tarball(name, version));
    document["access"] = access.into();
    document
}

/// The body of npm's publish with this tarball.
pub(crate) fn publish_document_with(name: &str, version: &str, bytes: &[u8]) -> Value {
    let file = format!("{name}-{version}.tgz");
    json!({
        "_id": name,
        "name": name,
        "description": "a package of a test",
        "dist-tags": { "latest": version },
        "versions": { version: {
            "_id": format!("{name}@{version}"),
            "name": name,
            "version": version,
            "description": "a package of a test",
            "dist": { "tarball": format!("http://localhost/{name}/-/{file}") },
        } },
        "access": null,
        "_attachments": { file: {
            "content_type": "application/octet-stream",
            "data": BASE64_STANDARD.encode(bytes),
            "length": bytes.len(),
        } },
    })
}

/// Creates a folder with a package that npm can publish and install.
pub(crate) fn package_folder(parent: &Path, name: &str, version: &str) -> PathBuf {
    let folder = new_folder(parent, "package");
    let manifest = json!({
        "name": name,
        "version": version,
        "description": "A small package of a test",
        "license": "MIT",
        "main": "index.js",
    });
    fs::write(folder.join("package.json"), serde_json::to_string_pretty(&manifest).unwrap()).unwrap();
    fs::write(folder.join("index.js"), format!("module.exports = '{version}'\n")).unwrap();
    folder
}

fn new_folder(parent: &Path, what: &str) -> PathBuf {
    let folder = parent.join(format!("{what}-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    fs::create_dir_all(&folder).unwrap();
    folder
}
