//! GetBucketLocation: the region a bucket is in.

use http::Method;

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Tells the region a bucket is in: [`Client::get_bucket_location`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetBucketLocation;

impl Client {
    /// Tells the region a bucket is in. On AWS [`head_bucket`](Client::head_bucket) tells it too, also to those who may
    /// not ask here.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let region = s3.get_bucket_location("photos").send().await?;
    /// println!("photos is in {region}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; [`is_not_found`](Error::is_not_found) if there is no such bucket.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
    pub fn get_bucket_location(&self, bucket: &str) -> Call<GetBucketLocation> {
        let request = Request::bucket(Method::GET, bucket).with_query("location", "");
        Call::new(self, request, GetBucketLocation)
    }
}

impl Operation for GetBucketLocation {
    /// The region's name. What AWS leaves empty is `us-east-1`, and what it calls `EU` is `eu-west-1`.
    type Output = String;
    const SPEC: OperationSpec = OperationSpec::new("GetBucketLocation", Effect::Reads);

    fn parse(response: Response) -> Result<String, Error> {
        let location = response.xml("LocationConstraint")?;
        // A few stores put the element that holds the name into one of the same name.
        let inner = location.optional_text("LocationConstraint");
        let region = match inner.unwrap_or(location.own_text()).trim() {
            "" => "us-east-1",
            "EU" => "eu-west-1",
            region => region,
        };
        Ok(region.to_owned())
    }
}
