//! Tarballs in responses: a whole tarball, or a part of it with which a client continues a download.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderName, Method, StatusCode, header, request::Parts},
    response::Response,
};
use http_range_header::RangeUnsatisfiableError;
use object_store::GetResult;
use tollgate::{PackageName, npm::PathText};

use crate::{
    base::failure::{Failure, other},
    exchange::{
        decisions::Exchange,
        kept::{Tarball, TarballName},
    },
    reply::response,
    store::{
        packages,
        tarballs::{TarballId, Tarballs},
    },
};

/// The maximum number of bytes of a tarball that is kept in memory.
const SMALL: u64 = 64 * 1024;

/// `GET /:package/-/:name-:version.tgz`: the tarball. A small one is kept in memory, and a larger one is streamed from its
/// file.
pub(crate) async fn read(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    version: &PathText,
    parts: &Parts,
) -> Result<Response, Failure> {
    let id = packages::tarball(&mut exchange.tx, name.as_borrowed(), version.as_str()).await?;
    let id = id.ok_or_else(|| Failure::not_found(format!("version not found: {version}")))?;
    let etag = etag(&id);
    if response::is_known(&parts.headers, &etag) {
        return Ok(response::not_modified(&etag));
    }
    let found = exchange.services.tarballs.get(&id).await?;
    if found.meta.size > SMALL {
        return stream(found, &etag, parts);
    }
    let tarball = Tarball { id, bytes: found.bytes().await? };
    if let Some(name) = tarball_name(exchange, version) {
        exchange.services.kept.tarballs.insert(name, tarball.clone(), tarball.bytes.len());
    }
    whole_or_part(&tarball, parts)
}

/// The response of [`read`] if the tarball is in memory.
pub(crate) fn read_kept(
    exchange: &Exchange<'_>,
    version: &PathText,
    parts: &Parts,
) -> Result<Option<Response>, Failure> {
    let Some(name) = tarball_name(exchange, version) else { return Ok(None) };
    let Some(tarball) = exchange.services.kept.tarballs.get(&name) else { return Ok(None) };
    let etag = etag(&tarball.id);
    if response::is_known(&parts.headers, &etag) {
        return Ok(Some(response::not_modified(&etag)));
    }
    whole_or_part(&tarball, parts).map(Some)
}

fn tarball_name(exchange: &Exchange<'_>, version: &PathText) -> Option<TarballName> {
    Some(TarballName { package: exchange.stamped.clone()?, version: version.as_str().to_owned() })
}

fn etag(id: &TarballId) -> String {
    format!("\"{}\"", id.as_str())
}

/// A tarball, streamed from its file. A client may ask for one range of its bytes.
pub(crate) async fn stream_by_id(tarballs: &Tarballs, id: &TarballId, parts: &Parts) -> Result<Response, Failure> {
    let etag = etag(id);
    if response::is_known(&parts.headers, &etag) {
        return Ok(response::not_modified(&etag));
    }
    stream(tarballs.get(id).await?, &etag, parts)
}

fn stream(mut found: GetResult, etag: &str, parts: &Parts) -> Result<Response, Failure> {
    let length = found.meta.size;
    respond(parts, etag, length, |range| {
        found.range = range;
        Ok(Body::from_stream(found.into_stream()))
    })
}

/// A tarball that is in memory.
fn whole_or_part(tarball: &Tarball, parts: &Parts) -> Result<Response, Failure> {
    let Tarball { id, bytes } = tarball;
    let length = u64::try_from(bytes.len()).map_err(other)?;
    respond(parts, &etag(id), length, |Range { start, end }| {
        let range = usize::try_from(start).map_err(other)?..usize::try_from(end).map_err(other)?;
        Ok(Body::from(bytes.slice(range)))
    })
}

