//! The report: the cause, the remedy, and both documents line by line.

use std::fmt;

use super::difference::shown;
use super::documents::is_of_chunk;
use super::{Difference, Document, SignatureMismatch};
use crate::error::Escaped;
use crate::redact::mask;

/// Lines are shown up to this length, from shortly before the first byte that differs.
const WIDTH: usize = 120;
/// So many lines of the store are shown. A canonical request has one for each signed header, and six others.
const MAX_LINES: usize = 128;

impl fmt::Display for SignatureMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cause   {}", self.cause)?;
        writeln!(f, "remedy  {}", self.cause.remedy())?;
        let Some(echo) = &self.echo else {
            return Ok(());
        };
        match &self.difference {
            Some(difference) => writeln!(f, "{difference}")?,
            None => writeln!(f, "no difference in what was signed")?,
        }
        if let Some(received) = echo.canonical_request() {
            let signed = self.signing.canonical_request.to_string();
            self.write_document(f, ("canonical request", 3), &signed, received)?;
        }
        match echo.string_to_sign() {
            None => Ok(()),
            Some(received) if is_of_chunk(received) => self.write_chunk(f, received),
            Some(received) => {
                let signed = self.signing.string_to_sign.to_string();
                self.write_document(f, ("string to sign", 4), &signed, received)
            }
        }
    }
}

impl SignatureMismatch {
    /// Writes the lines that are equal once, and others twice: `-` as signed, `+` as the store has them. The first lines, up to
    /// `fixed`, have their places; those after them are headers, which may be missing.
    fn write_document(
        &self,
        f: &mut fmt::Formatter<'_>,
        (name, fixed): (&str, usize),
        signed: &str,
        received: &str,
    ) -> fmt::Result {
        writeln!(f, "{name} (- as signed, + as the store has signed it)")?;
        let ours: Vec<&str> = signed.split('\n').collect();
        let mut theirs = received.split('\n').take(MAX_LINES).peekable();
        for (number, line) in (1..).zip(&ours) {
            if theirs.next_if_eq(line).is_some() {
                self.write_line(f, &format!("{number:3}  "), line, 0)?;
                continue;
            }
            // As they are shown: a token that is masked is shorter.
            let shown = |line: &str| shown(line, &self.signing);
            let at = theirs
                .peek()
                .map_or(0, |other| equal_bytes(&shown(line), &shown(other)));
            self.write_line(f, &format!("{number:3} -"), line, at)?;
            let is_other = |other: &&str| number <= fixed || !ours.contains(other);
            while let Some(other) = theirs.next_if(is_other) {
                self.write_line(f, "    +", other, at)?;
                if number <= fixed {
                    break;
                }
            }
        }
        theirs.try_for_each(|other| self.write_line(f, "    +", other, 0))?;
        match received.split('\n').count().saturating_sub(MAX_LINES) {
            0 => Ok(()),
            more => writeln!(f, "      … {more} more lines"),
        }
    }

    /// Writes the string to sign of a chunk. The client does not keep its own.
    fn write_chunk(&self, f: &mut fmt::Formatter<'_>, received: &str) -> fmt::Result {
        writeln!(f, "string to sign of a chunk, as the store has signed it")?;
        for (number, line) in (1..).zip(received.split('\n').take(MAX_LINES)) {
            // The signature of the chunk before.
            let masked = if number == 4 {
                mask(line)
            } else {
                line.to_owned()
            };
            self.write_line(f, &format!("{number:3}  "), &masked, 0)?;
        }
        Ok(())
    }

    fn write_line(
        &self,
        f: &mut fmt::Formatter<'_>,
        mark: &str,
        line: &str,
        at: usize,
    ) -> fmt::Result {
        let line = format!("{mark} {}", Excerpt(&shown(line, &self.signing), at));
        writeln!(f, "{}", line.trim_end())
    }
}

fn equal_bytes(one: &str, other: &str) -> usize {
    let pairs = one.bytes().zip(other.bytes());
    pairs.take_while(|(one, other)| one == other).count()
}

/// A line of text from outside, without its start if byte `at` is far from it.
struct Excerpt<'a>(&'a str, usize);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excerpt(line, at) = *self;
        let start = if at < WIDTH * 3 / 4 {
            0
        } else {
            at - WIDTH / 4
        };
        let letters = line.char_indices();
        let mut letters = letters
            .skip_while(|(index, _)| *index < start)
            .map(|(_, letter)| letter);
        let excerpt: String = letters.by_ref().take(WIDTH).collect();
        let before = if start > 0 { "…" } else { "" };
        let after = if letters.next().is_some() { "…" } else { "" };
        write!(f, "{before}{}{after}", Escaped(&excerpt))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = match self.document {
            Document::CanonicalRequest => "canonical request",
            Document::StringToSign => "string to sign",
        };
        let (line, byte) = (self.line, self.byte);
        write!(
            f,
            "first difference in the {document}, line {line}, byte {byte}"
        )
    }
}
