//! Downloads to a writer: ranges are requested at the same time, and written in order.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, oneshot};

use crate::call::call_context;
use crate::client::Client;
use crate::error::{Error, TransportKind};
use crate::http::check_runtime;
use crate::response::body::ResponseBody;
use crate::transfer::download::{DOWNLOAD, Download, DownloadOutput};
use crate::transfer::parts::BoxResultFuture;
use crate::transfer::ranges::{Begun, Object, Source, advance};

type Writer<'w> = Pin<Box<dyn AsyncWrite + Send + 'w>>;

/// The target of [`Client::download_writer`].
#[non_exhaustive]
pub struct ToWriter<'w>(Writer<'w>);

impl fmt::Debug for ToWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToWriter(..)")
    }
}

impl Client {
    /// Downloads an object of any size to a writer, in order: ranges of 8 MiB, four at a time.
    ///
    /// Ranges that arrive before their turn are kept in memory: at most [`concurrency`](Download::concurrency) times
    /// [`part_size`](Download::part_size), 32 MiB by default. With a concurrency of 1, nothing is kept. At the end the writer is
    /// flushed, and not shut down. If the download fails, the writer has the first bytes of the object.
    ///
    /// Otherwise this works like [`download_file`](Client::download_file).
    ///
    /// ```no_run
    /// # async fn example<W>(s3: slim_s3::Client, pipe: W) -> Result<(), slim_s3::Error>
    /// # where W: tokio::io::AsyncWrite + Send {
    /// let mut film = Vec::new();
    /// s3.download_writer("films", "cat.mp4", &mut film).send().await?;
    ///
    /// // To another program:
    /// s3.download_writer("films", "cat.mp4", pipe).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]; see [`download_file`](Client::download_file). It is [`Error::Transport`] if the writer fails.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/range-get-olap.html>
    #[doc(alias = "download_fileobj")]
    pub fn download_writer<'w>(
        &self,
        bucket: &str,
        key: &str,
        writer: impl AsyncWrite + Send + 'w,
    ) -> Download<ToWriter<'w>> {
        self.download(bucket, key, ToWriter(Box::pin(writer)))
    }
}

impl Download<ToWriter<'_>> {
    /// Downloads the object.
    ///
    /// # Errors
    ///
    /// See [`Client::download_writer`].
    pub async fn send(self) -> Result<DownloadOutput, Error> {
        let context = call_context(&DOWNLOAD, &self.source.get.request, 0);
        let downloaded = self.run().await;
        downloaded.map_err(|error| error.with_context(&context))
    }

    async fn run(self) -> Result<DownloadOutput, Error> {
        let Download { source, target } = self;
        check_runtime()?;
        source.check()?;
        let Begun {
            object,
            range: first,
            body,
        } = source.begin().await?;
        source.tell_started(&object);
        #[cfg(feature = "checksums")]
        source.find_checksum(&object).await?;
        let gaps = object.size.map(|size| first.end..size);
        let ranges = source.split(gaps.into_iter().collect());
        let ranges = ranges.map(|range| (range, None));
        // Each range waits for the one before it. The first has nothing to wait for.
        let (start, mut before) = oneshot::channel();
        let _ = start.send(());
        let parts = std::iter::once((first, Some(body)))
            .chain(ranges)
            .map(move |(range, body)| {
                let (done, after) = oneshot::channel();
                let turn = std::mem::replace(&mut before, after);
                Part {
                    range,
                    body,
                    turn,
                    done,
                }
            });
        let parts: BoxStream<'_, Part> = Box::pin(stream::iter(parts));
        let writer = Mutex::new(target.0);
        let parts = parts
            .map(|part| receive(&source, &object, &writer, part))
            .buffer_unordered(source.concurrency)
            .try_fold(0_u32, async |parts, ()| Ok(parts.saturating_add(1)))
            .await?;
        #[cfg(feature = "checksums")]
        let verification = source.after_writes()?;
        let flushed = writer.lock().await.flush().await;
        flushed.map_err(|error| failed("flushed", error))?;
        let size = source.total();
        source.tell_finished(size);
        Ok(DownloadOutput {
            size,
            etag: object.etag,
            parts,
            version_id: object.version_id,
            #[cfg(feature = "checksums")]
            verification,
        })
    }
}

