//! Points in time: whole nanoseconds since 1970-01-01T00:00:00Z, in the years 0000 to 9999.

use alloc::boxed::Box;
use core::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use ::time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::value::quoted::{Quoted, excerpt};

/// **A point in time**, to the nanosecond, between the years 0000 and 9999 in UTC.
///
/// - Integers underneath: comparisons are exact, arithmetic is checked.
/// - Text form: RFC 3339 with an offset. Printed in UTC with `Z` and as few digits of a second as the value needs.
/// - The crate has no clock: `now` is always handed in by the caller, once for each request.
///
/// ```
/// use tollgate::Timestamp;
///
/// let at: Timestamp = "2025-11-01T12:00:00.50+02:00".parse()?;
/// assert_eq!(at.to_string(), "2025-11-01T10:00:00.5Z");
/// assert!("2025-11-01T12:00:00".parse::<Timestamp>().is_err()); // no offset
/// # Ok::<(), tollgate::value::TimestampError>(())
/// ```
///
/// Underneath are whole seconds, and nanoseconds from 0 on, which compare in that order. One is added to the nanoseconds,
/// so that a time that may be absent needs no more room than one that is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds_and_1: NonZeroU32,
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;

impl Timestamp {
    /// 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self { seconds: -62_167_219_200, nanoseconds_and_1: NonZeroU32::MIN };
    /// 9999-12-31T23:59:59.999999999Z.
    pub const MAX: Self = Self {
        seconds: 253_402_300_799,
        nanoseconds_and_1: match NonZeroU32::new(1_000_000_000) {
            Some(last) => last,
            None => unreachable!(), // evaluated when the crate is compiled
        },
    };
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanoseconds_and_1: NonZeroU32::MIN };

    /// The point so many seconds after (before, if negative) 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// A year outside 0000 to 9999.
    pub const fn from_unix_seconds(seconds: i64) -> Result<Self, TimestampError> {
        Self::in_range(seconds, NonZeroU32::MIN)
    }

    /// The point so many nanoseconds after (before, if negative) 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// A year outside 0000 to 9999.
    pub fn from_unix_nanoseconds(nanoseconds: i128) -> Result<Self, TimestampError> {
        let out_of_range = TimestampError { problem: Problem::OutOfRange };
        let seconds = i64::try_from(nanoseconds.div_euclid(NANOS_PER_SECOND)).map_err(|_| out_of_range.clone())?;
        let rest = u32::try_from(nanoseconds.rem_euclid(NANOS_PER_SECOND)).map_err(|_| out_of_range)?;
        Self::in_range(seconds, NonZeroU32::MIN.saturating_add(rest))
    }

    const fn in_range(seconds: i64, nanoseconds_and_1: NonZeroU32) -> Result<Self, TimestampError> {
        if Self::MIN.seconds <= seconds && seconds <= Self::MAX.seconds {
            Ok(Self { seconds, nanoseconds_and_1 })
        } else {
            Err(TimestampError { problem: Problem::OutOfRange })
        }
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_nanoseconds(self) -> i128 {
        i128::from(self.seconds).saturating_mul(NANOS_PER_SECOND).saturating_add(i128::from(self.nanosecond()))
    }

    #[inline]
    pub(crate) const fn to_parts(self) -> (i64, NonZeroU32) {
        (self.seconds, self.nanoseconds_and_1)
    }

    /// What was taken [apart](Self::to_parts).
    #[inline]
    pub(crate) const fn from_parts(seconds: i64, nanoseconds_and_1: NonZeroU32) -> Self {
        Self { seconds, nanoseconds_and_1 }
    }

    /// Of the second, 0 to 999,999,999.
    const fn nanosecond(self) -> u32 {
        self.nanoseconds_and_1.get().saturating_sub(1)
    }

    /// This point moved later.
    ///
    /// # Errors
    /// The result lies after the year 9999 (L4: an overflow is an error, not a panic).
    pub fn checked_add(self, duration: Duration) -> Result<Self, TimestampError> {
        let nanoseconds = i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
        Self::from_unix_nanoseconds(self.unix_nanoseconds().saturating_add(nanoseconds))
    }

    /// The time that passed since `earlier`, or `None` where `earlier` is later.
    #[must_use]
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        let nanoseconds = u128::try_from(self.unix_nanoseconds().checked_sub(earlier.unix_nanoseconds())?).ok()?;
        let seconds = nanoseconds.checked_div(1_000_000_000)?;
        let rest = nanoseconds.checked_rem(1_000_000_000)?;
        Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(rest).ok()?))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = OffsetDateTime::from(*self);
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second, nanosecond) = at.to_hms_nano();
        write!(f, "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", u8::from(month))?;
        if nanosecond != 0 {
            let (mut digits, mut width) = (nanosecond, 9_usize);
            while digits.is_multiple_of(10) {
                digits = digits.checked_div(10).unwrap_or_default();
                width = width.saturating_sub(1);
            }
            write!(f, ".{digits:0width$}")?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(at: Timestamp) -> Self {
        // Cannot fail: the range of `Timestamp` lies inside that of `OffsetDateTime`.
        let second = Self::from_unix_timestamp(at.seconds).unwrap_or(Self::UNIX_EPOCH);
        second.replace_nanosecond(at.nanosecond()).unwrap_or(second)
    }
}

