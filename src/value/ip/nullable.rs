//! Deserializing values for which null has a meaning: an unknown address, or no restriction to ranges.
//!
//! These values do not deserialize as an `Option`: serde reads an absent field as `None`, so a forgotten field would
//! mean "any address". They use `deserialize_any`, for which an absent field is an error. Formats that cannot tell null
//! from a list do not support `deserialize_any`, so these values do not deserialize from them.

use core::fmt;

use serde::{
    Deserializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

/// Builds a value while it is deserialized from null, from a string or from a list.
pub(super) trait Nullable<'de>: Sized {
    type Value;
    /// The expected input, as error messages describe it.
    const EXPECTED: &'static str;
    /// The value that null stands for.
    fn null() -> Self::Value;
    fn text<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Err(E::invalid_type(Unexpected::Str(text), &Self::EXPECTED))
    }
    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error>;
}

/// Passes null, a string or a list to a [`Nullable`], and refuses any other input.
pub(super) struct NullableVisitor<T>(pub(super) T);

impl<'de, T: Nullable<'de>> Visitor<'de> for NullableVisitor<T> {
    type Value = T::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_unit<E>(self) -> Result<T::Value, E> {
        Ok(T::null())
    }

    fn visit_none<E>(self) -> Result<T::Value, E> {
        Ok(T::null())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T::Value, E> {
        self.0.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T::Value, A::Error> {
        self.0.list(list)
    }
}