struct Part {
    range: Range<u64>,
    body: Option<ResponseBody>,
    /// Completes when all bytes before the range are written.
    turn: oneshot::Receiver<()>,
    done: oneshot::Sender<()>,
}

/// Chunks of less than this are copied while they are kept. A server may send single bytes, and a chunk of its own takes more
/// memory than they do.
const COPIED: usize = 4 << 10;

/// What was received before its turn.
#[derive(Default)]
struct Kept {
    chunks: Vec<Bytes>,
    /// Small chunks that follow them.
    copied: BytesMut,
}

impl Kept {
    fn push(&mut self, chunk: Bytes) {
        if chunk.len() < COPIED {
            self.copied.extend_from_slice(&chunk);
        } else {
            self.end_copied();
            self.chunks.push(chunk);
        }
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.end_copied();
        std::mem::take(&mut self.chunks)
    }

    fn end_copied(&mut self) {
        if !self.copied.is_empty() {
            self.chunks.push(self.copied.split().freeze());
        }
    }
}

/// Receives a range. Until its turn its bytes are kept; then each chunk is written as it arrives.
// Boxed, because the compiler cannot prove that the future of an `async fn` in a stream's closure is `Send`.
fn receive<'a>(
    source: &'a Source,
    object: &'a Object,
    writer: &'a Mutex<Writer<'_>>,
    part: Part,
) -> BoxResultFuture<'a, ()> {
    let Part {
        range,
        body,
        mut turn,
        done,
    } = part;
    Box::pin(async move {
        let mut body = match body {
            Some(body) => body,
            None => source.fetch(object, range.clone()).await?,
        };
        let (mut position, mut kept, mut is_turn) = (range.start, Kept::default(), false);
        loop {
            let chunk = body.chunk().await?;
            position = advance(position, chunk.as_ref().map(|chunk| chunk.len()), &range)?;
            let is_last = chunk.is_none();
            is_turn = is_turn || turn.try_recv().is_ok();
            if is_last && !is_turn {
                // The range before this one has failed if it fails, and so has the download.
                is_turn = (&mut turn).await.is_ok();
            }
            if is_turn {
                for chunk in kept.take().into_iter().chain(chunk) {
                    #[cfg(feature = "checksums")]
                    source.before_write(&chunk, object)?;
                    // Only the range whose turn it is holds the lock.
                    let written = writer.lock().await.write_all(&chunk).await;
                    written.map_err(|error| failed("written", error))?;
                    source.advance(chunk.len() as u64, object);
                }
            } else if let Some(chunk) = chunk {
                kept.push(chunk);
            }
            if is_last {
                break;
            }
        }
        source.tell_part_done(&range, position - range.start);
        let _ = done.send(());
        Ok(())
    })
}

#[cold]
fn failed(what: &str, error: std::io::Error) -> Error {
    let message = format!("the writer cannot be {what}: {error}");
    Error::transport(TransportKind::File, message, Some(error.into()))
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(Download<ToWriter<'static>>) = |download| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(download.send());
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_bytes_are_kept_together_and_in_order() {
        let large = Bytes::from(vec![b'x'; COPIED]);
        let mut kept = Kept::default();
        for number in 0..100_000_u32 {
            kept.push(Bytes::from(vec![number as u8]));
        }
        kept.push(large.clone());
        kept.push(Bytes::from_static(b"end"));
        let chunks = kept.take();
        assert_eq!(chunks.len(), 3);
        assert!(
            (0..100_000_u32)
                .map(|number| number as u8)
                .eq(chunks[0].iter().copied())
        );
        assert_eq!(chunks[1].as_ptr(), large.as_ptr(), "it was copied");
        assert_eq!(chunks[2], "end");
        assert!(kept.take().is_empty());
    }
}
