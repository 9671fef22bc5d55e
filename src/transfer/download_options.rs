//! The options of a download.

use crate::etag::ETag;
use crate::operation::CustomerKey;
use crate::retry::RetryPolicy;
use crate::transfer::download::Download;

impl Download {
    /// The size in bytes of a range: 8 MiB by default. A smaller object needs one request.
    #[doc(alias = "multipart_chunksize")]
    pub fn part_size(mut self, bytes: u64) -> Download {
        self.part_size = bytes;
        self
    }

    /// The maximum number of ranges that are requested at a time: 4 by default.
    #[doc(alias = "max_concurrency")]
    pub fn concurrency(mut self, parts: usize) -> Download {
        self.concurrency = parts;
        self
    }

    /// Also waits until the file is on the disk (`fsync`), so that it survives a power failure.
    pub fn sync(mut self) -> Download {
        self.sync = true;
        self
    }

    /// The version to download.
    #[doc(alias = "VersionId")]
    pub fn version_id(mut self, version_id: &str) -> Download {
        self.get = self.get.version_id(version_id);
        self
    }

    /// Succeeds only if the object has this ETag; see [`Call::if_match`](crate::Call::if_match).
    #[doc(alias = "IfMatch")]
    pub fn if_match(mut self, etag: impl Into<ETag>) -> Download {
        self.get = self.get.if_match(etag);
        self
    }

    /// The key of an object that was encrypted with a customer key; see
    /// [`Call::customer_key`](crate::Call::customer_key).
    #[doc(alias = "SSECustomerKey")]
    pub fn customer_key(mut self, key: &CustomerKey) -> Download {
        self.get = self.get.customer_key(key);
        self
    }

    /// Sets a header that has no setter, of each GetObject.
    pub fn header(mut self, name: &str, value: &str) -> Download {
        self.get = self.get.header(name, value);
        self
    }

    /// Replaces the client's retry policy for this download.
    pub fn retry(mut self, policy: RetryPolicy) -> Download {
        self.get = self.get.retry(policy);
        self
    }
}