impl TryFrom<OffsetDateTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(at: OffsetDateTime) -> Result<Self, TimestampError> {
        Self::in_range(at.unix_timestamp(), NonZeroU32::MIN.saturating_add(at.nanosecond()))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Parses RFC 3339 with an offset, `T` between date and time, to the nanosecond at most.
    ///
    /// # Errors
    /// No such text, more than nine digits of a second, a 60th second, or a year outside 0000 to 9999 in UTC.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let invalid = |problem: fn(Box<str>) -> Problem| TimestampError { problem: problem(excerpt(text)) };
        let bytes = text.as_bytes();
        // The library reads more than docs/format.md allows (a space or `t` for `T`, leap seconds, digits it then drops).
        if bytes.get(10) != Some(&b'T') {
            return Err(invalid(Problem::NotRfc3339));
        }
        if bytes.get(17..19) == Some(b"60") {
            return Err(invalid(Problem::LeapSecond));
        }
        let after_seconds = bytes.get(19..).unwrap_or_default();
        if let Some((b'.', fraction)) = after_seconds.split_first()
            && fraction.iter().take_while(|byte| byte.is_ascii_digit()).count() > 9
        {
            return Err(invalid(Problem::TooPrecise));
        }
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| invalid(Problem::NotRfc3339))?;
        Self::try_from(at)
    }
}

/// A text or number that is no [`Timestamp`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct TimestampError {
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("{} is not an RFC 3339 time: expected a form such as `2025-11-01T00:00:00Z`", Quoted(.0))]
    NotRfc3339(Box<str>),
    #[error("{} has more than nine digits of a second: expected nanoseconds at most", Quoted(.0))]
    TooPrecise(Box<str>),
    #[error("{} is in a 60th second: expected seconds from 00 to 59", Quoted(.0))]
    LeapSecond(Box<str>),
    #[error("time out of range: expected the years 0000 to 9999 in UTC")]
    OutOfRange,
}

