//! Points in time.

use alloc::boxed::Box;
use core::{cmp::Ordering, fmt, num::NonZeroU32, str::FromStr, time::Duration};

use ::time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::value::quoted::{Quoted, excerpt};

/// A point in time, in whole nanoseconds, from the year 0000 to the year 9999 in UTC.
///
/// Comparisons are exact and arithmetic is checked.
///
/// This crate never reads a clock. The caller reads it once for each request and passes the result as `now`.
///
/// # Textual representation
///
/// `Timestamp` parses RFC 3339 with an offset. It displays RFC 3339 in UTC with `Z`, and with no more digits after the
/// decimal point of the second than the value needs.
///
/// # Examples
///
/// ```
/// use tollgate::Timestamp;
///
/// let at: Timestamp = "2025-11-01T12:00:00.50+02:00".parse()?;
/// assert_eq!(at.to_string(), "2025-11-01T10:00:00.5Z");
/// assert!("2025-11-01T12:00:00".parse::<Timestamp>().is_err()); // no offset
/// # Ok::<(), tollgate::value::TimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down, as the bytes of an `i64`.
    ///
    /// Bytes need no alignment, so a timestamp takes 12 bytes and not 16. A bound token holds four timestamps, and
    /// copying it calls no function as long as it has at most 128 bytes; see `docs::performance`.
    seconds: [u8; 8],
    /// The nanoseconds after that second, from 0 to 999,999,999, plus one. The stored number is never zero, so
    /// `Option<Timestamp>` is no larger than `Timestamp`.
    nanosecond_plus_one: NonZeroU32,
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;

impl Timestamp {
    /// The earliest point in time, 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self::from_parts(-62_167_219_200, NonZeroU32::MIN);
    /// The latest point in time, 9999-12-31T23:59:59.999999999Z.
    pub const MAX: Self = Self::from_parts(
        253_402_300_799,
        match NonZeroU32::new(1_000_000_000) {
            Some(last) => last,
            None => unreachable!(), // evaluated at compile time
        },
    );
    /// The start of Unix time, 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self::from_parts(0, NonZeroU32::MIN);

    /// Creates the point in time that is `seconds` seconds after 1970-01-01T00:00:00Z, or before it if `seconds` is
    /// negative.
    ///
    /// # Errors
    ///
    /// The result is outside the years 0000 to 9999.
    pub const fn from_unix_seconds(seconds: i64) -> Result<Self, TimestampError> {
        Self::checked_new(seconds, NonZeroU32::MIN)
    }

    /// Creates the point in time that is `nanoseconds` nanoseconds after 1970-01-01T00:00:00Z, or before it if
    /// `nanoseconds` is negative.
    ///
    /// # Errors
    ///
    /// The result is outside the years 0000 to 9999.
    pub fn from_unix_nanoseconds(nanoseconds: i128) -> Result<Self, TimestampError> {
        let out_of_range = TimestampError { problem: TimestampProblem::OutOfRange };
        let seconds = i64::try_from(nanoseconds.div_euclid(NANOS_PER_SECOND)).map_err(|_| out_of_range.clone())?;
        let rest = u32::try_from(nanoseconds.rem_euclid(NANOS_PER_SECOND)).map_err(|_| out_of_range)?;
        Self::checked_new(seconds, NonZeroU32::MIN.saturating_add(rest))
    }

    /// Creates a point in time, after checking that it is within the years 0000 to 9999.
    const fn checked_new(seconds: i64, nanosecond_plus_one: NonZeroU32) -> Result<Self, TimestampError> {
        if Self::MIN.seconds() <= seconds && seconds <= Self::MAX.seconds() {
            Ok(Self::from_parts(seconds, nanosecond_plus_one))
        } else {
            Err(TimestampError { problem: TimestampProblem::OutOfRange })
        }
    }

    /// Returns the number of nanoseconds since 1970-01-01T00:00:00Z. The number is negative for a point in time before
    /// that.
    #[must_use]
    pub fn unix_nanoseconds(self) -> i128 {
        i128::from(self.seconds()).saturating_mul(NANOS_PER_SECOND).saturating_add(i128::from(self.nanosecond()))
    }