/// The response with what the request asks for, of a tarball with this etag and length. `body` has the bytes of a range.
fn respond(
    parts: &Parts,
    etag: &str,
    length: u64,
    body: impl FnOnce(Range<u64>) -> Result<Body, Failure>,
) -> Result<Response, Failure> {
    let wanted = wanted(parts, etag, length);
    let mut response = match &wanted {
        Wanted::Nothing => response::error(StatusCode::RANGE_NOT_SATISFIABLE, "a range after the end of the tarball"),
        Wanted::Whole => Response::new(body(0..length)?),
        Wanted::Part(range) => Response::new(body(range.clone())?),
    };
    let mut set = |name: HeaderName, value: &str| response::set_header(&mut response, name, value);
    set(header::ACCEPT_RANGES, "bytes");
    set(header::ETAG, etag);
    let size = match &wanted {
        Wanted::Nothing => {
            set(header::CONTENT_RANGE, &format!("bytes */{length}"));
            return Ok(response);
        }
        Wanted::Whole => length,
        Wanted::Part(Range { start, end }) => {
            set(header::CONTENT_RANGE, &format!("bytes {start}-{}/{length}", end.saturating_sub(1)));
            end.saturating_sub(*start)
        }
    };
    set(header::CONTENT_TYPE, "application/octet-stream");
    set(header::CONTENT_LENGTH, &size.to_string());
    if matches!(wanted, Wanted::Part(_)) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The part of a tarball that a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// The bytes from the start to before the end.
    Part(Range<u64>),
    /// A range that the tarball does not have.
    Nothing,
}

/// Reads the headers `range` and `if-range`. As the standard permits, a range that is malformed is ignored, and so are
/// several ranges.
fn wanted(parts: &Parts, etag: &str, length: u64) -> Wanted {
    let text = |name: HeaderName| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_of_another = text(header::IF_RANGE).is_some_and(|known| known != etag);
    let Some(range) = text(header::RANGE).filter(|_| parts.method == Method::GET && !is_of_another) else {
        return Wanted::Whole;
    };
    let Ok(ranges) = http_range_header::parse_range_header(range) else { return Wanted::Whole };
    if ranges.len() != 1 {
        return Wanted::Whole;
    }
    match ranges.validate(length).as_deref() {
        Ok([range]) => Wanted::Part(*range.start()..range.end().saturating_add(1)),
        Err(RangeUnsatisfiableError::Unsatisfiable) => Wanted::Nothing,
        Ok(_) | Err(_) => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::{Wanted, wanted};

    const ETAG: &str = "\"etag\"";

    fn asked(method: &str, headers: &[(&str, &str)]) -> Wanted {
        let request = Request::builder().method(method);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        wanted(&request.body(()).unwrap().into_parts().0, ETAG, 100)
    }

    #[test]
    fn one_range_of_bytes_is_a_part() {
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-99", 0..100),
            ("bytes=99-", 99..100),
            ("bytes=10-1000", 10..100),
            ("bytes=-1", 99..100),
            ("bytes=-1000", 0..100),
        ] {
            assert_eq!(asked("GET", &[("range", range)]), Wanted::Part(part), "{range}");
        }
        for range in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(asked("GET", &[("range", range)]), Wanted::Nothing, "{range}");
        }
    }

    #[test]
    fn any_other_range_is_ignored() {
        for range in ["bytes=0-1, 5-6", "bytes=5-2", "bytes=a-b", "lines=0-1", "", "bytes="] {
            assert_eq!(asked("GET", &[("range", range)]), Wanted::Whole, "{range}");
        }
        assert_eq!(asked("HEAD", &[("range", "bytes=0-0")]), Wanted::Whole);
        assert_eq!(asked("GET", &[]), Wanted::Whole);
    }

    #[test]
    fn a_range_of_another_tarball_is_ignored() {
        let asked = |known| asked("GET", &[("range", "bytes=1-"), ("if-range", known)]);
        assert_eq!(asked(ETAG), Wanted::Part(1..100));
        assert_eq!(asked("\"other\""), Wanted::Whole);
        assert_eq!(asked("W/\"etag\""), Wanted::Whole);
        assert_eq!(asked("Sat, 01 Nov 2025 00:00:00 GMT"), Wanted::Whole);
    }
}