#[cfg(feature = "serde")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::value::string_enum::deserialize_from_str(deserializer, "time")
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;
    use alloc::string::ToString;
    use core::time::Duration;

    fn canonical(text: &str) -> Result<alloc::string::String, alloc::string::String> {
        text.parse::<Timestamp>().map(|at| at.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_offsets_and_prints_utc_with_the_fewest_digits() {
        for (text, expected) in [
            ("2025-11-01T00:00:00Z", "2025-11-01T00:00:00Z"),
            ("2025-11-01T00:00:00z", "2025-11-01T00:00:00Z"),
            ("2025-11-01T00:00:00+00:00", "2025-11-01T00:00:00Z"),
            ("2025-11-01T00:00:00-00:00", "2025-11-01T00:00:00Z"),
            ("2025-11-01T00:30:00+05:30", "2025-10-31T19:00:00Z"),
            ("2025-11-01T00:00:00.123456789Z", "2025-11-01T00:00:00.123456789Z"),
            ("2025-11-01T00:00:00.120Z", "2025-11-01T00:00:00.12Z"),
            ("2025-11-01T00:00:00.000000001Z", "2025-11-01T00:00:00.000000001Z"),
            ("2025-11-01T00:00:00.0Z", "2025-11-01T00:00:00Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_rfc_3339_or_finer_than_a_nanosecond() {
        for text in [
            "",
            "2025",
            "2025-11-01",
            "2025-11-01T00:00:00",
            "2025-11-01 00:00:00Z",
            "2025-11-01t00:00:00Z",
            "2025-11-01T00:00Z",
            "2025-11-01T00:00:00.Z",
            "2025-11-01T00:00:00,5Z",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-11-31T00:00:00Z",
            "2025-11-01T24:00:00Z",
            "2025-11-01T00:60:00Z",
            "2025-11-01T00:00:00+24:00",
            "2025-11-01T00:00:00+0100",
            "2025-11-01T00:00:00+01",
            " 2025-11-01T00:00:00Z",
            "2025-11-01T00:00:00Z ",
            "+2025-11-01T00:00:00Z",
            "20251-11-01T00:00:00Z",
            "2025-11-01T00:00:00ZZ",
            "2025-11-01T00:00:00+01:00Z",
            "２025-11-01T00:00:00Z",
            "2025-11-01T00:00:00−01:00",
        ] {
            let message = canonical(text).unwrap_err();
            assert_eq!(
                message,
                alloc::format!("`{text}` is not an RFC 3339 time: expected a form such as `2025-11-01T00:00:00Z`"),
            );
        }
        assert_eq!(
            canonical("2025-11-01T00:00:00.1234567890Z").unwrap_err(),
            "`2025-11-01T00:00:00.1234567890Z` has more than nine digits of a second: expected nanoseconds at most",
        );
        assert_eq!(
            canonical("2016-12-31T23:59:60Z").unwrap_err(),
            "`2016-12-31T23:59:60Z` is in a 60th second: expected seconds from 00 to 59",
        );
        for text in ["9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"] {
            assert_eq!(canonical(text).unwrap_err(), "time out of range: expected the years 0000 to 9999 in UTC");
        }
    }

    #[test]
    fn arithmetic_ends_in_an_error_at_both_ends_never_in_a_panic() {
        let day = Duration::from_hours(24);
        assert!(Timestamp::MAX.checked_add(Duration::from_nanos(1)).is_err());
        assert_eq!(Timestamp::MAX.checked_add(Duration::ZERO), Ok(Timestamp::MAX));
        assert!(Timestamp::MIN.checked_add(Duration::MAX).is_err());
        assert!(Timestamp::from_unix_seconds(i64::MAX).is_err());
        assert!(Timestamp::from_unix_seconds(i64::MIN).is_err());
        assert!(Timestamp::from_unix_nanoseconds(i128::MIN).is_err());
        assert!(Timestamp::from_unix_nanoseconds(Timestamp::MIN.unix_nanoseconds() - 1).is_err());
        assert_eq!(Timestamp::UNIX_EPOCH.checked_add(day).unwrap().to_string(), "1970-01-02T00:00:00Z");
        assert_eq!(Timestamp::UNIX_EPOCH.duration_since(Timestamp::from_unix_seconds(1).unwrap()), None);
        assert_eq!(
            Timestamp::from_unix_seconds(1).unwrap().duration_since(Timestamp::UNIX_EPOCH),
            Some(Duration::from_secs(1))
        );
        assert!(Timestamp::MAX.duration_since(Timestamp::MIN).is_some());
    }

    #[test]
    fn converts_from_and_to_the_time_crate() {
        let at: Timestamp = "2025-11-01T00:00:00.5Z".parse().unwrap();
        assert_eq!(Timestamp::try_from(time::OffsetDateTime::from(at)), Ok(at));
        for edge in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(Timestamp::try_from(time::OffsetDateTime::from(edge)), Ok(edge));
        }
    }
}
