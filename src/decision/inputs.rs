//! The inputs that a decision depended on.

use core::fmt;

use crate::value::string_enum;

string_enum! {
    /// An input that a decision may depend on.
    ///
    /// The action and the names in the resource are not listed, because every decision depends on them.
    #[non_exhaustive]
    pub enum DecisionInput: "input" {
        /// The token's record, or the fact that the token is not on record.
        Token = "token",
        /// The record of the token's owner.
        Owner = "owner",
        /// The client's address.
        ClientIp = "client-ip",
        /// The time of the request.
        Now = "now",
        /// Whether the organization exists.
        Organization = "organization",
        /// The package's record, or the fact that the package does not exist.
        Package = "package",
    }
}

impl DecisionInput {
    const fn bit(self) -> u8 {
        match self {
            Self::Token => 1,
            Self::Owner => 1 << 1,
            Self::ClientIp => 1 << 2,
            Self::Now => 1 << 3,
            Self::Organization => 1 << 4,
            Self::Package => 1 << 5,
        }
    }
}

/// The inputs that a decision depended on ([D2](crate::docs::rules#d2)). A change of another input does not change the
/// decision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DecisionInputs(u8);

impl DecisionInputs {
    pub(crate) const fn empty() -> Self {
        Self(0)
    }

    pub(crate) const fn insert(&mut self, input: DecisionInput) {
        self.0 |= input.bit();
    }

    /// Returns `true` if the decision depended on the input.
    #[must_use]
    pub const fn contains(self, input: DecisionInput) -> bool {
        self.0 & input.bit() != 0
    }

    /// Iterates over the inputs that the decision depended on.
    pub fn iter(self) -> impl Iterator<Item = DecisionInput> {
        DecisionInput::ALL.iter().copied().filter(move |input| self.contains(*input))
    }
}

impl fmt::Debug for DecisionInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for DecisionInputs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for DecisionInputs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut inputs = Self::empty();
        for input in alloc::vec::Vec::<DecisionInput>::deserialize(deserializer)? {
            inputs.insert(input);
        }
        Ok(inputs)
    }
}
