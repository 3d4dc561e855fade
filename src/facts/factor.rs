//! A second factor that was shown, and how old it may be.

use core::time::Duration;

use crate::value::{Timestamp, UserName, limits::MAX_FACTOR_AGE};

/// A second factor that a user has shown, such as a one-time password, and that the caller has verified.
///
/// Create a `VerifiedFactor` only after the verification succeeded. A recent factor of the token's owner turns a
/// challenge into an allow, and changes no other decision ([F6](crate::docs::rules#f6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedFactor<'a> {
    /// The user who showed the factor.
    pub owner: UserName<&'a str>,
    /// The time at which the factor was verified.
    pub verified_at: Timestamp,
}

/// How old a shown second factor may be: from no time at all, for a factor that was shown with the request, to one day.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
///
/// use tollgate::facts::MaxFactorAge;
///
/// // A one-time password in the request itself.
/// assert_eq!(MaxFactorAge::THIS_REQUEST.as_duration(), Duration::ZERO);
/// // A registry that asks once in five minutes.
/// assert!(MaxFactorAge::new(Duration::from_mins(5)).is_ok());
/// // A factor that was shown last week does not show who uses the token now.
/// assert!(MaxFactorAge::new(Duration::from_hours(7 * 24)).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaxFactorAge(Duration);

impl MaxFactorAge {
    /// Only a factor that was verified at the time of the request counts.
    pub const THIS_REQUEST: Self = Self(Duration::ZERO);

    /// Creates a maximum age.
    ///
    /// # Errors
    ///
    /// Returns an error if the age is over one day.
    pub const fn new(age: Duration) -> Result<Self, MaxFactorAgeError> {
        if age.as_nanos() > MAX_FACTOR_AGE.as_nanos() { Err(MaxFactorAgeError { found: age }) } else { Ok(Self(age)) }
    }

    /// Returns the age.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        self.0
    }
}

/// The error returned when a second factor would count for over a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a second factor that counts for {} seconds: expected at most {}", found.as_secs(), MAX_FACTOR_AGE.as_secs())]
pub struct MaxFactorAgeError {
    found: Duration,
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{MAX_FACTOR_AGE, MaxFactorAge};
    use alloc::string::ToString;

    #[test]
    fn a_factor_counts_for_one_day_at_most() {
        assert_eq!(MaxFactorAge::new(MAX_FACTOR_AGE).unwrap().as_duration(), Duration::from_hours(24));
        let error = MaxFactorAge::new(MAX_FACTOR_AGE + Duration::from_secs(1)).unwrap_err();
        assert_eq!(error.to_string(), "a second factor that counts for 86401 seconds: expected at most 86400");
        assert!(MaxFactorAge::new(MAX_FACTOR_AGE + Duration::from_nanos(1)).is_err());
        assert!(MaxFactorAge::new(Duration::MAX).is_err());
    }
}
