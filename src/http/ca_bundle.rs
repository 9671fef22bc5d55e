//! The file of root certificates that `AWS_CA_BUNDLE` or a profile names: the feature `credentials`.

use std::path::PathBuf;

use super::settings::{HttpSettings, Roots};
use crate::error::Error;

/// A PEM file whose certificates replace the default roots.
#[derive(Clone)]
pub(super) struct CaBundle {
    /// The setting that names the file, for messages.
    setting: String,
    path: PathBuf,
}

impl HttpSettings {
    /// Trusts the certificates in this file, unless other roots are set. It is read when the client is built, and only for
    /// https.
    pub(crate) fn set_ca_bundle(&mut self, setting: &str, path: PathBuf) {
        if self.roots.is_some() {
            return;
        }
        let setting = setting.to_owned();
        self.ca_bundle = Some(CaBundle { setting, path });
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        {
            self.with_roots = Some(super::tls::with_roots);
        }
    }

    /// Reads the file, and returns the setting that names it.
    pub(super) fn read_ca_bundle(&mut self) -> Result<Option<String>, Error> {
        let Some(CaBundle { setting, path }) = self.ca_bundle.take() else {
            return Ok(None);
        };
        if self.roots.is_some() {
            return Ok(None);
        }
        match std::fs::read(&path) {
            Ok(pem) => self.roots = Some(Roots::Pem(pem)),
            Err(error) => {
                return Err(Error::invalid(
                    &setting,
                    format!("{path:?} cannot be read: {error}"),
                    "name a PEM file with the certificates to trust, or unset it",
                ));
            }
        }
        Ok(Some(setting))
    }
}
