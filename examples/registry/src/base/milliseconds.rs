//! The form in which npm's documents have times.

/// A stored time with exactly three digits of a second, such as `2026-01-01T00:00:00.000Z`, as JavaScript writes it. The
/// database has the form of [`Timestamp`](tollgate::Timestamp), with as many digits as the time needs.
pub(crate) fn in_milliseconds(stored: &str) -> String {
    let (seconds, fraction) =
        stored.trim_end_matches('Z').split_once('.').unwrap_or((stored.trim_end_matches('Z'), ""));
    format!("{seconds}.{fraction:0<3.3}Z")
}

#[cfg(test)]
mod tests {
    use tollgate::Timestamp;

    use super::in_milliseconds;

    #[test]
    fn a_time_has_three_digits_of_a_second() {
        for (stored, shown) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
            ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500Z"),
            ("2026-01-01T00:00:00.123999999Z", "2026-01-01T00:00:00.123Z"),
            ("2026-01-01T00:00:00.000000001Z", "2026-01-01T00:00:00.000Z"),
        ] {
            let time: Timestamp = stored.parse().unwrap();
            assert_eq!(in_milliseconds(&time.to_string()), shown);
        }
    }
}
