//! The browser that sends a request: its cookies, its session, and the proof that a form comes from a page of this server.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use cookie::{Cookie, SameSite, time::Duration};
use tollgate::{
    AccountAction, Secret, Timestamp, UserName, decision::AccessRequest, npm::RequiredAccess, token::SecretDigest,
};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        random,
    },
    exchange::{
        caller::FoundCaller,
        code_check::CodeCheck,
        context::{Credentials, RequestContext},
        decisions::{Exchange, Received},
        log_line::LogLine,
        peer::Peer,
        prepared::Prepared,
        services::Services,
    },
    web::{problem::Problem, refusal::Refusal},
};

/// The maximum number of bytes of a form.
const MAX_FORM: usize = 64 * 1024;

/// The field of a form that proves that the form comes from a page of this server.
pub(crate) const FORM_PROOF: &str = "proof";

/// **The browser that sends a request.**
pub(crate) struct Visitor<'s> {
    pub(crate) services: &'s Services,
    /// The context of the request. Its credentials are the session in the cookie.
    pub(crate) context: RequestContext,
    cookies: CookieNames,
    /// The text of the session's token.
    session: Option<String>,
    /// The random text by which a browser without a session proves that a form comes from this server.
    form_secret: Option<String>,
    no_body: Bytes,
    prepared: Prepared<'static>,
}

/// **The fields of a form.**
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The text in a field without white space around it. It is empty if the form has no such field.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.untrimmed(name).trim()
    }

    /// The text in a field as it was typed, such as a password.
    pub(crate) fn untrimmed(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text)
    }

    /// The entries of a field that has one entry on each line, or several with commas or spaces between them.
    pub(crate) fn entries(&self, name: &str) -> Vec<&str> {
        let between = |c: char| c.is_whitespace() || c == ',';
        self.text(name).split(between).filter(|entry| !entry.is_empty()).collect()
    }

    /// Whether the form has this field. A browser sends a checkbox only if it is checked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }
}

/// The names of the cookies. A browser accepts the prefix `__Host-` only with HTTPS, and then lets no other host set the
/// cookie.
#[derive(Clone, Copy)]
struct CookieNames {
    session: &'static str,
    form: &'static str,
    secure: bool,
}

const HTTP_COOKIES: CookieNames = CookieNames { session: "tollgate-session", form: "tollgate-form", secure: false };
const HTTPS_COOKIES: CookieNames =
    CookieNames { session: "__Host-tollgate-session", form: "__Host-tollgate-form", secure: true };

impl<'s> Visitor<'s> {
    /// Reads the cookies of a request.
    pub(crate) fn read(services: &'s Services, parts: &Parts) -> Result<Self, Failure> {
        let Some(Peer(peer)) = parts.extensions.get() else { return Err(other("a request without a connection")) };
        // A page takes its caller from the cookie only.
        let mut headers = parts.headers.clone();
        headers.remove(header::AUTHORIZATION);
        headers.remove("npm-otp");
        let mut context = RequestContext::read(services, &headers, *peer)?;
        let cookies =
            if context.base_url.to_ascii_lowercase().starts_with("https:") { HTTPS_COOKIES } else { HTTP_COOKIES };
        let session = cookie(&headers, cookies.session).filter(|session| is_plain(session));
        if let Some(session) = &session {
            context.credentials = Credentials::Bearer(session.clone());
        }
        let form_secret = cookie(&headers, cookies.form);
        Ok(Self {
            services,
            context,
            cookies,
            session,
            form_secret,
            no_body: Bytes::new(),
            prepared: Prepared::default(),
        })
    }

    /// The text of the session's token, or `None` if the browser has no session.
    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The proof that the forms of a page carry. Every form of one browser has the same proof.
    pub(crate) fn proof(&self) -> String {
        self.proof_digest().map(|digest| digest.to_hex()).unwrap_or_default()
    }

    /// The proof can be computed only from a cookie, which another site cannot read.
    fn proof_digest(&self) -> Option<SecretDigest> {
        let secret = self.session.as_ref().or(self.form_secret.as_ref())?;
        Secret::new(&format!("proof-{secret}")).ok().map(|secret| secret.digest())
    }

