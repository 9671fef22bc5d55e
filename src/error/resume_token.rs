//! What a later upload needs to know to go on with an interrupted one, as a line of text.

use std::fmt::{self, Write};
use std::str::FromStr;
#[cfg(feature = "reqwest")]
use std::time::{SystemTime, UNIX_EPOCH};

use super::Error;
use crate::sigv4::uri_decode;

/// The first word of a token. A version that cannot be read is rejected.
const VERSION: &str = "slim-s3-upload-1";

/// What `Upload::resume` needs to go on with an interrupted multipart upload.
///
/// `Display` is one line of text, which [`FromStr`] reads again. It contains no secret, but whoever may also sign requests can
/// add parts to the upload.
///
/// ```
/// use slim_s3::error::ResumeToken;
///
/// let line = "slim-s3-upload-1 films cat%20video.mp4 2~Zx 8388608 104857600 -";
/// let token: ResumeToken = line.parse()?;
/// assert_eq!((token.key.as_str(), token.part_size), ("cat video.mp4", 8 << 20));
/// assert_eq!(token.to_string(), line);
/// # Ok::<_, slim_s3::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResumeToken {
    /// The bucket.
    pub bucket: String,
    /// The object key.
    pub key: String,
    /// The upload ID.
    pub upload_id: String,
    /// The size in bytes of all parts but the last.
    pub part_size: u64,
    /// The size in bytes of the data, if it was known.
    pub size: Option<u64>,
    /// When the file was modified, in nanoseconds since 1970, if the data is a file's.
    pub modified: Option<u128>,
}

impl ResumeToken {
    /// A token for an upload of which only the ID and the size of its parts are known, from
    /// [`list_multipart_uploads`](crate::Client::list_multipart_uploads) for example. The parts are then compared with the data only.
    pub fn new(bucket: &str, key: &str, upload_id: &str, part_size: u64) -> ResumeToken {
        ResumeToken {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            upload_id: upload_id.to_owned(),
            part_size,
            size: None,
            modified: None,
        }
    }

    /// A time as in [`modified`](ResumeToken::modified).
    #[cfg(feature = "reqwest")]
    pub(crate) fn nanoseconds(time: SystemTime) -> Option<u128> {
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        Some(since.as_nanos())
    }
}

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VERSION)?;
        for text in [&self.bucket, &self.key, &self.upload_id] {
            f.write_char(' ')?;
            for byte in text.bytes() {
                if byte.is_ascii_graphic() && byte != b'%' {
                    f.write_char(char::from(byte))?;
                } else {
                    write!(f, "%{byte:02X}")?;
                }
            }
        }
        let numbers = [Some(self.part_size.into()), self.size.map(u128::from)];
        for number in numbers.into_iter().chain([self.modified]) {
            match number {
                Some(number) => write!(f, " {number}")?,
                None => f.write_str(" -")?,
            }
        }
        Ok(())
    }
}

impl FromStr for ResumeToken {
    type Err = Error;

    fn from_str(line: &str) -> Result<ResumeToken, Error> {
        parse(line).ok_or_else(|| {
            Error::invalid(
                "resume token",
                "not a token of this version",
                "pass the line that an error or an event of an upload contained",
            )
        })
    }
}

fn parse(line: &str) -> Option<ResumeToken> {
    let mut words = line.trim().split(' ');
    if words.next() != Some(VERSION) {
        return None;
    }
    let token = ResumeToken {
        bucket: uri_decode(words.next()?)?,
        key: uri_decode(words.next()?)?,
        upload_id: uri_decode(words.next()?)?,
        part_size: number(words.next()?)??,
        size: number(words.next()?)?,
        modified: number(words.next()?)?,
    };
    let is_whole = words.next().is_none() && !token.upload_id.is_empty();
    is_whole.then_some(token)
}

fn number<N: FromStr>(word: &str) -> Option<Option<N>> {
    match word {
        "-" => Some(None),
        digits => digits.parse().ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_line_that_reads_back() {
        let token = ResumeToken {
            bucket: "films".to_owned(),
            key: "a b\n%41\u{e9}-".to_owned(),
            upload_id: "2~x/y==".to_owned(),
            part_size: 5 << 20,
            size: None,
            modified: Some(1),
        };
        let line = token.to_string();
        assert_eq!(
            line,
            "slim-s3-upload-1 films a%20b%0A%2541%C3%A9- 2~x/y== 5242880 - 1"
        );
        assert_eq!(line.parse::<ResumeToken>().unwrap(), token);
        assert_eq!(format!("{line}\n").parse::<ResumeToken>().unwrap(), token);
    }

    #[test]
    fn damaged_tokens_are_rejected() {
        for line in [
            "",
            "slim-s3-upload-2 films key id 5242880 1 1",
            "slim-s3-upload-1 films key id 5242880 1",
            "slim-s3-upload-1 films key id 5242880 1 1 1",
            "slim-s3-upload-1 films key id - 1 1",
            "slim-s3-upload-1 films key id x 1 1",
            "slim-s3-upload-1 films key  5242880 1 1",
            "slim-s3-upload-1 films key %F 5242880 1 1",
            "slim-s3-upload-1 films key %+F 5242880 1 1",
            "slim-s3-upload-1 films key %FF 5242880 1 1",
        ] {
            let error = line.parse::<ResumeToken>().unwrap_err().to_string();
            assert!(
                error.contains("resume token: not a token"),
                "{line}: {error}"
            );
        }
    }
}
