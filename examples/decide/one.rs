//! One request from the command line, explained.

use std::io::{self, Read, Write};

use serde_json::{Map, Value};
use tollgate::directory::{Directory, RequestLine};

use crate::{Failure, Outcome, arguments::OneRequest};

/// More than any secret has, by far.
const MOST_OF_STDIN: u64 = 64 * 1024;

/// Explains the request. It goes in by the same door as a line of a file.
pub(crate) fn run(directory: &Directory, request: OneRequest, mut out: impl Write) -> Result<Outcome, Failure> {
    let OneRequest { mut fields, secret_from_stdin } = request;
    if secret_from_stdin {
        fields.insert("secret".into(), secret()?.into());
    }
    let line: RequestLine =
        serde_json::from_value(object(fields)).map_err(|error| Failure::Said(format!("decide: {error}")))?;
    let request = match line.parse() {
        Ok(request) => request,
        Err(error) => {
            // There is no place left to say that standard error cannot be written.
            let _ = writeln!(io::stderr().lock(), "decide: {error}");
            return Ok(Outcome::SomeInvalid);
        }
    };
    let caller = directory.caller(&request);
    writeln!(out, "{}", directory.decide(&caller, &request).explain())?;
    out.flush()?;
    Ok(Outcome::AllDecided)
}

fn object(mut fields: Map<String, Value>) -> Value {
    fields.insert("id".into(), "request".into());
    Value::Object(fields)
}

/// Standard input without the end of its line. What is no text is no secret either, and stays none.
fn secret() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MOST_OF_STDIN)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Said(format!("standard input: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).into())
}
