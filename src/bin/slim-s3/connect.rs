//! The client that the global options and the environment ask for.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use slim_s3::credentials::Environment;
use slim_s3::{Addressing, Client, ClientBuilder, Error, RetryPolicy, Roots, Timeouts};

use crate::failure::Failure;
use crate::output::Output;
use crate::units;

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// The store's URL; without it the environment's, or AWS
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// The region to sign for
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The profile in the configuration files
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Put the bucket into the path of URLs
    #[arg(long, global = true, conflicts_with = "virtual_host")]
    pub path_style: bool,
    /// Put the bucket into the host name of URLs
    #[arg(long, global = true)]
    pub virtual_host: bool,
    /// Send requests without a signature
    #[arg(long, global = true)]
    pub anonymous: bool,
    /// Print one JSON object per line, errors too
    #[arg(long, global = true)]
    pub json: bool,
    /// Print neither progress nor summaries
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print a line for each request
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// How often a failed request is retried [default: 2]
    #[arg(long, global = true, value_name = "N")]
    pub retries: Option<u32>,
    /// How long to wait for the store without progress [default: 60s]
    #[arg(long, global = true, value_name = "TIME", value_parser = units::limit)]
    pub timeout: Option<Duration>,
    /// Trust only the certificates in this PEM file
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,
    /// Accept every certificate: dangerous
    #[arg(long, global = true, conflicts_with = "ca_bundle")]
    pub insecure: bool,
}

impl Global {
    pub fn output(&self) -> Output {
        Output {
            json: self.json,
            quiet: self.quiet,
            verbose: self.verbose,
        }
    }

    /// A client with everything that the options and the environment set.
    pub async fn client(&self) -> Result<Client, Failure> {
        Ok(self.builder().await?.build()?)
    }

    /// A builder with everything that the options and the environment set.
    pub async fn builder(&self) -> Result<ClientBuilder, Failure> {
        if self.anonymous {
            return Ok(self.settings()?.anonymous());
        }
        let environment = self.environment()?;
        let builder = self.connected(Client::builder())?;
        let found = builder.with_environment(&environment, self.profile.as_deref());
        Ok(self.with_options(found.await.map_err(|error| self.named(error))?))
    }

    /// The same without credentials.
    pub fn settings(&self) -> Result<ClientBuilder, Failure> {
        let found = ClientBuilder::from_settings(&self.environment()?, self.profile.as_deref());
        let found = found.map_err(|error| self.named(error))?;
        Ok(self.with_options(self.connected(found)?))
    }

    /// The environment, with the options that the sources of credentials need, too.
    fn environment(&self) -> Result<Environment, Failure> {
        let mut environment = Environment::of_process();
        if let Some(endpoint) = &self.endpoint {
            reject_keys_in(endpoint)?;
            environment = environment.with_variable("AWS_ENDPOINT_URL_S3", endpoint);
        }
        if let Some(region) = &self.region {
            environment = environment.with_variable("AWS_REGION", region);
        }
        if let Some(path) = &self.ca_bundle {
            environment = environment.with_variable("AWS_CA_BUNDLE", path);
        }
        Ok(environment)
    }

    /// Names the option in place of the variable that it stands for.
    fn named(&self, mut error: Error) -> Error {
        if let Error::Invalid(invalid) = &mut error {
            let option = match invalid.field.as_str() {
                "AWS_ENDPOINT_URL_S3" if self.endpoint.is_some() => "endpoint",
                "AWS_REGION" if self.region.is_some() => "region",
                "AWS_CA_BUNDLE" if self.ca_bundle.is_some() => "--ca-bundle",
                field => field,
            };
            invalid.field = option.to_owned();
        }
        error
    }

    fn with_options(&self, mut builder: ClientBuilder) -> ClientBuilder {
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(region) = &self.region {
            builder = builder.region(region);
        }
        if self.path_style {
            builder = builder.addressing(Addressing::Path);
        } else if self.virtual_host {
            builder = builder.addressing(Addressing::VirtualHosted);
        }
        if let Some(retries) = self.retries {
            builder = builder.retry(RetryPolicy {
                max_attempts: retries.saturating_add(1),
                ..RetryPolicy::default()
            });
        }
        builder
    }

    /// How servers are connected to: the store, and where credentials come from.
    fn connected(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if let Some(limit) = self.timeout {
            let defaults = Timeouts::default();
            builder = builder.timeouts(Timeouts {
                connect: limit.min(defaults.connect),
                stall: limit,
                response: limit,
                slow_response: limit.max(defaults.slow_response),
            });
        }
        if let Some(path) = &self.ca_bundle {
            let pem = std::fs::read(path).map_err(|error| {
                let name = path.display();
                Failure::Configuration(format!("--ca-bundle: {name} cannot be read: {error}"))
            })?;
            builder = builder.roots(Roots::Pem(pem));
        }
        if self.insecure {
            self.output().warn(
                "--insecure: certificates are not verified; whoever is on the network path can read and change everything",
            );
            builder = builder.danger_accept_any_certificate();
        }
        Ok(builder)
    }
}

/// Keys in a URL, which another tool accepts.
fn reject_keys_in(endpoint: &str) -> Result<(), Failure> {
    let (_, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Failure::Usage(
            "--endpoint: contains keys, which every user of this computer can read in the list of processes; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead"
                .to_owned(),
        ));
    }
    Ok(())
}
