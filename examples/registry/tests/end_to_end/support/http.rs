//! A plain HTTP/1.1 client, which can send any path and body, including malformed ones.

use std::{
    fmt,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_mins(2);

/// **A request**, to be sent with [`send`](Request::send).
#[derive(Clone)]
pub(crate) struct Request {
    address: SocketAddr,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    framing: Framing,
}

/// How the server finds the end of the body.
#[derive(Clone, Copy, PartialEq)]
enum Framing {
    /// By the header `content-length`.
    Length,
    /// By the body itself.
    Chunked,
}

/// **A response.**
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        let (method, path) = (method.into(), path.into());
        Self { address, method, path, headers: Vec::new(), body: None, framing: Framing::Length }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets a name and a password, as a login sends them.
    pub(crate) fn basic(self, name: &str, password: &str) -> Self {
        let credentials = BASE64_STANDARD.encode(format!("{name}:{password}"));
        self.header("authorization", &format!("Basic {credentials}"))
    }

    /// Sets the one-time password, in place of the one that a person sends.
    pub(crate) fn otp(mut self, code: &str) -> Self {
        self.headers.retain(|(name, _)| name != "npm-otp");
        self.header("npm-otp", code)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string().as_bytes()).header("content-type", "application/json")
    }

    pub(crate) fn bytes(mut self, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        self
    }

    /// Sets the body as one chunk, so that its length is not announced.
    pub(crate) fn chunk(self, bytes: &[u8]) -> Self {
        let mut body = format!("{:x}\r\n", bytes.len()).into_bytes();
        body.extend(bytes);
        body.extend(b"\r\n0\r\n\r\n");
        Self { framing: Framing::Chunked, ..self.header("transfer-encoding", "chunked").bytes(&body) }
    }

    /// Sends the request and reads the whole response.
    #[track_caller]
    pub(crate) fn send(self) -> Reply {
        let shown = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|| panic!("no answer to {shown}"))
    }

    /// Sends a `HEAD`, whose response has the length of a body and no body.
    #[track_caller]
    pub(crate) fn send_head(self) -> Reply {
        Reply::parse_head(&self.exchanged().expect("an answer")).expect("a head").0
    }

    /// Sends the request; `None` if the connection ends before a whole response has arrived.
    pub(crate) fn try_send(self) -> Option<Reply> {
        Reply::parse(&self.exchanged()?)
    }

    /// Sends the request, and returns all that the server sends.
    fn exchanged(self) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(TIMEOUT)).ok()?;
        stream.set_nodelay(true).ok()?;
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.path), "connection: close".to_owned()];
        let has = |name: &str| self.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name));
        if !has("host") {
            lines.push(format!("host: {}", self.address));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        if let Some(body) = &self.body
            && self.framing == Framing::Length
            && !has("content-length")
        {
            lines.push(format!("content-length: {}", body.len()));
        }
        let mut bytes = format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes();
        bytes.extend(self.body.unwrap_or_default());
        // The server may respond and close the connection before it has read everything, so a failed write is not an
        // error.
        let _ = stream.write_all(&bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Some(answer)
    }
}

impl Reply {
    /// Reads the head, and returns it with the place where the body begins.
    fn parse_head(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let headers: Vec<_> = lines.filter_map(header).collect();
        Some((Self { status, headers, body: Vec::new() }, end + 4))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (mut reply, begin) = Self::parse_head(bytes)?;
        reply.body = bytes[begin..].to_vec();
        if reply.header("transfer-encoding") == Some("chunked") {
            reply.body = dechunked(&reply.body)?;
        } else if let Some(length) = reply.header("content-length") {
            // The response was cut short.
            if reply.body.len() < length.parse().ok()? {
                return None;
            }
        }
        Some(reply)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The values of a header that the response has more than once.
    pub(crate) fn headers<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.headers.iter().filter(move |(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The text of the field `error` of the body.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error in {self:?}")).to_owned()
    }

    /// Fails the test unless the response has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.text())
    }
}

fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