    /// Creates a point in time from the whole seconds since 1970-01-01T00:00:00Z, and one more than the nanoseconds
    /// after the last whole second.
    #[inline]
    const fn from_parts(seconds: i64, nanosecond_plus_one: NonZeroU32) -> Self {
        Self { seconds: seconds.to_ne_bytes(), nanosecond_plus_one }
    }

    /// Returns the whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[inline]
    const fn seconds(self) -> i64 {
        i64::from_ne_bytes(self.seconds)
    }

    /// Returns the nanoseconds after the last whole second, from 0 to 999,999,999.
    const fn nanosecond(self) -> u32 {
        self.nanosecond_plus_one.get().saturating_sub(1)
    }

    /// Adds a duration.
    ///
    /// # Errors
    ///
    /// The result is after the year 9999. An overflow is an error, never a panic ([L4](crate::docs::rules#l4)).
    pub fn checked_add(self, duration: Duration) -> Result<Self, TimestampError> {
        let nanoseconds = i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
        Self::from_unix_nanoseconds(self.unix_nanoseconds().saturating_add(nanoseconds))
    }

    /// Returns the time elapsed from `earlier` to this point, or `None` if `earlier` is later than this point.
    #[must_use]
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        let nanoseconds = u128::try_from(self.unix_nanoseconds().checked_sub(earlier.unix_nanoseconds())?).ok()?;
        let seconds = nanoseconds.checked_div(1_000_000_000)?;
        let rest = nanoseconds.checked_rem(1_000_000_000)?;
        Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(rest).ok()?))
    }
}

impl Ord for Timestamp {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let seconds = self.seconds().cmp(&other.seconds());
        seconds.then_with(|| self.nanosecond_plus_one.cmp(&other.nanosecond_plus_one))
    }
}

impl PartialOrd for Timestamp {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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
        // Neither call fails: `OffsetDateTime` has every point in time that `Timestamp` has.
        let second = Self::from_unix_timestamp(at.seconds()).unwrap_or(Self::UNIX_EPOCH);
        second.replace_nanosecond(at.nanosecond()).unwrap_or(second)
    }
}

impl TryFrom<OffsetDateTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(at: OffsetDateTime) -> Result<Self, TimestampError> {
        Self::checked_new(at.unix_timestamp(), NonZeroU32::MIN.saturating_add(at.nanosecond()))
    }
}

#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for Timestamp {
    type Error = TimestampError;

    /// Converts the time of the system's clock, such as `SystemTime::now()`, which the caller reads.
    ///
    /// # Errors
    ///
    /// The time is outside the years 0000 to 9999.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// use tollgate::Timestamp;
    ///
    /// let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_761_955_200);
    /// assert_eq!(Timestamp::try_from(at)?, "2025-11-01T00:00:00Z".parse()?);
    ///
    /// let year_10000 = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    /// assert!(Timestamp::try_from(year_10000).is_err());
    /// # Ok::<(), tollgate::value::TimestampError>(())
    /// ```
    fn try_from(at: std::time::SystemTime) -> Result<Self, TimestampError> {
        let nanoseconds = |duration: Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
        let since_epoch = match at.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => nanoseconds(after),
            Err(before) => nanoseconds(before.duration()).saturating_neg(),
        };
        Self::from_unix_nanoseconds(since_epoch)
    }
}

#[cfg(feature = "std")]
impl TryFrom<Timestamp> for std::time::SystemTime {
    type Error = TimestampError;

