//! The parts of a tar archive that readers read differently.
//!
//! npm's client skips a header that it finds malformed, and reads what follows as the next header. So the content of a file
//! could be a second archive, which only the client sees. This module accepts only what every reader understands in the
//! same way, which is what every program for tar archives writes.

use std::ops::Range;

use tar::Header;

/// The numbers in every header: mode, user, group, size, time.
const NUMBERS: [Range<usize>; 5] = [100..108, 108..116, 116..124, 124..136, 136..148];
const CHECKSUM: Range<usize> = 148..156;
/// The numbers in a header of POSIX's form: the two of a device.
const POSIX_NUMBERS: [Range<usize>; 2] = [329..337, 337..345];
const NAME: Range<usize> = 0..100;
const LINK: Range<usize> = 157..257;
const PREFIX: Range<usize> = 345..500;

/// What two readers could read differently in a header, or `None`.
pub(super) fn ambiguity(header: &Header) -> Option<&'static str> {
    let is_posix = header.as_ustar().is_some();
    let field = |range: &Range<usize>| header.as_bytes().get(range.clone()).unwrap_or_default();
    // npm's client reads the checksum together with the bytes after it.
    if field(&CHECKSUM).last().is_none_or(u8::is_ascii_digit) || !is_number(field(&CHECKSUM)) {
        return Some("a checksum without an end");
    }
    let posix_numbers = POSIX_NUMBERS.iter().filter(|_| is_posix);
    if !NUMBERS.iter().chain(posix_numbers).all(|range| is_number(field(range))) {
        return Some("a number of another form");
    }
    if !ends_at_nul(field(&NAME)) || (is_posix && !ends_at_nul(field(&PREFIX))) {
        return Some("a name with bytes after its end");
    }
    // npm's client skips the header of a file with a target.
    field(&LINK).iter().any(|byte| *byte != 0).then_some("the target of a link")
}

/// Whether the field has octal digits, or up to six bytes of a binary number.
fn is_number(field: &[u8]) -> bool {
    let binary = field.len().saturating_sub(6);
    match field {
        [0x80, rest @ ..] => rest.iter().take(binary.saturating_sub(1)).all(|byte| *byte == 0),
        _ => field.iter().all(|byte| matches!(byte, b'0'..=b'7' | b' ' | 0)),
    }
}

/// Whether only NULs follow the first NUL of a text.
pub(super) fn ends_at_nul(text: &[u8]) -> bool {
    text.iter().skip_while(|byte| **byte != 0).all(|byte| *byte == 0)
}

/// The fields in an entry of POSIX's form, each with its value. `None` if it is malformed: readers skip different parts of
/// it then.
pub(super) fn fields(bytes: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if lines.is_empty() {
        return bytes.is_empty().then(Vec::new);
    }
    lines.split(|byte| *byte == b'\n').map(field).collect()
}

/// A field, which has the form `LENGTH KEY=VALUE`.
fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let length = format!("{} ", line.len().checked_add(1)?);
    let rest = line.strip_prefix(length.as_bytes())?;
    let equals = rest.iter().position(|byte| *byte == b'=')?;
    let (key, value) = rest.split_at_checked(equals)?;
    Some((String::from_utf8(key.to_vec()).ok()?, value.get(1..)?))
}

#[cfg(test)]
mod tests {
    use tar::Header;

    use super::{ambiguity, ends_at_nul, fields};

    /// A header of a file with these bytes at these places, and a checksum that is right.
    fn header(bytes: &[(usize, &[u8])]) -> Header {
        let mut header = Header::new_ustar();
        header.set_path("package/a.js").unwrap();
        header.set_size(10);
        for (at, bytes) in bytes {
            header.as_mut_bytes()[*at..][..bytes.len()].copy_from_slice(bytes);
        }
        header.set_cksum();
        header
    }

    #[test]
    fn what_programs_write_is_not_ambiguous() {
        let forms: [&[(usize, &[u8])]; 5] = [
            &[],
            &[(124, b"00000000012 ")],
            &[(124, b"000000000012")],
            // A large number of a user, in GNU's form.
            &[(108, b"\x80\0\0\0\x49\x96\x02\xd2")],
            &[(345, b"package/lib")],
        ];
        for bytes in forms {
            assert_eq!(ambiguity(&header(bytes)), None, "{bytes:?}");
        }
    }

    #[test]
    fn what_readers_read_differently_is_ambiguous() {
        for (at, bytes, found) in [
            (124, &b"\x81\0\0\0\0\0\0\0\0\0\0\x0a"[..], "a number of another form"),
            (124, b"\x80\0\0\x01\0\0\0\0\0\0\0\x0a", "a number of another form"),
            (124, b" \xc2\x85000000012", "a number of another form"),
            (108, b"\xff\xff\xff\xff\xff\xff\xff\xff", "a number of another form"),
            (329, b"\x81", "a number of another form"),
            (20, b"\n/", "a name with bytes after its end"),
            (475, b"x", "a name with bytes after its end"),
            (157, b"target", "the target of a link"),
        ] {
            assert_eq!(ambiguity(&header(&[(at, bytes)])), Some(found), "{at}");
        }
        let mut header = header(&[]);
        let sum = format!("{:08o}", header.cksum().unwrap());
        header.as_mut_bytes()[148..156].copy_from_slice(sum.as_bytes());
        assert_eq!(ambiguity(&header), Some("a checksum without an end"));
    }

    #[test]
    fn fields_have_one_form() {
        let both = fields(b"11 mtime=1\n14 SCHILY.x==\n").unwrap();
        assert_eq!(both, [("mtime".to_owned(), &b"1"[..]), ("SCHILY.x".to_owned(), b"=")]);
        assert_eq!(fields(b"11 mtime=1").unwrap().len(), 1);
        assert_eq!(fields(b"").unwrap(), []);
        for malformed in [
            &b"\n"[..],
            b"11 mtime=1\n\n11 mtime=1\n",
            b"012 mtime=1\n",
            b"+12 mtime=1\n",
            b"12 mtime=1\n",
            b"8 mtime\n",
        ] {
            assert_eq!(fields(malformed), None, "{malformed:?}");
        }
        assert!(ends_at_nul(b"name\0\0") && ends_at_nul(b"name") && !ends_at_nul(b"name\0\n/"));
    }
}
