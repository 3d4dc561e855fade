//! A document in a self-describing format such as JSON. The document is a tree that keeps duplicate keys. The functions
//! that read the tree return errors with the path to the wrong value.

use alloc::{
    borrow::Cow,
    boxed::Box,
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{
    fmt::{self, Write as _},
    marker::PhantomData,
    ops::Deref,
    str::FromStr,
};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
#[cfg(feature = "npm")]
use serde::ser::{Serialize, Serializer};

use crate::value::{
    limits::MAX_DOCUMENT_DEPTH,
    quoted::{Printable, Quoted, excerpt, may_be_secret},
};

/// A number in a document. Two numbers are equal if they are the same variant and have the same bits.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// An integer of at least 0.
    Whole(u64),
    /// An integer below 0.
    Negative(i64),
    /// Any other number, as the bits of an `f64`.
    Other(u64),
}

/// A value in a document, with at most [`MAX_DOCUMENT_DEPTH`] levels of lists and objects.
///
/// `T` is the text of the keys and the strings: `Box<str>` in a document that outlives its input, and `Cow<str>` in one
/// that borrows from it.
#[derive(Clone, PartialEq)]
pub(crate) enum Node<T = Box<str>> {
    Null,
    Bool(bool),
    Number(Number),
    Text(T),
    List(Vec<Self>),
    /// The entries in document order, including those with duplicate keys.
    Object(Vec<(T, Self)>),
}

/// The text of a key or a string.
pub(crate) trait Text: Deref<Target = str> {}

impl Text for Box<str> {}

impl Text for Cow<'_, str> {}

impl<T> Node<T> {
    /// Returns the kind of this value in words for error messages, such as `a string`.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(..) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de, T: Text + From<&'de str> + From<String>> Deserialize<'de> for Node<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AnyValue::new(MAX_DOCUMENT_DEPTH).deserialize(deserializer)
    }
}

/// Builds a value of at most this many levels. The limit holds whatever the deserializer allows, so that no function that
/// walks a document, and no drop of one, can exhaust the stack.
struct AnyValue<T> {
    levels: usize,
    text: PhantomData<T>,
}

impl<T> AnyValue<T> {
    const fn new(levels: usize) -> Self {
        Self { levels, text: PhantomData }
    }

    /// Returns the number of levels of the values in a list, an object or an option.
    ///
    /// # Errors
    ///
    /// Returns an error if no level is left for them.
    fn inner_levels<E: Error>(&self) -> Result<usize, E> {
        let too_deep = || {
            E::custom(format_args!(
                "a document of more than {MAX_DOCUMENT_DEPTH} levels: expected at most {MAX_DOCUMENT_DEPTH}"
            ))
        };
        self.levels.checked_sub(1).ok_or_else(too_deep)
    }
}

