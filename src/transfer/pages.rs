//! The pages of a listing, one after the other.

use std::marker::PhantomData;

use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::call::{Call, call_context};
use crate::client::Client;
use crate::error::Error;
use crate::operation::{ListObjectsV2, NextPage, Object, Paginated};
use crate::request::Request;
use crate::send::{WithMetadata, send};

/// The maximum number of empty pages in a row. A store that hides many entries returns many empty pages.
const MAX_EMPTY_PAGES: u32 = 10_000;

/// The pages of a listing, requested one after the other: [`Call::pages`].
#[derive(Debug)]
pub struct Pages<O> {
    pub(crate) client: Client,
    /// The request for the next page; `None` after the last page.
    next: Option<Request>,
    guard: Guard,
    operation: PhantomData<fn() -> O>,
}

impl<O: Paginated> Call<O> {
    /// The pages of the listing, one after the other.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let mut pages = s3.list_objects_v2("photos").prefix("2026/").pages();
    /// while let Some(page) = pages.next_page().await? {
    ///     println!("{} objects", page.contents.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "get_paginator")]
    pub fn pages(self) -> Pages<O> {
        Pages {
            client: self.client,
            next: Some(self.request),
            guard: Guard::new(),
            operation: PhantomData,
        }
    }
}

impl Call<ListObjectsV2> {
    /// The objects of all pages, as a stream. It ends after an error.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let mut objects = s3.list_objects_v2("photos").objects();
    /// while let Some(object) = objects.try_next().await? {
    ///     println!("{:>12} {}", object.size, object.key);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn objects(self) -> impl Stream<Item = Result<Object, Error>> + Send + Unpin {
        self.pages()
            .into_stream()
            .map_ok(|page| stream::iter(page.contents).map(Ok))
            .try_flatten()
            .fuse()
    }
}

impl<O: Paginated> Pages<O> {
    /// The next page; `None` after the last one. A page can be empty without being the last one.
    ///
    /// Dropping the future before it completes loses nothing: the next call requests the same page again.
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Malformed`] if the listing loops, does not end, or is truncated
    /// without a marker for the next page. After an error, a further call requests the same page again, so an error
    /// is never followed by an early end.
    pub async fn next_page(&mut self) -> Result<Option<O::Output>, Error> {
        let page = self.next_page_with_metadata().await?;
        Ok(page.map(|page| page.output))
    }

    /// Like [`next_page`](Pages::next_page), but also returns the metadata of the response.
    ///
    /// # Errors
    ///
    /// As [`next_page`](Pages::next_page).
    pub async fn next_page_with_metadata(
        &mut self,
    ) -> Result<Option<WithMetadata<O::Output>>, Error> {
        let Some(request) = &self.next else {
            return Ok(None);
        };
        let page = send::<O>(&self.client, request).await?;
        // The state changes only from here on, where nothing is awaited and nothing fails.
        let Some(marker) = O::next_page(&page.output) else {
            self.next = None;
            return Ok(Some(page));
        };
        self.guard
            .check(&marker, O::is_empty(&page.output))
            .map_err(|error| error.with_context(&call_context(&O::SPEC, request, 1)))?;
        if let Some(request) = &mut self.next {
            for (name, value) in marker {
                match value {
                    Some(value) => request.set_query(name, &value),
                    None => request.query.retain(|(known, _)| known != name),
                }
            }
        }
        Ok(Some(page))
    }

    /// The pages as a stream. It ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<O::Output, Error>> + Send + Unpin
    where
        O::Output: Send,
    {
        let pages = stream::try_unfold(self, |mut pages| async move {
            Ok(pages.next_page().await?.map(|page| (page, pages)))
        });
        Box::pin(pages.fuse())
    }
}

/// Detects listings that never end. Not generic, so that the binary holds it once.
#[derive(Debug)]
struct Guard {
    /// An earlier marker, to detect a loop. It is replaced at growing intervals, so that loops of every length are
    /// found with one marker in memory (Brent's algorithm).
    kept: Option<NextPage>,
    /// The number of pages since then.
    since: u32,
    /// The number of pages after which the marker is replaced.
    keep_for: u32,
    /// The number of empty pages since the last one with entries.
    empty: u32,
}

impl Guard {
    fn new() -> Guard {
        Guard {
            kept: None,
            since: 0,
            keep_for: 1,
            empty: 0,
        }
    }

    fn check(&mut self, marker: &NextPage, is_empty: bool) -> Result<(), Error> {
        if self.kept.as_ref() == Some(marker) {
            let problem = "the listing loops: it continues at a marker that it has returned before";
            return Err(Error::malformed(problem, None));
        }
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        if self.empty > MAX_EMPTY_PAGES {
            let problem =
                format!("the listing does not end: {MAX_EMPTY_PAGES} empty pages in a row");
            return Err(Error::malformed(problem, None));
        }
        self.since += 1;
        if self.since == self.keep_for {
            self.kept = Some(marker.clone());
            self.since = 0;
            self.keep_for = self.keep_for.saturating_mul(2);
        }
        Ok(())
    }
}