    /// Converts to a time of the system's clock, in that clock's resolution: 100 nanoseconds on Windows.
    ///
    /// # Errors
    ///
    /// The system's clock cannot have this time. On Windows these are the times before the year 1601. On Unix with 64 bits
    /// for seconds, there are none.
    fn try_from(at: Timestamp) -> Result<Self, TimestampError> {
        let nanoseconds = at.unix_nanoseconds();
        let duration = |nanoseconds: i128| u128::try_from(nanoseconds).ok().map(Duration::from_nanos_u128);
        let time = if nanoseconds < 0 {
            duration(nanoseconds.saturating_neg()).and_then(|before| Self::UNIX_EPOCH.checked_sub(before))
        } else {
            duration(nanoseconds).and_then(|after| Self::UNIX_EPOCH.checked_add(after))
        };
        time.ok_or(TimestampError { problem: TimestampProblem::NoSystemTime })
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Parses RFC 3339 with an offset and with a capital `T` between date and time.
    ///
    /// # Errors
    ///
    /// - The text does not have this form, or the date does not exist.
    /// - The second has more than nine digits after the decimal point.
    /// - The second is 60, a leap second.
    /// - The result is outside the years 0000 to 9999 in UTC.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let invalid = |problem: fn(Box<str>) -> TimestampProblem| TimestampError { problem: problem(excerpt(text)) };
        let bytes = text.as_bytes();
        // The `time` crate accepts more than `docs::format` allows: a space or `t` for the `T`, leap seconds, and
        // digits after the ninth, which it drops. These are refused here.
        if bytes.get(10) != Some(&b'T') {
            return Err(invalid(TimestampProblem::NotRfc3339));
        }
        if bytes.get(17..19) == Some(b"60") {
            return Err(invalid(TimestampProblem::LeapSecond));
        }
        let after_seconds = bytes.get(19..).unwrap_or_default();
        if let Some((b'.', fraction)) = after_seconds.split_first()
            && fraction.iter().take_while(|byte| byte.is_ascii_digit()).count() > 9
        {
            return Err(invalid(TimestampProblem::TooPrecise));
        }
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| invalid(TimestampProblem::NotRfc3339))?;
        Self::try_from(at)
    }
}

/// The error returned when a text or a number is not a valid [`Timestamp`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct TimestampError {
    problem: TimestampProblem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum TimestampProblem {
    #[error("{} is not an RFC 3339 time: expected a form such as `2025-11-01T00:00:00Z`", Quoted(.0))]
    NotRfc3339(Box<str>),
    #[error("{} has more than nine digits of a second: expected nanoseconds at most", Quoted(.0))]
    TooPrecise(Box<str>),
    #[error("{} is in a 60th second: expected seconds from 00 to 59", Quoted(.0))]
    LeapSecond(Box<str>),
    #[error("time out of range: expected the years 0000 to 9999 in UTC")]
    OutOfRange,
    #[cfg(feature = "std")]
    #[error("time out of range of the system's clock: expected one that `std::time::SystemTime` can have")]
    NoSystemTime,
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
    fn any_offset_is_read_and_utc_is_printed_with_the_fewest_digits() {
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
    fn text_outside_rfc_3339_or_finer_than_a_nanosecond_is_refused() {
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
    fn arithmetic_outside_the_range_is_an_error_and_not_a_panic() {
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

    #[cfg(feature = "std")]
    #[test]
    fn timestamps_convert_to_the_system_time_and_back() {
        use std::time::SystemTime;

        let epoch = SystemTime::UNIX_EPOCH;
        let (second, nanosecond) = (Duration::from_secs(1), Duration::from_nanos(1));
        for (at, text) in [
            (epoch, "1970-01-01T00:00:00Z"),
            (epoch + second + nanosecond, "1970-01-01T00:00:01.000000001Z"),
            (epoch - nanosecond, "1969-12-31T23:59:59.999999999Z"),
            (epoch - second, "1969-12-31T23:59:59Z"),
        ] {
            let timestamp = Timestamp::try_from(at).unwrap();
            assert_eq!(timestamp.to_string(), text);
            assert_eq!(SystemTime::try_from(timestamp), Ok(at));
        }
        let (first, last) =
            (SystemTime::try_from(Timestamp::MIN).unwrap(), SystemTime::try_from(Timestamp::MAX).unwrap());
        assert_eq!((Timestamp::try_from(first), Timestamp::try_from(last)), (Ok(Timestamp::MIN), Ok(Timestamp::MAX)));
        for beyond in [first - nanosecond, last + nanosecond] {
            let message = "time out of range: expected the years 0000 to 9999 in UTC";
            assert_eq!(Timestamp::try_from(beyond).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn timestamps_convert_to_the_time_crate_and_back() {
        let at: Timestamp = "2025-11-01T00:00:00.5Z".parse().unwrap();
        assert_eq!(Timestamp::try_from(time::OffsetDateTime::from(at)), Ok(at));
        for edge in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(Timestamp::try_from(time::OffsetDateTime::from(edge)), Ok(edge));
        }
    }
}
