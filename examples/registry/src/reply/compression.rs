//! Responses that are compressed with gzip.
//!
//! A document is compressed as a whole, before its head is sent: so the compressor, which takes a quarter of a MiB, lives
//! for a moment, and not for as long as a slow client reads. The plain text is kept as long as the compressed one, because
//! its part of the memory budget covers both.

use std::io::Write;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use futures_util::FutureExt;
use http_body_util::BodyExt;

use crate::{
    base::failure::{Failure, other},
    reply::response,
};

/// The number of bytes below which a response is sent as it is: compressing it would save no packet.
const MIN: usize = 1024;

/// **The form in which a JSON document is sent.**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain,
    Gzip,
}

impl Coding {
    /// The form that the client of a request accepts. Only responses to `GET` and `HEAD` are compressed.
    pub(crate) fn accepted(method: &Method, headers: &HeaderMap) -> Self {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Self::Plain;
        }
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let mut any = Self::Plain;
        for coding in values.flat_map(|value| value.split(',')) {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
            let wanted = if weight.is_some_and(|weight| weight > 0.0) { Self::Gzip } else { Self::Plain };
            match name.trim().to_ascii_lowercase().as_str() {
                // A weight for gzip itself takes precedence over the weight for any coding.
                "gzip" | "x-gzip" => return wanted,
                "*" => any = wanted,
                _ => {}
            }
        }
        any
    }
}

/// The response with a JSON document in this form. Any other response stays as it is: a tarball is compressed already.
pub(crate) fn encoded(mut response: Response, coding: Coding) -> Result<Response, Failure> {
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if response.status() != StatusCode::OK || !media_type.is_some_and(|media_type| media_type.ends_with("json")) {
        return Ok(response);
    }
    response.headers_mut().entry(header::VARY).or_insert(HeaderValue::from_static("accept-encoding"));
    match coding {
        Coding::Plain => Ok(response),
        Coding::Gzip => compressed(response),
    }
}

fn compressed(response: Response) -> Result<Response, Failure> {
    let (parts, body) = response.into_parts();
    // The body is in memory as a whole, so there is nothing to wait for.
    let plain = body.collect().now_or_never().ok_or_else(|| other("a JSON document that is not complete"))?;
    let plain = plain.map_err(other)?.to_bytes();
    if plain.len() < MIN {
        return Ok(Response::from_parts(parts, Body::from(plain)));
    }
    // A document has up to 16 MiB, and other requests go on meanwhile.
    let gzip = tokio::task::block_in_place(|| gzip(&plain))?;
    let body = Bytes::from_owner(Compressed { gzip, _plain: plain });
    let mut response = Response::from_parts(parts, Body::from(body));
    response::set_header(&mut response, header::CONTENT_ENCODING, "gzip");
    Ok(response)
}

/// A compressed text, with the plain one and its part of the memory budget.
struct Compressed {
    gzip: Vec<u8>,
    _plain: Bytes,
}

impl AsRef<[u8]> for Compressed {
    fn as_ref(&self) -> &[u8] {
        &self.gzip
    }
}

fn gzip(plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).map_err(other)?;
    encoder.finish().map_err(other)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, Method, header};

    use super::Coding;

    #[test]
    fn gzip_is_accepted_if_the_client_says_so() {
        let accepted = |values: &[&str]| {
            let value = |value: &&str| (header::ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
            Coding::accepted(&Method::GET, &values.iter().map(value).collect::<HeaderMap>()) == Coding::Gzip
        };
        for values in [
            &["gzip"][..],
            &["gzip,deflate"],
            &["br, GZIP;q=0.5"],
            &["*"],
            &["deflate, *;q=0.1"],
            &["br", "gzip"],
            &["*;q=0, gzip"],
            &["gzip; q=1.0"],
        ] {
            assert!(accepted(values), "{values:?}");
        }
        for values in
            [&[][..], &[""], &["identity"], &["br"], &["gzip;q=0"], &["gzip;q=0.0, *"], &["*;q=0"], &["gzip;level=1"]]
        {
            assert!(!accepted(values), "{values:?}");
        }
    }
}
