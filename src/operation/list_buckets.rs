//! ListBuckets: lists the buckets of an account.

use std::time::SystemTime;

use http::Method;

use super::shared::owner::Owner;
use super::shared::paginated::{NextPage, Paginated};
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::{Request, Target};
use crate::response::Response;
use crate::timestamp::parse_iso;
use crate::xml::Element;

/// Lists the buckets of an account: [`Client::list_buckets`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ListBuckets;

/// One page of buckets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListBucketsOutput {
    /// The buckets, ordered by name.
    pub buckets: Vec<Bucket>,
    /// The owner of the buckets.
    pub owner: Option<Owner>,
    /// The token for the next page, if there is one. Stores return it only if [`max_buckets`](Call::max_buckets) is set.
    pub continuation_token: Option<String>,
}

/// A bucket in a listing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Bucket {
    /// The name.
    pub name: String,
    /// When the bucket was created.
    pub creation_date: Option<SystemTime>,
    /// The region, if the store returns it.
    pub region: Option<String>,
}

impl Client {
    /// Lists the buckets of the account that the credentials belong to.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for bucket in s3.list_buckets().send().await?.buckets {
    ///     println!("{}", bucket.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. Credentials for a single bucket are usually not allowed to list buckets.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>
    pub fn list_buckets(&self) -> Call<ListBuckets> {
        Call::new(
            self,
            Request::new(Method::GET, Target::Service),
            ListBuckets,
        )
    }
}

/// Options of ListBuckets.
impl Call<ListBuckets> {
    /// The maximum number of buckets per page, up to 10,000 on AWS. Some stores ignore it and return all buckets.
    pub fn max_buckets(self, max_buckets: u32) -> Call<ListBuckets> {
        self.query("max-buckets", &max_buckets.to_string())
    }

    /// Continues after the page that returned this token.
    pub fn continuation_token(self, token: &str) -> Call<ListBuckets> {
        self.query("continuation-token", token)
    }

    /// Lists only buckets whose names start with this prefix.
    pub fn prefix(self, prefix: &str) -> Call<ListBuckets> {
        self.query("prefix", prefix)
    }
}

impl Operation for ListBuckets {
    type Output = ListBucketsOutput;
    const SPEC: OperationSpec = OperationSpec::new("ListBuckets", Effect::Reads);

    fn parse(response: Response) -> Result<ListBucketsOutput, Error> {
        let list = response.xml("ListAllMyBucketsResult")?;
        let bucket = |element: &Element| {
            Ok(Bucket {
                name: element.text("Name")?.to_owned(),
                creation_date: element.optional_text("CreationDate")?.and_then(parse_iso),
                region: element.optional_text("BucketRegion")?.map(str::to_owned),
            })
        };
        let Some(buckets) = list.child("Buckets")? else {
            return Err(response.malformed("no <Buckets>".to_owned()));
        };
        Ok(ListBucketsOutput {
            buckets: buckets
                .children("Bucket")
                .map(bucket)
                .collect::<Result<_, Error>>()?,
            owner: Owner::of(&list)?,
            continuation_token: list.optional_text("ContinuationToken")?.map(str::to_owned),
        })
    }
}

impl Paginated for ListBuckets {
    fn next_page(page: &ListBucketsOutput) -> Option<NextPage> {
        let token = page.continuation_token.clone()?;
        Some(vec![("continuation-token", Some(token))])
    }

    fn is_empty(page: &ListBucketsOutput) -> bool {
        page.buckets.is_empty()
    }
}