impl<'de, T: Text + From<&'de str> + From<String>> DeserializeSeed<'de> for AnyValue<T> {
    type Value = Node<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Text + From<&'de str> + From<String>> Visitor<'de> for AnyValue<T> {
    type Value = Node<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node<T>, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node<T>, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<T>, D::Error> {
        deserializer.deserialize_any(Self::new(self.inner_levels()?))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<T>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<T>, E> {
        Ok(Node::Number(Number::Whole(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<T>, E> {
        Ok(Node::Number(u64::try_from(value).map_or(Number::Negative(value), Number::Whole)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<T>, E> {
        Ok(Node::Number(Number::Other(value.to_bits())))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node<T>, E> {
        AnyText(PhantomData).visit_str(value).map(Node::Text)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Node<T>, E> {
        AnyText(PhantomData).visit_borrowed_str(value).map(Node::Text)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Node<T>, E> {
        AnyText(PhantomData).visit_string(value).map(Node::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node<T>, A::Error> {
        let levels = self.inner_levels()?;
        let mut list = Vec::new();
        while let Some(item) = access.next_element_seed(AnyValue::new(levels))? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node<T>, A::Error> {
        let levels = self.inner_levels()?;
        let mut object = Vec::new();
        while let Some(key) = access.next_key_seed(AnyText(PhantomData))? {
            object.push((key, access.next_value_seed(AnyValue::new(levels))?));
        }
        Ok(Node::Object(object))
    }
}

/// Builds the text of a key or a string. Text that the input lends is not copied if `T` can borrow it.
struct AnyText<T>(PhantomData<T>);

impl<'de, T: From<&'de str> + From<String>> DeserializeSeed<'de> for AnyText<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, T: From<&'de str> + From<String>> Visitor<'de> for AnyText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, value: &str) -> Result<T, E> {
        Ok(String::from(value).into())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<T, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<T, E> {
        Ok(value.into())
    }
}

#[cfg(feature = "npm")]
impl<T: Text> Node<T> {
    /// Returns the first field with this name, or `None` if there is no such field or if this is not an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        entries.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }
}

#[cfg(feature = "npm")]
impl Node<Cow<'_, str>> {
    /// Copies the text that is borrowed.
    pub(crate) fn into_owned(self) -> Node<Cow<'static, str>> {
        fn own(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        match self {
            Self::Null => Node::Null,
            Self::Bool(value) => Node::Bool(value),
            Self::Number(number) => Node::Number(number),
            Self::Text(text) => Node::Text(own(text)),
            Self::List(items) => Node::List(items.into_iter().map(Self::into_owned).collect()),
            Self::Object(entries) => {
                Node::Object(entries.into_iter().map(|(key, value)| (own(key), value.into_owned())).collect())
            }
        }
    }
}

/// Writes the value as it was read: the keys in their order, and each number as the deserializer gave it.
#[cfg(feature = "npm")]
impl<T: Text> Serialize for Node<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(Number::Whole(number)) => serializer.serialize_u64(*number),
            Self::Number(Number::Negative(number)) => serializer.serialize_i64(*number),
            Self::Number(Number::Other(bits)) => serializer.serialize_f64(f64::from_bits(*bits)),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (&**key, value))),
        }
    }
}

/// The path to a value in a document, such as `tokens[3].cidr[0]`.
///
/// A path is a linked list from the value up to the top of the document. Only an error allocates text for a path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'p> {
    Top,
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl Path<'_> {
    /// Returns the path to a field of the object at this path.
    pub(crate) const fn field<'p>(&'p self, name: &'p str) -> Path<'p> {
        Path::Field(self, name)
    }

    /// Returns the path to an item of the list at this path.
    pub(crate) const fn item(&self, index: usize) -> Path<'_> {
        Path::Item(self, index)
    }

    /// Creates an error about the value at this path.
    pub(crate) fn error(&self, message: impl fmt::Display) -> ErrorAt {
        ErrorAt { path: self.truncated(), message: message.to_string(), is_unknown_field: false }
    }

    /// Returns the path as text, cut off after [`MAX_PATH`] characters because the sender of the document chooses the
    /// length of its keys.
    fn truncated(&self) -> String {
        let mut short = Truncated { text: String::new(), room: MAX_PATH };
        if write!(short, "{self}").is_err() {
            short.text.push('…');
        }
        short.text
    }
}

/// The maximum length of a path in an error, in characters.
const MAX_PATH: usize = 1000;

/// A writer that accepts `room` more characters and then fails.
struct Truncated {
    text: String,
    room: usize,
}

impl fmt::Write for Truncated {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.room = self.room.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Field(Self::Top, name) => write_key(f, name),
            Self::Field(parent, name) => {
                write!(f, "{parent}.")?;
                write_key(f, name)
            }
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Writes the first 256 characters of a key on one line. A key that may be a secret is written as `…`.
fn write_key(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let name = if may_be_secret(name) { "…" } else { name };
    name.chars().take(256).try_for_each(|character| write!(f, "{}", Printable(character)))
}

/// An error in a document, with the path to the wrong value: `tokens[3].cidr[0]: invalid IP range …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{message}", path, if path.is_empty() { "" } else { ": " })]
pub(crate) struct ErrorAt {
    pub(crate) path: String,
    pub(crate) message: String,
    /// Whether the error is about an unknown field.
    pub(crate) is_unknown_field: bool,
}

/// The fields of an object that has only known fields, each at most once.
pub(crate) struct Fields<'n, T = Box<str>> {
    entries: &'n [(T, Node<T>)],
}

impl<T> Clone for Fields<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fields<'_, T> {}

impl<'n, T: Text> Fields<'n, T> {
    /// Reads an object whose fields must all be among `known`.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not an object, or has an unknown field or a duplicate key.
    pub(crate) fn new(node: &'n Node<T>, path: &Path<'_>, known: &[&str]) -> Result<Self, ErrorAt> {
        let entries = object(node, path)?;
        for (name, _) in entries {
            if !known.contains(&&**name) {
                let expected: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
                let message = format!("unknown field: expected one of {}", expected.join(", "));
                return Err(ErrorAt { is_unknown_field: true, ..path.field(name).error(message) });
            }
        }
        Ok(Self { entries })
    }

    /// Returns the field with this name, or `None` if it is absent.
    pub(crate) fn optional(&self, name: &str) -> Option<&'n Node<T>> {
        self.entries.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// Returns the field with this name.
    ///
    /// # Errors
    ///
    /// Returns an error if the field is absent.
    pub(crate) fn required(&self, name: &str, path: &Path<'_>) -> Result<&'n Node<T>, ErrorAt> {
        self.optional(name).ok_or_else(|| path.field(name).error("missing field"))
    }
}

/// Returns the entries of an object that may have any keys.
///
/// # Errors
///
/// Returns an error if the value is not an object, or has a duplicate key.
pub(crate) fn object<'n, T: Text>(node: &'n Node<T>, path: &Path<'_>) -> Result<&'n [(T, Node<T>)], ErrorAt> {
    let Node::Object(entries) = node else { return Err(wrong_kind(node, path, "an object")) };
    match first_duplicate(entries) {
        Some(name) => Err(path.field(name).error("duplicate key: expected each once")),
        None => Ok(entries),
    }
}

/// Returns the first key that repeats an earlier one.
///
/// Up to 16 keys are compared in pairs. Collecting them in a set took a third of the time to read a stored token; see
/// `docs::performance`.
fn first_duplicate<T: Text>(entries: &[(T, Node<T>)]) -> Option<&str> {
    const FEW: usize = 16;
    let mut names = entries.iter().map(|(name, _)| &**name);
    if entries.len() <= FEW {
        let before = |count| entries.iter().take(count).map(|(name, _)| &**name);
        return names
            .enumerate()
            .find(|(index, name)| before(*index).any(|other| other == *name))
            .map(|(_, name)| name);
    }
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}

/// Returns an error if any object in the document has a duplicate key, at any depth.
#[cfg(any(feature = "npm", feature = "testing"))]
pub(crate) fn each_key_once(node: &Node<impl Text>, path: &Path<'_>) -> Result<(), ErrorAt> {
    match node {
        Node::Object(_) => {
            object(node, path)?.iter().try_for_each(|(name, value)| each_key_once(value, &path.field(name)))
        }
        Node::List(items) => {
            items.iter().enumerate().try_for_each(|(index, item)| each_key_once(item, &path.item(index)))
        }
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) => Ok(()),
    }
}

/// Returns the items of a list.
///
/// # Errors
///
/// Returns an error if the value is not a list.
pub(crate) fn list<'n, T: Text>(node: &'n Node<T>, path: &Path<'_>) -> Result<&'n [Node<T>], ErrorAt> {
    match node {
        Node::List(items) => Ok(items),
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) | Node::Object(_) => {
            Err(wrong_kind(node, path, "a list"))
        }
    }
}

/// Returns the text of a string.
///
/// # Errors
///
/// Returns an error if the value is not a string.
pub(crate) fn text<'n>(node: &'n Node<impl Text>, path: &Path<'_>) -> Result<&'n str, ErrorAt> {
    match node {
        Node::Text(text) => Ok(text),
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::List(_) | Node::Object(_) => {
            Err(wrong_kind(node, path, "a string"))
        }
    }
}

/// Returns the value of a boolean.
///
/// # Errors
///
/// Returns an error if the value is not a boolean.
pub(crate) fn boolean(node: &Node<impl Text>, path: &Path<'_>) -> Result<bool, ErrorAt> {
    match node {
        Node::Bool(value) => Ok(*value),
        Node::Null | Node::Number(..) | Node::Text(_) | Node::List(_) | Node::Object(_) => {
            Err(wrong_kind(node, path, "a boolean"))
        }
    }
}

/// Returns the value of a whole number of at least 0.
///
/// # Errors
///
/// Returns an error if the value is not a number, or is negative or has a fraction.
pub(crate) fn whole_number(node: &Node<impl Text>, path: &Path<'_>) -> Result<u64, ErrorAt> {
    match node {
        Node::Number(Number::Whole(number)) => Ok(*number),
        Node::Number(Number::Negative(_) | Number::Other(_)) => {
            Err(path.error("a number that is negative or has a fraction: expected a whole number of at least 0"))
        }
        Node::Null | Node::Bool(_) | Node::Text(_) | Node::List(_) | Node::Object(_) => {
            Err(wrong_kind(node, path, "a whole number"))
        }
    }
}

/// Parses the text of a string.
///
/// # Errors
///
/// Returns an error if the value is not a string, or if parsing it fails.
pub(crate) fn word<V: FromStr<Err: fmt::Display>>(node: &Node<impl Text>, path: &Path<'_>) -> Result<V, ErrorAt> {
    text(node, path)?.parse().map_err(|error| path.error(error))
}

/// Returns the text of a string, or `None` for null.
///
/// # Errors
///
/// Returns an error if the value is neither a string nor null.
pub(crate) fn nullable_text<'n>(node: &'n Node<impl Text>, path: &Path<'_>) -> Result<Option<&'n str>, ErrorAt> {
    match node {
        Node::Null => Ok(None),
        Node::Text(text) => Ok(Some(text)),
        Node::Bool(_) | Node::Number(..) | Node::List(_) | Node::Object(_) => {
            Err(wrong_kind(node, path, "a string or null"))
        }
    }
}

/// Parses the text of a string, or returns `None` for null.
///
/// # Errors
///
/// Returns an error if the value is neither a string nor null, or if parsing the string fails.
pub(crate) fn nullable_word<T: core::str::FromStr<Err: fmt::Display>>(
    node: &Node,
    path: &Path<'_>,
) -> Result<Option<T>, ErrorAt> {
    nullable_text(node, path)?.map(|text| text.parse().map_err(|error| path.error(error))).transpose()
}

/// Reads a list by calling `read` with each item and its path.
///
/// # Errors
///
/// Returns an error if the value is not a list, or the first error of `read`.
pub(crate) fn each<'n, T>(
    node: &'n Node,
    path: &Path<'_>,
    read: impl Fn(&'n Node, &Path<'_>) -> Result<T, ErrorAt>,
) -> Result<Vec<T>, ErrorAt> {
    let items = list(node, path)?;
    // Collecting results does not reserve memory: loading a token with 50 packages takes 7 % more instructions.
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        values.push(read(item, &path.item(index))?);
    }
    Ok(values)
}

/// Returns the value of `result`, or adds its error to `errors` with the path of the field.
pub(crate) fn keep<T, E: fmt::Display>(result: Result<T, E>, path: &Path<'_>, errors: &mut Vec<ErrorAt>) -> Option<T> {
    result.map_err(|error| errors.push(path.error(error))).ok()
}

/// Returns a text from the document as messages show it: quoted, and shortened if it is long.
pub(crate) fn quoted(text: &str) -> String {
    Quoted(&excerpt(text)).to_string()
}

/// Creates an error about a value of the wrong kind. The message says what was found and what was expected.
pub(crate) fn wrong_kind(node: &Node<impl Text>, path: &Path<'_>, expected: &str) -> ErrorAt {
    match node {
        Node::Text(text) => path.error(format!("found the string {}: expected {expected}", Quoted(&excerpt(text)))),
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::List(_) | Node::Object(_) => {
            path.error(format!("found {}: expected {expected}", node.kind()))
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(any(feature = "npm", feature = "testing"))]
    use super::each_key_once;
    use super::{Node, Path, object};
    use alloc::{format, string::ToString, vec::Vec};

    #[test]
    fn a_duplicate_key_is_reported_among_any_number_of_keys() {
        for count in [2, 3, 15, 16, 17, 18, 100] {
            let keys: Vec<_> = (0..count).map(|n| format!("key{n}")).collect();
            let read = |keys: &[&str]| {
                let entries: Vec<_> = keys.iter().map(|key| format!(r#""{key}": 1"#)).collect();
                let node: Node = serde_json::from_str(&format!("{{{}}}", entries.join(", "))).unwrap();
                object(&node, &Path::Top).map(<[_]>::len).map_err(|error| error.to_string())
            };
            let mut all: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
            assert_eq!(read(&all), Ok(count));
            for twice in [0, (count - 1) / 2, count - 2] {
                all[count - 1] = &keys[twice];
                assert_eq!(read(&all), Err(format!("key{twice}: duplicate key: expected each once")), "{count}");
            }
        }
    }

    #[cfg(any(feature = "npm", feature = "testing"))]
    #[test]
    fn a_path_is_cut_off_after_a_thousand_characters() {
        let at = |depth: usize| {
            let document = "{\"key.0123\":".repeat(depth) + r#"{"a": 1, "a": 2}"# + &"}".repeat(depth);
            each_key_once(&serde_json::from_str::<Node>(&document).unwrap(), &Path::Top).unwrap_err().path
        };
        let whole = "key.0123.".repeat(111);
        assert_eq!(at(111), format!("{whole}a"));
        assert_eq!(at(111).len(), 1000);
        assert_eq!(at(112), format!("{whole}k…"));
        assert_eq!(at(120), at(112));
    }
}
