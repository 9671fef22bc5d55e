//! Which probe is sent next, and what follows from its response.

use super::guess::{other_host, other_path, signed_host};
use super::probe::{Outcome, as_get, bare, send, signed_for, without};
use super::{Diagnosis, Probe, ProbeKind};
use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::error::Error;
use crate::mismatch::{Cause, PathChange, SignatureMismatch};
use crate::request::{self, Request};
use crate::sigv4::{Slash, uri_encode};

/// No server has this name (RFC 2606), so a signature for it is wrong.
const NO_HOST: &str = "host.invalid";

/// A diagnosis in progress.
pub(super) struct Ladder<'a> {
    client: &'a Client,
    request: Request,
    probes: Vec<Probe>,
}

/// A cause, and whether it is proved.
type Found = (Option<Cause>, bool);

fn proved(cause: Cause) -> Found {
    (Some(cause), true)
}

fn likely(cause: Cause) -> Found {
    (Some(cause), false)
}

impl<'a> Ladder<'a> {
    pub(super) fn new(client: &'a Client, request: &Request) -> Ladder<'a> {
        Ladder {
            client,
            request: as_get(request),
            probes: Vec::new(),
        }
    }

    pub(super) async fn climb(mut self, keys: Option<&Credentials>) -> Result<Diagnosis, Error> {
        let first = send(self.client, &self.request, true).await?;
        self.probes.push(first.probe(ProbeKind::Call));
        let (cause, is_certain) = match &first.mismatch {
            Some(mismatch) if *mismatch.cause() == Cause::Unknown => {
                self.unexplained(&first, mismatch).await?
            }
            Some(mismatch) => proved(mismatch.cause().clone()),
            None if first.is_denied() && !first.is_of_store => likely(Cause::NotPermitted),
            // What an anonymous client may not do.
            None if first.is_denied() && keys.is_none() => proved(Cause::NotPermitted),
            None if first.is_denied() => self.denied().await?,
            None => (None, first.is_of_store),
        };
        let endpoint = self.client.endpoint(None);
        let host = first.mismatch.as_ref().map(signed_host);
        Ok(Diagnosis {
            cause,
            is_certain,
            probes: self.probes,
            clock_offset: first.clock_offset,
            region: endpoint.region.clone(),
            host: host.unwrap_or(endpoint.host()).to_owned(),
            mismatch: first.mismatch,
            key_pair: keys.and_then(|keys| keys.oddity(self.client.is_aws())),
        })
    }

    async fn send(&mut self, kind: ProbeKind, request: &Request) -> Result<Outcome, Error> {
        let outcome = send(self.client, request, false).await?;
        self.probes.push(outcome.probe(kind));
        Ok(outcome)
    }

    /// Whether the store accepts the signature of a probe. A denial is one of permissions, because it rejects others as a
    /// mismatch.
    async fn accepts(&mut self, kind: ProbeKind, request: &Request) -> Result<bool, Error> {
        let outcome = self.send(kind, request).await?;
        Ok(outcome.mismatch.is_none() && outcome.is_of_store)
    }

    /// The store rejects the signature, and does not say why.
    async fn unexplained(
        &mut self,
        first: &Outcome,
        mismatch: &SignatureMismatch,
    ) -> Result<Found, Error> {
        let outcome = self.send(ProbeKind::Bare, &bare()).await?;
        match &outcome.mismatch {
            None => self.changed_request(first, mismatch, &outcome).await,
            Some(mismatch) => self.rejected_bare(mismatch).await,
        }
    }

    /// The store rejects the signature of `GET /`, and may say why.
    async fn rejected_bare(&mut self, mismatch: &SignatureMismatch) -> Result<Found, Error> {
        match mismatch.cause() {
            Cause::Unknown => self.changed_host(signed_host(mismatch)).await,
            cause => Ok(proved(cause.clone())),
        }
    }

    /// The store rejects `GET /`, too. What both share is the host and the keys.
    async fn changed_host(&mut self, signed: &str) -> Result<Found, Error> {
        let other = other_host(signed, self.client.is_https());
        let probe = signed_for(bare(), &other, "/");
        let kind = ProbeKind::SignedHost(other.clone());
        if self.accepts(kind, &probe).await? {
            let received = Some(other);
            return Ok(proved(Cause::Host { received }));
        }
        let outcome = self.send(ProbeKind::Anonymous, &anonymous()).await?;
        // Something on the way adds a signature of its own.
        if outcome.code.as_deref() == Some("SignatureDoesNotMatch") {
            return Ok(proved(Cause::Authorization));
        }
        Ok(likely(Cause::WrongSecret))
    }

    /// The store accepts `GET /`: the keys, the host, the clock and the region are right. Something else is changed on the way.
    /// If the response to `GET /` is not of the store, they may still be wrong.
    async fn changed_request(
        &mut self,
        first: &Outcome,
        mismatch: &SignatureMismatch,
        of_bare: &Outcome,
    ) -> Result<Found, Error> {
        let canonical = &mismatch.signing().canonical_request;
        let names = canonical.headers.iter().map(|(name, _)| name);
        let names = names.filter(|name| self.request.header(name).is_some());
        let optional: Vec<String> = names.map(str::to_owned).collect();
        let mut plain = without(&self.request, &optional);
        if !optional.is_empty() {
            let kind = ProbeKind::WithoutHeaders(optional.clone());
            if self.accepts(kind, &plain).await? {
                return self.changed_header(optional).await;
            }
        }
        let other = other_path(&canonical.uri, first.resource.as_deref());
        if let Some((received, change)) = &other {
            let probe = without(&self.request, &optional);
            let probe = signed_for(probe, signed_host(mismatch), received);
            let kind = ProbeKind::SignedPath(received.clone());
            if self.accepts(kind, &probe).await? {
                return Ok(proved(Cause::Path { change: *change }));
            }
        }
        if !self.request.query.is_empty() {
            let names = self.request.query.iter();
            let names: Vec<String> = names
                .map(|(name, _)| uri_encode(name, Slash::Encode))
                .collect();
            let parameter = Some(names.join(", "));
            plain.query.clear();
            if self.accepts(ProbeKind::WithoutQuery, &plain).await? {
                return Ok(proved(Cause::Query { parameter }));
            }
        }
        // No probe has confirmed anything.
        let is_other_host = self.request.target.bucket().is_some_and(|bucket| {
            let host = signed_host(mismatch).strip_prefix(bucket);
            host.is_some_and(|rest| rest.starts_with('.'))
        });
        Ok(likely(if !of_bare.is_of_store {
            Cause::WrongSecret
        } else if is_other_host {
            // `GET /` has one without the bucket.
            Cause::Host { received: None }
        } else {
            // What the store quotes is a change, whatever else there is.
            let quoted = other.filter(|_| first.resource.is_some());
            let change = quoted.map_or(PathChange::Other, |(_, change)| change);
            Cause::Path { change }
        }))
    }

    /// One of these headers is changed. Another probe halves them.
    async fn changed_header(&mut self, mut names: Vec<String>) -> Result<Found, Error> {
        if names.len() > 1 {
            let rest = names.split_off(names.len() / 2);
            let probe = without(&self.request, &rest);
            let kind = ProbeKind::WithoutHeaders(rest.clone());
            if self.accepts(kind, &probe).await? {
                names = rest;
            }
        }
        let name = names.join(", ");
        Ok(proved(Cause::Header { name }))
    }

    /// The store denies the request, and says nothing about the signature: the keys do not permit it, or the store has not seen
    /// the signature.
    async fn denied(&mut self) -> Result<Found, Error> {
        let outcome = self.send(ProbeKind::Bare, &bare()).await?;
        if let Some(mismatch) = &outcome.mismatch {
            return self.rejected_bare(mismatch).await;
        }
        if !outcome.is_of_store {
            return Ok(likely(Cause::NotPermitted));
        }
        // A store that sees this signature rejects it.
        let probe = signed_for(bare(), NO_HOST, "/");
        let kind = ProbeKind::SignedHost(NO_HOST.to_owned());
        let wrong = self.send(kind, &probe).await?;
        if wrong.mismatch.is_some() || (wrong.is_of_store && wrong.status != outcome.status) {
            return Ok(proved(Cause::NotPermitted));
        }
        // Ceph permits everyone to list their buckets. So does a store that verifies no signature.
        if !outcome.is_denied() {
            return Ok(likely(Cause::Authorization));
        }
        let unsigned = self.send(ProbeKind::Anonymous, &anonymous()).await?;
        // A gateway that denies every request would look the same.
        Ok(likely(match unsigned.code == outcome.code {
            true => Cause::Authorization,
            false => Cause::NotPermitted,
        }))
    }
}

fn anonymous() -> Request {
    let mut request = bare();
    request.probe = Some(Box::new(request::Probe::Anonymous));
    request
}
