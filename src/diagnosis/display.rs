//! The report.

use std::fmt;

use super::{Diagnosis, Probe, ProbeKind};
use crate::error::Escaped;

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            None if self.is_certain => writeln!(
                f,
                "cause     none: the store accepts the signature of the request, as a GET without a body"
            )?,
            None => writeln!(
                f,
                "cause     not known: the response is not that of a store"
            )?,
            Some(cause) => {
                let certainty = if self.is_certain { "" } else { "probably " };
                writeln!(f, "cause     {certainty}{cause}")?;
                writeln!(f, "remedy    {}", cause.remedy())?;
            }
        }
        match self.clock_offset {
            None => writeln!(f, "clock     the store sent no date")?,
            Some(0) => writeln!(f, "clock     the same as the store's")?,
            Some(offset) => {
                let direction = if offset < 0 { "behind" } else { "ahead of" };
                let seconds = offset.unsigned_abs();
                writeln!(f, "clock     {seconds} s {direction} the store's")?;
            }
        }
        writeln!(f, "region    signed for {}", Escaped(&self.region))?;
        writeln!(f, "host      signed for {}", Escaped(&self.host))?;
        let key_pair = self.key_pair.unwrap_or("nothing unusual");
        writeln!(f, "key pair  {key_pair}")?;
        for probe in &self.probes {
            writeln!(f, "probe     {probe}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, " {}", Escaped(code))?;
        }
        let (kind, argument) = match &self.kind {
            ProbeKind::Call => ("the request of the call", None),
            ProbeKind::Bare => ("GET /", None),
            ProbeKind::Anonymous => ("GET / without a signature", None),
            ProbeKind::WithoutHeaders(names) => ("without ", Some(names.join(", "))),
            ProbeKind::WithoutQuery => ("without the query", None),
            ProbeKind::SignedPath(path) => ("signed for the path ", Some(path.clone())),
            ProbeKind::SignedHost(host) => ("GET / signed for the host ", Some(host.clone())),
        };
        write!(f, ": {kind}{}", Escaped(&argument.unwrap_or_default()))
    }
}
