//! Explaining one request, which is given by options of the command line.

use std::io::{self, Read, Write};

use serde_json::{Map, Value};
use tollgate::directory::{Directory, RequestLine};

use crate::{Failure, Outcome, arguments::OneRequest};

/// The maximum number of bytes that are read from standard input. A secret has at most 512 bytes.
const STDIN_LIMIT: u64 = 64 * 1024;

/// Decides the request and prints every check. The request is parsed exactly as a line of the requests file is.
pub(crate) fn run(directory: &Directory, request: OneRequest, mut out: impl Write) -> Result<Outcome, Failure> {
    let OneRequest { mut fields, secret_from_stdin } = request;
    if secret_from_stdin {
        fields.insert("secret".into(), read_secret()?.into());
    }
    let line: RequestLine =
        serde_json::from_value(object(fields)).map_err(|error| Failure::Message(format!("decide: {error}")))?;
    let request = match line.parse() {
        Ok(request) => request,
        Err(error) => {
            // If standard error cannot be written, there is nowhere to report that.
            let _ = writeln!(io::stderr().lock(), "decide: {error}");
            return Ok(Outcome::SomeInvalid);
        }
    };
    let caller = directory.caller(&request);
    writeln!(out, "{}", directory.decide(&caller, &request).explain())?;
    out.flush()?;
    Ok(Outcome::AllDecided)
}

/// Makes a line of the requests file from the fields, with an id.
fn object(mut fields: Map<String, Value>) -> Value {
    fields.insert("id".into(), "request".into());
    Value::Object(fields)
}

/// Reads a secret from standard input, without its line end.
///
/// Bytes that are not valid UTF-8 become replacement characters. A secret is ASCII (rule S1), so such a text is not a
/// valid secret either, and the token is unknown.
fn read_secret() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(STDIN_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Message(format!("standard input: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).into())
}
