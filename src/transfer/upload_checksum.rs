//! The checksums of an upload: of its parts, and of the object that follows from them.
//!
//! That of the full object is combined from those of the parts: of CRC-64/NVME always, of other CRCs if the caller chooses it.
//! All others are composite, which is the default of S3, and the only kind that some stores support.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::parts::BoxResultFuture;
use super::upload::Upload;
use super::upload_resume::ChecksumKind;
use crate::body::Body;
use crate::body::checksum::ComputedChecksum;
use crate::call::Call;
use crate::checksum::{Checksum, ChecksumAlgorithm, combine, composite};
use crate::crypto::base64;
use crate::error::Error;
use crate::operation::{CompleteMultipartUpload, CreateMultipartUpload, PutObject};
use crate::request::Request;
use crate::response::Response;

/// The checksums of the parts. It holds the functions that use them, so that a program that does not ask for any does not
/// link them.
pub(super) struct PartChecksums {
    /// Of no body: each part gets its own.
    computed: ComputedChecksum,
    /// Whether that of the object is of its content, and not composite.
    is_full: bool,
    parts: Mutex<Vec<PartDigest>>,
    pub(super) add: for<'a> fn(&'a PartChecksums, u32, &'a Body) -> BoxResultFuture<'a, ()>,
    pub(super) send: fn(&PartChecksums, u32, &Request, &mut Request),
    pub(super) declare:
        fn(&PartChecksums, Call<CreateMultipartUpload>) -> Call<CreateMultipartUpload>,
    pub(super) list:
        fn(&PartChecksums, Call<CompleteMultipartUpload>) -> Call<CompleteMultipartUpload>,
    pub(super) check: fn(&PartChecksums, &[Checksum]) -> Result<Option<Checksum>, Error>,
    pub(super) is_of: fn(&PartChecksums, &Response) -> bool,
}

struct PartDigest {
    part_number: u32,
    size: u64,
    computed: ComputedChecksum,
}

impl PartDigest {
    fn digest(&self) -> &[u8] {
        self.computed.digest().unwrap_or_default()
    }
}

impl Upload {
    /// Computes this checksum of the content, and sends it: the store verifies it, and keeps it with the object.
    ///
    /// A small object has it in the header of its PutObject. An upload in parts declares it, sends that of each part with the
    /// part, and lists them again at the end. [`UploadOutput::checksum`](crate::UploadOutput::checksum) is that of the object, if
    /// the store confirms it; another one is an error, although the object exists.
    ///
    /// Choose [`Crc64Nvme`](ChecksumAlgorithm::Crc64Nvme) if the store supports it: it is the checksum of the whole content,
    /// whatever its parts, so a [download can verify it](crate::Download::verify_checksum). The others are composite if the
    /// object is uploaded in parts, unless [`compute_full_object_checksum`](Upload::compute_full_object_checksum) asks for it. An upload that is [resumed](Upload::resume) must compute the checksum that it was begun with.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::ChecksumAlgorithm;
    ///
    /// let upload = s3.upload_file("films", "cat.mp4", "cat.mp4");
    /// let film = upload.compute_checksum(ChecksumAlgorithm::Crc64Nvme).send().await?;
    /// assert!(film.checksum.is_some(), "the store ignores checksums");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ChecksumAlgorithm")]
    // Inlined, so that only the algorithm of a constant is linked.
    #[inline(always)]
    pub fn compute_checksum(mut self, algorithm: ChecksumAlgorithm) -> Upload {
        let computed = ComputedChecksum::new(algorithm);
        self.put = self.put.compute_checksum(algorithm);
        self.control.checksum = Some(Box::new(PartChecksums::new(computed)));
        self
    }

    /// Like [`compute_checksum`](Upload::compute_checksum), but the checksum of the object is of its content, also if it is
    /// uploaded in parts and the algorithm is [`Crc32`](ChecksumAlgorithm::Crc32) or [`Crc32c`](ChecksumAlgorithm::Crc32c). A
    /// download can then verify it.
    ///
    /// It is combined from those of the parts. AWS, MinIO and versitygw support it; a store that does not rejects the upload, or
    /// returns a composite checksum, which is an error. SHA-1 and SHA-256 cannot be combined, and are
    /// [`Error::Invalid`](crate::Error::Invalid).
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::ChecksumAlgorithm;
    ///
    /// let upload = s3.upload_file("films", "cat.mp4", "cat.mp4");
    /// let upload = upload.compute_full_object_checksum(ChecksumAlgorithm::Crc32c);
    /// let film = upload.send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ChecksumType")]
    // Inlined, so that only the algorithm of a constant is linked.
    #[inline(always)]
    pub fn compute_full_object_checksum(self, algorithm: ChecksumAlgorithm) -> Upload {
        let mut upload = self.compute_checksum(algorithm);
        upload.put.request.check_full_object(algorithm);
        if let Some(checksum) = &mut upload.control.checksum {
            checksum.is_full = true;
        }
        upload
    }
}

