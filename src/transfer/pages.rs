//! All pages of a listing, one after the other.

use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::call::{Call, Operation};
use crate::error::Error;
use crate::operation::{ListObjectsV2, ListObjectsV2Output, Object};

/// A store that has much to hide gives many empty pages; one that gives more has no end.
const MOST_EMPTY: u32 = 10_000;

/// The pages of a listing, asked for one after the other: [`Call::pages`].
#[derive(Debug)]
pub struct Pages {
    /// The call for the next page; absent behind the last one.
    next: Option<Call<ListObjectsV2>>,
    /// A token from before, to notice a listing that goes in circles. It is taken anew ever more rarely, so that
    /// circles of every length are found with one token kept (Brent's algorithm).
    kept: Option<String>,
    /// How many empty pages came in a row.
    empty: u32,
    /// How many pages came since it was taken, and after how many it is taken anew.
    since: u32,
    keep_for: u32,
}

impl Call<ListObjectsV2> {
    /// All pages, one after the other.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let mut pages = s3.list_objects_v2("photos").prefix("2026/").pages();
    /// while let Some(page) = pages.next_page().await? {
    ///     println!("{} objects and {} folders", page.contents.len(), page.common_prefixes.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "get_paginator")]
    pub fn pages(self) -> Pages {
        Pages {
            next: Some(self),
            kept: None,
            empty: 0,
            since: 0,
            keep_for: 1,
        }
    }

    /// All objects of all pages, as a stream. It ends after an error.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let mut objects = std::pin::pin!(s3.list_objects_v2("photos").objects());
    /// while let Some(object) = objects.try_next().await? {
    ///     println!("{:>12} {}", object.size, object.key);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn objects(self) -> impl Stream<Item = Result<Object, Error>> + Send {
        self.pages()
            .into_stream()
            .map_ok(|page| stream::iter(page.contents).map(Ok))
            .try_flatten()
    }
}

impl Pages {
    /// The next page; `None` behind the last one. A page can be empty and not be the last.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; [`Error::Malformed`] if the listing goes in circles, or is truncated and does not say
    /// where it goes on. After an error there are no more pages: a listing is never short without a word.
    pub async fn next_page(&mut self) -> Result<Option<ListObjectsV2Output>, Error> {
        let Some(call) = self.next.take() else {
            return Ok(None);
        };
        let (client, request) = (call.client.clone(), call.request.without_body());
        let context = crate::call::context(&ListObjectsV2::SPEC, &request, 1);
        let page = call.send().await?;
        if let Some(token) = &page.next_continuation_token {
            if self.kept.as_ref() == Some(token) {
                let problem =
                    "the listing goes in circles: it goes on with a token that it has given before";
                return Err(Error::malformed(problem, None).with_context(&context));
            }
            let is_empty = page.contents.is_empty() && page.common_prefixes.is_empty();
            self.empty = if is_empty { self.empty + 1 } else { 0 };
            if self.empty > MOST_EMPTY {
                let problem =
                    format!("the listing does not end: {MOST_EMPTY} empty pages in a row");
                return Err(Error::malformed(problem, None).with_context(&context));
            }
            self.since += 1;
            if self.since == self.keep_for {
                self.kept = Some(token.clone());
                self.since = 0;
                self.keep_for = self.keep_for.saturating_mul(2);
            }
            let mut next = Call::new(&client, request, ListObjectsV2).continuation_token(token);
            // Stores disagree on what it means beside a token.
            next.request.query.retain(|(name, _)| name != "start-after");
            self.next = Some(next);
        }
        Ok(Some(page))
    }

    /// The pages as a stream, for what takes one. It ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<ListObjectsV2Output, Error>> + Send {
        stream::try_unfold(self, |mut pages| async move {
            Ok(pages.next_page().await?.map(|page| (page, pages)))
        })
    }
}
