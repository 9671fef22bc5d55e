//! GetBucketLocation: returns the region of a bucket.

use http::Method;

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Returns the region of a bucket: [`Client::get_bucket_location`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetBucketLocation;

/// The location of a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GetBucketLocationOutput {
    /// The region's name. An empty location is returned as `us-east-1`, and `EU` as `eu-west-1`.
    pub region: String,
}

impl Client {
    /// Returns the region of a bucket.
    ///
    /// On AWS, [`head_bucket`](Client::head_bucket) also returns it and requires fewer permissions.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let location = s3.get_bucket_location("photos").send().await?;
    /// println!("photos is in {}", location.region);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. [`is_not_found`](Error::is_not_found) is true if the bucket does not exist.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
    pub fn get_bucket_location(&self, bucket: &str) -> Call<GetBucketLocation> {
        let request = Request::bucket(Method::GET, bucket).with_query("location", "");
        Call::new(self, request, GetBucketLocation)
    }
}

impl Operation for GetBucketLocation {
    type Output = GetBucketLocationOutput;
    const SPEC: OperationSpec = OperationSpec::new("GetBucketLocation", Effect::Reads);

    fn parse(response: Response) -> Result<GetBucketLocationOutput, Error> {
        let location = response.xml("LocationConstraint")?;
        // A few stores nest the element in another one of the same name. SeaweedFS nests it, perhaps empty, in an alias.
        let nested = location.child("LocationConstraint")?;
        if nested.is_none() && location.name() != "LocationConstraint" {
            let problem = format!("no <LocationConstraint> in <{}>", location.name());
            return Err(response.malformed(problem));
        }
        let inner = nested
            .map(|element| element.own_text())
            .filter(|text| !text.is_empty());
        let region = match inner.unwrap_or(location.own_text()).trim() {
            // S3Mock's text for none.
            "" | "null" => "us-east-1",
            "EU" => "eu-west-1",
            region => region,
        };
        Ok(GetBucketLocationOutput {
            region: region.to_owned(),
        })
    }
}