impl PartChecksums {
    fn new(computed: ComputedChecksum) -> PartChecksums {
        PartChecksums {
            is_full: computed.algorithm == ChecksumAlgorithm::Crc64Nvme,
            computed,
            parts: Mutex::default(),
            add,
            send,
            declare,
            list,
            check,
            is_of,
        }
    }

    /// Those that the client computes of every object, if it does.
    pub(super) fn by_default(put: &mut Call<PutObject>) -> Option<Box<PartChecksums>> {
        let defaults = &put.client.inner.defaults;
        let computed = defaults.computed.as_ref()?;
        put.request.computed = Some(computed.afresh());
        put.request.checksums.confirm = defaults.checksums.confirm;
        Some(Box::new(PartChecksums::new(computed.afresh())))
    }

    fn parts(&self) -> MutexGuard<'_, Vec<PartDigest>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ListParts returns of an upload with these.
    pub(super) fn kind(&self) -> ChecksumKind {
        let kind = if self.is_full {
            "FULL_OBJECT"
        } else {
            "COMPOSITE"
        };
        (self.algorithm().name(), kind)
    }

    fn algorithm(&self) -> ChecksumAlgorithm {
        self.computed.algorithm
    }

    /// The checksum of the object of all parts.
    fn of_object(&self) -> Checksum {
        let (algorithm, parts) = (self.algorithm(), self.parts());
        let value = if self.is_full {
            let nothing = (self.computed.start)().finish();
            let whole = parts.iter().try_fold(nothing, |whole, part| {
                combine(algorithm, &whole, part.digest(), part.size)
            });
            base64(&whole.unwrap_or_default())
        } else {
            let digests = parts.iter().map(PartDigest::digest);
            composite(self.computed.start, digests)
        };
        Checksum { algorithm, value }
    }
}

/// Computes and keeps the checksum of a part.
fn add<'a>(
    checksums: &'a PartChecksums,
    part_number: u32,
    body: &'a Body,
) -> BoxResultFuture<'a, ()> {
    Box::pin(async move {
        let computed = checksums.computed.afresh();
        computed.compute(body).await?;
        let mut parts = checksums.parts();
        let position = parts.partition_point(|other| other.part_number < part_number);
        let part = PartDigest {
            part_number,
            size: body.len(),
            computed,
        };
        parts.insert(position, part);
        Ok(())
    })
}

/// Adds the checksum of a part to its request.
fn send(checksums: &PartChecksums, part_number: u32, upload: &Request, request: &mut Request) {
    let parts = checksums.parts();
    let mut parts = parts.iter();
    let part = parts.find(|part| part.part_number == part_number);
    request.computed = part.map(|part| part.computed.clone());
    request.checksums = upload.checksums;
}

fn declare(
    checksums: &PartChecksums,
    create: Call<CreateMultipartUpload>,
) -> Call<CreateMultipartUpload> {
    let algorithm = checksums.algorithm();
    if checksums.is_full {
        return create.declare_full_object_checksum(algorithm);
    }
    create.declare_checksum(algorithm)
}

/// Adds the checksums to the list of parts, and that of the object if it is of its content.
fn list(
    checksums: &PartChecksums,
    complete: Call<CompleteMultipartUpload>,
) -> Call<CompleteMultipartUpload> {
    let algorithm = checksums.algorithm();
    let parts = checksums.parts();
    let values = parts
        .iter()
        .map(|part| (part.part_number, base64(part.digest())));
    let complete = complete.part_checksums(algorithm, values);
    drop(parts);
    if checksums.is_full {
        let object = checksums.of_object();
        complete
            .header(algorithm.header(), &object.value)
            .header("x-amz-checksum-type", "FULL_OBJECT")
    } else {
        complete
    }
}

/// The checksum of the object, if the store returns the same. Another one is an error.
fn check(checksums: &PartChecksums, returned: &[Checksum]) -> Result<Option<Checksum>, Error> {
    let expected = checksums.of_object();
    let mut returned = returned.iter();
    let Some(got) = returned.find(|got| got.algorithm == expected.algorithm) else {
        return Ok(None);
    };
    // Garage before 2.5 leaves the number of parts out.
    let without_number = expected.value.split('-').next();
    if *got == expected || without_number == Some(&got.value) {
        return Ok(Some(expected));
    }
    let problem = format!(
        "the object has the {} checksum {:?}, but {} follows from its parts",
        expected.algorithm.name(),
        got.value,
        expected.value
    );
    Err(Error::malformed(problem, None))
}

/// Whether the response to HeadObject is about the object of these parts: it has their size and checksum.
fn is_of(checksums: &PartChecksums, head: &Response) -> bool {
    let expected = checksums.of_object();
    let size = checksums.parts().iter().map(|part| part.size).sum::<u64>();
    head.content_length().ok().flatten() == Some(size)
        && head.header(expected.algorithm.header()) == Some(expected.value.as_str())
}
