//! No document is so deep that reading, comparing or dropping it exhausts the stack, even if its deserializer has no limit
//! of its own.

use core::{fmt::Debug, iter::once};

use serde::{
    Deserialize, Deserializer,
    de::{
        IntoDeserializer, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use tollgate::{
    Policy, StoredToken,
    directory::{RequestLine, World},
    facts::{StoredPackage, StoredUser},
    npm::Body,
    value::limits::MAX_DOCUMENT_DEPTH,
};

/// How a value of a deep document holds the next one.
#[derive(Clone, Copy, Debug)]
enum Shape {
    List,
    Object,
    /// The `Some` of a format that has it, such as RON.
    Option,
    ListOfObjects,
}

const SHAPES: [Shape; 4] = [Shape::List, Shape::Object, Shape::Option, Shape::ListOfObjects];

/// A document of values inside each other, `levels` of them around a null. This deserializer has no limit of depth.
#[derive(Clone, Copy)]
struct Nested {
    levels: usize,
    shape: Shape,
}

impl<'de> Deserializer<'de> for Nested {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Some(levels) = self.levels.checked_sub(1) else { return visitor.visit_unit() };
        let inner = Self { levels, ..self };
        let is_list = match self.shape {
            Shape::List => true,
            Shape::Object => false,
            Shape::ListOfObjects => levels % 2 == 0,
            Shape::Option => return visitor.visit_some(inner),
        };
        if is_list {
            visitor.visit_seq(SeqDeserializer::new(once(inner)))
        } else {
            visitor.visit_map(MapDeserializer::new(once(("a", inner))))
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_> for Nested {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Asserts that a document of the greatest depth is read, and that a deeper one is an error, which says so.
#[track_caller]
fn stops_at_the_limit<T: Deserialize<'static> + Clone>(shape: Shape) {
    let read = |levels| T::deserialize(Nested { levels, shape }).map_err(|error| error.to_string());
    for levels in [0, 1, MAX_DOCUMENT_DEPTH - 1, MAX_DOCUMENT_DEPTH] {
        let document = read(levels).unwrap_or_else(|error| unreachable!("{shape:?} of {levels} levels: {error}"));
        drop(document.clone());
    }
    for levels in [MAX_DOCUMENT_DEPTH + 1, MAX_DOCUMENT_DEPTH + 2, 200_000] {
        let error = read(levels).err();
        let expected = "a document of more than 128 levels: expected at most 128";
        assert_eq!(error.as_deref(), Some(expected), "{shape:?} of {levels} levels");
    }
}

#[test]
fn every_document_is_read_up_to_the_limit_of_depth_and_no_further() {
    for shape in SHAPES {
        stops_at_the_limit::<StoredToken>(shape);
        stops_at_the_limit::<StoredUser>(shape);
        stops_at_the_limit::<StoredPackage>(shape);
        stops_at_the_limit::<World>(shape);
        stops_at_the_limit::<RequestLine>(shape);
        stops_at_the_limit::<Body>(shape);
    }
}

#[test]
fn documents_of_the_greatest_depth_are_compared_and_refused_by_their_readers() {
    fn equal_to_itself<T: Deserialize<'static> + PartialEq>(deepest: Nested) -> T {
        let (one, other) = (T::deserialize(deepest).unwrap(), T::deserialize(deepest).unwrap());
        assert!(one == other);
        one
    }
    for shape in SHAPES {
        let deepest = Nested { levels: MAX_DOCUMENT_DEPTH, shape };
        assert!(equal_to_itself::<StoredToken>(deepest).load().is_err());
        assert!(equal_to_itself::<Body>(deepest).user().is_err());
    }
}

#[test]
fn a_deep_policy_is_an_error() {
    fn refused<T: Deserialize<'static> + Debug>(levels: usize) {
        for shape in SHAPES {
            assert!(T::deserialize(Nested { levels, shape }).is_err(), "{shape:?} of {levels} levels");
        }
    }
    for levels in [MAX_DOCUMENT_DEPTH, MAX_DOCUMENT_DEPTH + 1, 200_000] {
        refused::<Policy>(levels);
    }
}

#[test]
fn a_tree_of_another_library_that_is_too_deep_is_an_error() {
    let nested =
        |levels: usize| (0..levels).fold(serde_json::Value::Null, |inner, _| serde_json::json!({"a": [inner]}));
    assert!(Body::deserialize(&nested(MAX_DOCUMENT_DEPTH / 2)).is_ok());
    assert!(Body::deserialize(&nested(MAX_DOCUMENT_DEPTH / 2 + 1)).is_err());
    // Without optimization, the other library needs more stack for a deeper tree than a test has.
    assert!(Body::deserialize(&nested(MAX_DOCUMENT_DEPTH)).is_err());
    assert!(serde_json::from_value::<StoredToken>(nested(MAX_DOCUMENT_DEPTH)).is_err());
}
