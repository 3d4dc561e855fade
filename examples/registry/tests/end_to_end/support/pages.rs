//! The pages without a browser: the cookies of one visitor, and forms that are sent by plain HTTP.

use super::{Person, Reply, Server};

/// The cookie of a session.
pub(crate) const SESSION: &str = "tollgate-session";

/// **A visitor of the pages**, with the cookies that the server has set.
pub(crate) struct Visitor<'s> {
    server: &'s Server,
    cookies: Vec<(String, String)>,
}

impl<'s> Visitor<'s> {
    pub(crate) fn new(server: &'s Server) -> Self {
        Self { server, cookies: Vec::new() }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(cookie, _)| cookie == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    fn cookie_line(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, reply: &Reply) {
        for cookie in reply.headers("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(kept, _)| kept != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        let reply = self.server.http("GET", path).header("cookie", &self.cookie_line()).send();
        self.keep_cookies(&reply);
        reply
    }

    /// Opens the page with the form, and sends the form to `path` with these fields.
    pub(crate) fn submit_to(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let proof = proof(&self.get(page).text());
        let mut fields = fields.to_vec();
        fields.push(("proof", &proof));
        self.post(path, &fields)
    }

    /// Opens the page, and sends its form with these fields.
    pub(crate) fn submit(&mut self, page: &str, fields: &[(&str, &str)]) -> Reply {
        self.submit_to(page, page, fields)
    }

    /// Sends a form as it is, without the proof that the server's pages have.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let encoded = |text: &str| {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            text.bytes()
                .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
                .collect::<String>()
        };
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let reply = self
            .server
            .http("POST", path)
            .header("cookie", &self.cookie_line())
            .header("content-type", "application/x-www-form-urlencoded")
            .bytes(body.join("&").as_bytes())
            .send();
        self.keep_cookies(&reply);
        reply
    }
}

/// Logs in, as a person without a second factor.
pub(crate) fn logged_in<'s>(server: &'s Server, person: &Person) -> Visitor<'s> {
    let mut visitor = Visitor::new(server);
    let fields = [("name", person.name()), ("password", &*person.password())];
    let reply = visitor.submit("/-/web/log-in", &fields).expect(303);
    assert_eq!(reply.header("location"), Some("/-/web/tokens"));
    visitor
}

/// The proof in the forms of a page, or nothing if the page has no form.
pub(crate) fn proof(page: &str) -> String {
    let after = page.split("name=\"proof\" value=\"").nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}
