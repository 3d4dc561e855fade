//! Reading what may be null: an unknown address, any address.

use core::fmt;

use serde::{
    Deserializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

/// What is read where null is not: a value of its own, so that an absent field (which serde reads as an absent
/// option) is an error and never null, and a format that cannot tell null from a list is refused.
pub(super) trait OrElse<'de>: Sized {
    type Value;
    const EXPECTED: &'static str;
    fn null() -> Self::Value;
    fn text<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Err(E::invalid_type(Unexpected::Str(text), &Self::EXPECTED))
    }
    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error>;
}

pub(super) struct NullOr<T>(pub(super) T);

impl<'de, T: OrElse<'de>> Visitor<'de> for NullOr<T> {
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
