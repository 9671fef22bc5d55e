//! An explanation as numbered text.

use std::fmt;

use super::{Explanation, PolicyExplanation, View};
use crate::sigv4::CredentialScope;

impl fmt::Display for View<'_, Explanation> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_canonical_request(f)?;
        let Some(signing) = self.of.signing() else {
            return writeln!(
                f,
                "2 no string to sign: the request is anonymous and is sent without a signature"
            );
        };
        writeln!(f, "2 string to sign")?;
        for (number, line) in (1..).zip(signing.string_to_sign.to_string().lines()) {
            writeln!(f, "{number:3} {line}")?;
        }
        self.write_derivation(f, &signing.string_to_sign.scope)?;
        let signature = self.signature(&signing.signature);
        writeln!(
            f,
            "4 signature     {signature} = HMAC(signing key, string to sign)"
        )?;
        match self.authorization() {
            Some(authorization) => writeln!(f, "5 header        Authorization: {authorization}")?,
            None => writeln!(f, "5 URL           {}", self.url())?,
        }
        self.write_chunks(f)
    }
}

impl View<'_, Explanation> {
    fn write_canonical_request(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.of.canonical_request();
        writeln!(
            f,
            "1 canonical request                         sha256 = {}",
            request.hash()
        )?;
        let (mut lines, mut end) = (vec![String::new()], 1);
        for (span, text) in self.canonical_request() {
            if span.line > end {
                lines.push(String::new());
                end = span.line;
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(&text);
            }
        }
        for (number, line) in (1..).zip(&lines) {
            let line = line.trim_end_matches('\n');
            let note = match number {
                1 => "method",
                2 => "path: each byte encoded once, '/' kept",
                3 => "query: sorted by encoded name, then value",
                4 => {
                    "headers: lower case, sorted, single spaces; host includes the port unless it is the default"
                }
                _ if number + 1 == lines.len() => "signed headers",
                _ if number == lines.len() => "payload hash",
                _ => "",
            };
            let line = format!("{number:3} {line}");
            match note {
                "" => writeln!(f, "{}", line.trim_end())?,
                _ => writeln!(f, "{line:<43} {note}")?,
            }
        }
        let left_out = self.of.headers().iter();
        for header in left_out.filter(|header| !header.rule().is_signed()) {
            let value = self.value(header.value(), header.is_secret());
            let line = format!("  - {}: {value}", header.name());
            writeln!(f, "{line:<43} {}", header.rule())?;
        }
        Ok(())
    }

    fn write_chunks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(body) = self.of.chunks() else {
            return Ok(());
        };
        let lines = |f: &mut fmt::Formatter<'_>, text: Option<String>| {
            let text = text.unwrap_or_default();
            (1..)
                .zip(text.lines())
                .try_for_each(|(number, line)| writeln!(f, "{number:3} {line}"))
        };
        for (number, chunk) in (1..).zip(body.chunks()) {
            let (start, length) = (chunk.offset, chunk.length);
            writeln!(f, "6 chunk {number:<7} {length} bytes from byte {start}")?;
            let previous = chunk.previous.as_ref();
            let previous = previous.map(|previous| self.signature(previous));
            lines(
                f,
                previous.and_then(|previous| chunk.string_after(&previous)),
            )?;
            let signature = chunk.signature.as_ref();
            match signature.map(|signature| self.signature(signature)) {
                Some(signature) => {
                    writeln!(
                        f,
                        "  sent          {length:x};chunk-signature={signature}\\r\\n"
                    )?;
                }
                None => writeln!(f, "  sent          {length:x}\\r\\n")?,
            }
        }
        let Some(trailer) = body.trailer() else {
            return Ok(());
        };
        writeln!(f, "7 trailer")?;
        let previous = trailer.previous.as_ref();
        let previous = previous.map(|previous| self.signature(previous));
        lines(
            f,
            previous.and_then(|previous| trailer.string_after(&previous)),
        )?;
        for line in trailer.canonical.lines() {
            writeln!(f, "  sent          {line}\\r\\n")?;
        }
        match &trailer.signature {
            Some(signature) => writeln!(
                f,
                "  sent          x-amz-trailer-signature:{}\\r\\n",
                self.signature(signature)
            ),
            None => Ok(()),
        }
    }
}

impl<T> View<'_, T> {
    fn write_derivation(&self, f: &mut fmt::Formatter<'_>, scope: &CredentialScope) -> fmt::Result {
        writeln!(
            f,
            "3 signing key   HMAC(\"AWS4\" + secret access key, {}) -> HMAC(that, {}) -> HMAC(that, {}) -> HMAC(that, aws4_request)",
            scope.at.date(),
            scope.region,
            scope.service
        )?;
        for (name, key) in self.shown_keys() {
            writeln!(f, "  {name:12}  {key}")?;
        }
        Ok(())
    }
}

impl fmt::Display for View<'_, PolicyExplanation> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "1 policy        of a form for {}", self.of.form().url())?;
        writeln!(f, "  expires       {}", self.of.document().expiration())?;
        for (number, condition) in (1..).zip(self.of.conditions()) {
            writeln!(f, "{number:3} {}", self.condition(condition))?;
        }
        let policy = self.of.string_to_sign();
        let policy = self.value(&policy, self.of.has_secret());
        writeln!(f, "2 string to sign: the policy in base64\n    {policy}")?;
        self.write_derivation(f, self.of.scope())?;
        let signature = self.signature(self.of.signature());
        writeln!(
            f,
            "4 signature     {signature} = HMAC(signing key, string to sign)"
        )?;
        writeln!(f, "5 fields        of the form, before the file")?;
        for (name, value) in self.fields() {
            writeln!(f, "  - {name}: {value}")?;
        }
        Ok(())
    }
}
