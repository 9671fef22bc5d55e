//! `presign`: prints a URL that works without keys until it expires.

use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};
use slim_s3::{Call, Error, Operation, PresignedRequest};

use crate::failure::Failure;
use crate::object_options::header;
use crate::output::iso;
use crate::session::Session;
use crate::sign_show::{is_secret, mask};
use crate::units;
use crate::url::Location;

/// Print a URL that works without keys
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 presign -e 15m s3://photos/cat.jpg
  curl -T cat.jpg \"$(slim-s3 presign -X PUT s3://photos/cat.jpg)\"")]
pub struct Presign {
    /// s3://BUCKET/KEY
    #[arg(value_name = "OBJECT")]
    object: Location,
    /// What the URL is for: GET, PUT, HEAD or DELETE
    #[arg(
        short = 'X',
        long,
        value_name = "METHOD",
        default_value = "GET",
        ignore_case = true,
        hide_possible_values = true
    )]
    method: Method,
    /// How long it works: 1s to 7d
    #[arg(short, long, value_name = "TIME", default_value = "1h", value_parser = units::limit)]
    expires: Duration,
    /// A header that the request must have
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
enum Method {
    Get,
    Put,
    Head,
    Delete,
}

impl Presign {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let Location { bucket, key } = &self.object;
        self.object.check_object()?;
        let client = &session.client;
        let link = match self.method {
            Method::Get => self.presign(client.get_object(bucket, key)).await,
            Method::Put => self.presign(client.put_object(bucket, key, "")).await,
            Method::Head => self.presign(client.head_object(bucket, key)).await,
            Method::Delete => self.presign(client.delete_object(bucket, key)).await,
        };
        let link = link?;
        // The caller knows a customer key, and hands it on by other means.
        let headers = link.headers().map(|(name, value)| match is_secret(name) {
            true => (name, mask(value)),
            false => (name, value.to_owned()),
        });
        if session.output.json {
            let headers: Map<String, Value> = headers
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            return session.output.object(&json!({
                "op": "presign",
                "method": link.method(),
                "url": link.url(),
                "headers": headers,
                "expires_at": iso(link.expires_at()),
            }));
        }
        session.output.data(&format!("{}\n", link.url()))?;
        for (name, value) in headers {
            session
                .output
                .note(&format!("the request must have the header {name}: {value}"));
        }
        Ok(())
    }

    async fn presign<O: Operation>(&self, mut call: Call<O>) -> Result<PresignedRequest, Error> {
        for (name, value) in &self.header {
            call = call.header(name, value);
        }
        call.presign_now(self.expires).await
    }
}
