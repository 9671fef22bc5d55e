//! `s3://BUCKET/KEY`, as the arguments name buckets and objects.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::failure::Failure;

/// A bucket and a key or prefix, which may be empty. A key is taken as it is: `*`, `?` and `%` are characters like others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Location {
    pub bucket: String,
    pub key: String,
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Location, String> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return Err("expected s3://BUCKET/KEY; put and get copy from and to files".to_owned());
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err("the bucket is missing: write s3://BUCKET/KEY".to_owned());
        }
        Ok(Location {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("s3://")?;
        f.write_str(&self.bucket)?;
        f.write_str("/")?;
        f.write_str(&self.key)
    }
}

impl Location {
    /// Another key of the same bucket.
    pub fn with_key(&self, key: impl Into<String>) -> Location {
        Location {
            bucket: self.bucket.clone(),
            key: key.into(),
        }
    }

    /// Rejects a bucket, where a command needs an object.
    pub fn check_object(&self) -> Result<(), Failure> {
        match self.key.as_str() {
            "" => Err(Failure::Usage(format!(
                "{self}: names no object; add a key"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether it can only be a prefix: the whole bucket, or a key that ends in `/`.
    pub fn is_folder(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// The part of the key after the last `/`.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// The location with the name of `path` added, if it is a folder.
    pub fn for_file(&self, path: &Path) -> Option<Location> {
        if !self.is_folder() {
            return Some(self.clone());
        }
        let name = path.file_name()?.to_str()?;
        Some(self.with_key(format!("{}{name}", self.key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_has_a_bucket_and_a_key_as_it_is() {
        for (text, bucket, key) in [
            ("s3://b", "b", ""),
            ("s3://b/", "b", ""),
            ("s3://b/k", "b", "k"),
            ("s3://b/a/*?%20 é", "b", "a/*?%20 é"),
            ("s3://b//k", "b", "/k"),
        ] {
            let location: Location = text.parse().unwrap();
            assert_eq!((&*location.bucket, &*location.key), (bucket, key), "{text}");
        }
    }

    #[test]
    fn other_text_is_rejected() {
        for (text, expected) in [
            ("s3://", "the bucket is missing"),
            ("s3:///k", "the bucket is missing"),
            ("b/k", "expected s3://BUCKET/KEY"),
            ("https://b/k", "expected s3://BUCKET/KEY"),
            ("S3://b/k", "expected s3://BUCKET/KEY"),
        ] {
            let error = text.parse::<Location>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_folder_takes_the_name_of_the_file() {
        let key = |text: &str, path: &str| {
            let location: Location = text.parse().unwrap();
            location.for_file(Path::new(path)).map(|found| found.key)
        };
        assert_eq!(key("s3://b", "a/cat.jpg").as_deref(), Some("cat.jpg"));
        assert_eq!(key("s3://b/p/", "cat.jpg").as_deref(), Some("p/cat.jpg"));
        assert_eq!(key("s3://b/p", "cat.jpg").as_deref(), Some("p"));
        assert_eq!(key("s3://b/p/", ".."), None);
    }
}