    /// Reads a form, and checks that it comes from a page of this server.
    pub(crate) async fn form(&self, body: Body) -> Result<Fields, Problem> {
        let bytes = to_bytes(body, MAX_FORM)
            .await
            .map_err(|_| Failure::bad_request(format!("form too large: expected at most {MAX_FORM} bytes")))?;
        let fields = serde_urlencoded::from_bytes(&bytes)
            .map_err(|_| Failure::bad_request("malformed form: expected names and values, as a browser sends them"))?;
        let fields = Fields(fields);
        let sent = fields.text(FORM_PROOF).parse::<SecretDigest>().ok();
        // The comparison of digests takes the same time for all digests.
        if sent.is_none() || sent != self.proof_digest() {
            let text = "this form is out of date, or comes from another site: open the page again";
            return Err(Failure::refused(StatusCode::FORBIDDEN, text).into());
        }
        Ok(fields)
    }

    /// Begins a snapshot from which a page is read.
    pub(crate) async fn exchange<'v>(&'v self, log_line: &'v mut LogLine) -> Result<Exchange<'v>, Failure> {
        let Self { services, context, no_body, prepared, .. } = self;
        let tx = services.store.snapshot().await?;
        let code = CodeCheck::NotYet;
        let (package, body) = (None, no_body);
        let received = Received { services, context, package, body, prepared, code, comparison: None };
        Exchange::begin(received, log_line, tx).await
    }

    /// The name of the account, if the session may do `whoami`. A session that was revoked tells nothing about its owner.
    pub(crate) async fn name(&self, log_line: &mut LogLine) -> Result<Option<UserName>, Failure> {
        let mut exchange = self.exchange(log_line).await?;
        let whoami = AccessRequest::Account { action: AccountAction::Whoami, user: None };
        let may = exchange.may(&whoami).await?;
        Ok(match &exchange.caller {
            FoundCaller::Token { owner, .. } if may => Some(owner.name().clone()),
            FoundCaller::Token { .. } | FoundCaller::NoToken | FoundCaller::UnknownToken => None,
        })
    }

    /// Begins a snapshot from which a page is read, if the caller has the access that the page requires.
    ///
    /// # Errors
    /// The crate denies the access, or there is no session.
    pub(crate) async fn allowed<'v>(
        &'v self,
        log_line: &'v mut LogLine,
        required: RequiredAccess,
    ) -> Result<Exchange<'v>, Problem> {
        if self.session.is_none() {
            return Err(Problem::NotLoggedIn);
        }
        let mut exchange = self.exchange(log_line).await?;
        match exchange.decide_path(&required).await? {
            None => {
                exchange.note_use();
                Ok(exchange)
            }
            Some(refused) => Err(Refusal::read(refused).await?.into_problem()),
        }
    }

    /// Gives the browser a session.
    pub(crate) fn begin_session(
        &self,
        response: &mut Response,
        token: &str,
        expires: Timestamp,
    ) -> Result<(), Failure> {
        let seconds = clock::unix_seconds(expires).saturating_sub(clock::unix_seconds(self.context.now));
        self.set_cookie(response, self.cookies.session, token, seconds)
    }

    /// Removes the session from the browser.
    pub(crate) fn end_session(&self, response: &mut Response) -> Result<(), Failure> {
        self.set_cookie(response, self.cookies.session, "", 0)
    }

    /// Shows a page with a form to a browser that may have no session. The browser gets a secret, by which
    /// [`form`](Self::form) recognizes it.
    pub(crate) fn with_form(&mut self, page: impl FnOnce(&Self) -> Response) -> Result<Response, Problem> {
        const HOUR: i64 = 60 * 60;
        if self.session.is_some() || self.form_secret.is_some() {
            return Ok(page(self));
        }
        let secret = random::nonce()?;
        self.form_secret = Some(secret.clone());
        let mut response = page(self);
        self.set_cookie(&mut response, self.cookies.form, &secret, HOUR)?;
        Ok(response)
    }

    fn set_cookie(
        &self,
        response: &mut Response,
        name: &'static str,
        value: &str,
        seconds: i64,
    ) -> Result<(), Failure> {
        let cookie = Cookie::build((name, value.to_owned()))
            .path("/")
            .http_only(true)
            .secure(self.cookies.secure)
            .same_site(SameSite::Strict)
            .max_age(Duration::seconds(seconds))
            .build();
        let value = HeaderValue::from_str(&cookie.to_string()).map_err(other)?;
        response.headers_mut().append(header::SET_COOKIE, value);
        Ok(())
    }
}

/// Whether a token of this server may have this text. Another text counts as no session, because it could neither be logged
/// out nor be the proof of a form.
fn is_plain(session: &str) -> bool {
    session.len() <= 256 && session.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The value of a cookie. An empty value counts as no cookie.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = sent.flat_map(Cookie::split_parse).flatten();
    cookies
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty())
}
