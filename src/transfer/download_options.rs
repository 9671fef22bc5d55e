//! The options of a download.

use crate::etag::ETag;
use crate::operation::CustomerKey;
use crate::retry::RetryPolicy;
use crate::transfer::download::{Download, ToFile};
use crate::transfer::event::{Listener, TransferEvent};
use crate::transfer::final_name::Name;

/// Options of every download.
impl<T> Download<T> {
    /// The size in bytes of a range: 8 MiB by default. A smaller object needs one request.
    #[doc(alias = "multipart_chunksize")]
    pub fn part_size(mut self, bytes: u64) -> Download<T> {
        self.source.part_size = bytes;
        self
    }

    /// The maximum number of ranges that are requested at a time: 4 by default.
    #[doc(alias = "max_concurrency")]
    pub fn concurrency(mut self, parts: usize) -> Download<T> {
        self.source.concurrency = parts;
        self
    }

    /// Tells what happens: for a progress bar, or a log. The closure is called between chunks, so it must not block.
    ///
    /// The events are `Started` (after the first response, whose `ceiling` is the size), `Resumed`, `Progress`, `PartDone`,
    /// `Retry` (also when the body of a range continues), and `Finished`.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::TransferEvent;
    ///
    /// let film = s3.download_file("films", "cat.mp4", "cat.mp4");
    /// let film = film.on_event(|event| {
    ///     if let TransferEvent::Progress { bytes, .. } = event {
    ///         println!("{bytes} bytes");
    ///     }
    /// });
    /// film.send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_event(
        mut self,
        listener: impl Fn(TransferEvent) + Send + Sync + 'static,
    ) -> Download<T> {
        self.source.listener = Listener::new(listener);
        self
    }

    /// The version to download.
    #[doc(alias = "VersionId")]
    pub fn version_id(mut self, version_id: &str) -> Download<T> {
        self.source.get = self.source.get.version_id(version_id);
        self
    }

    /// Succeeds only if the object has this ETag; see [`Call::if_match`](crate::Call::if_match).
    #[doc(alias = "IfMatch")]
    pub fn if_match(mut self, etag: impl Into<ETag>) -> Download<T> {
        self.source.get = self.source.get.if_match(etag);
        self
    }

    /// The key of an object that was encrypted with a customer key; see
    /// [`Call::customer_key`](crate::Call::customer_key).
    #[doc(alias = "SSECustomerKey")]
    pub fn customer_key(mut self, key: &CustomerKey) -> Download<T> {
        self.source.get = self.source.get.customer_key(key);
        self
    }

    /// Sets a header that has no setter, of each GetObject.
    pub fn header(mut self, name: &str, value: &str) -> Download<T> {
        self.source.get = self.source.get.header(name, value);
        self
    }

    /// Replaces the client's retry policy for this download.
    pub fn retry(mut self, policy: RetryPolicy) -> Download<T> {
        self.source.get = self.source.get.retry(policy);
        self
    }
}

/// Options of a download to a file.
impl Download<ToFile> {
    /// Also waits until the file is on the disk (`fsync`), so that it survives a power failure.
    pub fn sync(mut self) -> Download<ToFile> {
        self.target.sync = true;
        self
    }

    /// Continues a download that failed, was dropped, or whose process ended, and can be continued later in the same way.
    ///
    /// The temporary file is kept in the folder of the target as `.slim-s3-HASH-RANDOM.part`, and beside it a record,
    /// `.slim-s3-HASH.resume`: the ETag, the size, and which ranges are on the disk. `HASH` is made from the name of the target. The
    /// next download with this option to the same path requests only the ranges that are missing, if the object still has that ETag.
    /// If not, or if the record is damaged, it starts over. A record is kept only of an object with an ETag that is larger than one
    /// range. Both files are deleted when the download is complete; to abandon it, delete them.
    ///
    /// Each range is synchronised to the disk before it is recorded. Use this only in a folder where no other user can create
    /// files. If two processes resume the same download, both download what was missing, and the one that is slower fails.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// // After a failure, the same line continues.
    /// s3.download_file("backups", "disk.img", "disk.img").resume().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(mut self) -> Download<ToFile> {
        self.target.resume = true;
        self
    }

    /// Fails if the file exists, also if it was created during the download. The cause of the error is then an
    /// [`AlreadyExists`](std::io::ErrorKind::AlreadyExists).
    ///
    /// The temporary file gets its name by a hard link, which never replaces a file. On a file system without hard links, an empty
    /// file takes the name just before.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.download_file("films", "cat.mp4", "cat.mp4").create_new().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_new(mut self) -> Download<ToFile> {
        self.target.name = Name::New;
        self
    }

    /// If the path is a symbolic link, replaces the file that it points to, instead of the link.
    pub fn follow_symlink(mut self) -> Download<ToFile> {
        self.target.follow_symlink = true;
        self
    }
}
