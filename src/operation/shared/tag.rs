//! A tag of an object.

/// A tag of an object. An object has at most ten; a key has 1 to 128 characters, a value up to 256.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct Tag {
    /// The key, unique within the object.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

/// A key and a value.
impl<K: Into<String>, V: Into<String>> From<(K, V)> for Tag {
    fn from((key, value): (K, V)) -> Tag {
        Tag {
            key: key.into(),
            value: value.into(),
        }
    }
}
