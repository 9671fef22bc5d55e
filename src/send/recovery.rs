//! What is put right between two attempts, once each: the clock, a bucket's region, credentials that have expired.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::client::credentials::CredentialsSource;
use crate::client::{Client, Learnt, Site};
use crate::error::{Context, Error};

/// From which difference on a bare 403 is put down to the clock. Stores allow 15 minutes.
const SKEW: Duration = Duration::from_secs(240);

/// For how many buckets a client remembers that they are in another region than its own.
const REGIONS: usize = 100;

/// What was wrong with an attempt, and how it is right.
pub(crate) enum Correction {
    /// The date: what the store's clock says.
    Clock(SystemTime),
    /// The region.
    Site(Site),
    /// The credentials have expired; whoever provides them may have others by now.
    Credentials,
}

/// Which corrections a call has had.
#[derive(Default)]
pub(crate) struct Corrections {
    clock: bool,
    site: bool,
    credentials: bool,
}

impl Corrections {
    /// The correction that an error asks for, if it was not made before. `signed_at` is when the attempt was signed: by now
    /// another call may have set the clock.
    pub(crate) fn find(
        &self,
        client: &Client,
        site: &Site,
        signed_at: Option<SystemTime>,
        error: &Error,
    ) -> Option<Correction> {
        let date = signed_at.and_then(|signed_at| right_time(signed_at, error));
        let date = date.filter(|_| !self.clock);
        if let Some(date) = date {
            return Some(Correction::Clock(date));
        }
        let site = right_site(site, error).filter(|_| !self.site);
        if let Some(site) = site {
            return Some(Correction::Site(site));
        }
        let is_of_use = wants_new_credentials(client, error) && !self.credentials;
        is_of_use.then_some(Correction::Credentials)
    }

    pub(crate) fn note(&mut self, correction: &Correction) {
        match correction {
            Correction::Clock(_) => self.clock = true,
            Correction::Site(_) => self.site = true,
            Correction::Credentials => self.credentials = true,
        }
    }
}

/// The store's time, if the request was refused for its date. HEAD cannot say so, and answers a bare 403.
fn right_time(signed_at: SystemTime, error: &Error) -> Option<SystemTime> {
    let service = error.service()?;
    let date = service.date?;
    let apart = date
        .duration_since(signed_at)
        .unwrap_or_else(|error| error.duration());
    let is_said = service.code == "RequestTimeTooSkewed" && apart >= Duration::from_secs(1);
    let is_bare = service.status == StatusCode::FORBIDDEN
        && service.code_is_inferred
        && service.context.operation.starts_with("Head");
    (is_said || (is_bare && apart >= SKEW)).then_some(date)
}

/// Where the bucket is, if it is AWS that has said so. What other hosts say is for people: nothing is signed for them.
fn right_site(site: &Site, error: &Error) -> Option<Site> {
    let service = error.service()?;
    let is_about_regions = matches!(service.status.as_u16(), 301 | 302 | 307 | 308)
        || service.code == "AuthorizationHeaderMalformed"
        || (service.status == StatusCode::BAD_REQUEST && service.code_is_inferred);
    let region = service.region.as_deref().filter(|_| is_about_regions)?;
    if region == site.region {
        return None;
    }
    site.in_region(region)
}

/// Whether asking for credentials once more can help.
fn wants_new_credentials(client: &Client, error: &Error) -> bool {
    let source = &client.inner.credentials;
    matches!(source, CredentialsSource::Provider(_))
        && matches!(
            error.code(),
            Some("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired")
        )
}

/// Where the bucket was found to be before, if that is not where the client is.
pub(crate) fn known_site(client: &Client, context: &Context) -> Option<Site> {
    let bucket = context.bucket.as_ref().filter(|_| client.is_aws())?;
    let learnt = client.learnt();
    let (_, region) = learnt.regions.iter().find(|(known, _)| known == bucket)?;
    client.inner.site.in_region(region)
}

pub(crate) fn remember(learnt: &mut Learnt, bucket: &str, region: &str) {
    learnt.regions.retain(|(known, _)| known != bucket);
    if learnt.regions.len() == REGIONS {
        learnt.regions.remove(0);
    }
    learnt.regions.push((bucket.to_owned(), region.to_owned()));
}
