//! A client like another one except for some settings, over the same connections.

use std::sync::{Arc, Mutex};

use crate::client::credentials::CredentialsSource;
use crate::client::defaults::CallDefaults;
use crate::client::shared::SharedState;
use crate::client::{Client, Inner};
use crate::sigv4::KeyCache;

impl Client {
    /// A client with these credentials and the settings that `change` sets. It uses the connections, the corrected clock and the
    /// region of the bucket of this one. What it learns, this one does not.
    pub(crate) fn variant(
        &self,
        bucket: &str,
        credentials: CredentialsSource,
        change: impl FnOnce(&mut Inner),
    ) -> Client {
        let client = self.clone();
        let endpoint = self.learned_endpoint(bucket);
        let mut inner = Inner {
            endpoint: endpoint.unwrap_or_else(|| self.inner.endpoint.clone()),
            signed_endpoint: self.inner.signed_endpoint.clone(),
            dialect: self.inner.dialect,
            defaults: CallDefaults::default(),
            addressing: self.inner.addressing,
            credentials,
            clock: Arc::new(move || client.signing_time(None).0),
            signing_keys: KeyCache::default(),
            shared: Mutex::new(SharedState::new(self.inner.retry.budget)),
            retry: self.inner.retry,
            http: self.inner.http.shared(),
        };
        change(&mut inner);
        Client {
            inner: Arc::new(inner),
        }
    }
}
