//! A whole number of seconds, as the limits on the lifetimes of tokens have it.

use core::{fmt, time::Duration};

/// A lifetime in whole seconds. It displays as a number of days, hours or seconds, whichever is the largest unit that
/// is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lifetime {
    seconds: u64,
}

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

impl Lifetime {
    /// Creates a lifetime, or returns `None` if the duration has a part of a second.
    pub(crate) const fn new(duration: Duration) -> Option<Self> {
        if duration.subsec_nanos() == 0 { Some(Self { seconds: duration.as_secs() }) } else { None }
    }

    pub(crate) const fn from_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    pub(crate) const fn from_hours(hours: u64) -> Self {
        Self { seconds: hours.saturating_mul(HOUR) }
    }

    pub(crate) const fn from_days(days: u64) -> Self {
        Self { seconds: days.saturating_mul(DAY) }
    }

    #[cfg(feature = "serde")]
    pub(crate) const fn seconds(self) -> u64 {
        self.seconds
    }

    pub(crate) const fn duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(DAY, "day"), (HOUR, "hour"), (1, "second")] {
            if self.seconds.is_multiple_of(unit) && self.seconds >= unit {
                let count = self.seconds.checked_div(unit).unwrap_or_default();
                return write!(f, "{count} {name}{}", if count == 1 { "" } else { "s" });
            }
        }
        f.write_str("0 seconds")
    }
}
