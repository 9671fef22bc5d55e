//! The report: the cause, the remedy, and both documents line by line.

use std::fmt;

use super::difference::shown;
use super::{Difference, Document, SignatureMismatch};
use crate::error::Escaped;

/// Lines are shown up to this length, from shortly before the first byte that differs.
const WIDTH: usize = 120;

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
            self.write_document(f, "canonical request", &signed, received)?;
        }
        if let Some(received) = echo.string_to_sign() {
            let signed = self.signing.string_to_sign.to_string();
            self.write_document(f, "string to sign", &signed, received)?;
        }
        Ok(())
    }
}

impl SignatureMismatch {
    /// Writes the lines that are equal once, and others twice: `-` as signed, `+` as the store has them.
    fn write_document(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        signed: &str,
        received: &str,
    ) -> fmt::Result {
        writeln!(f, "{name} (- as signed, + as the store has signed it)")?;
        let shown = |line| shown(line, &self.signing);
        let ours: Vec<&str> = signed.split('\n').collect();
        let mut theirs = received.split('\n').peekable();
        for (number, line) in (1..).zip(&ours) {
            if theirs.next_if_eq(line).is_some() {
                writeln!(
                    f,
                    "{}",
                    format!("{number:3}   {}", Excerpt(&shown(line), 0)).trim_end()
                )?;
                continue;
            }
            let at = theirs.peek().map_or(0, |other| equal_bytes(line, other));
            writeln!(f, "{number:3} - {}", Excerpt(&shown(line), at))?;
            // Until a line that follows in the other document, too.
            while let Some(other) = theirs.next_if(|other| !ours.contains(other)) {
                writeln!(f, "    + {}", Excerpt(&shown(other), at))?;
            }
        }
        for other in theirs {
            writeln!(f, "    + {}", Excerpt(&shown(other), 0))?;
        }
        Ok(())
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
