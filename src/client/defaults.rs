//! What calls do unless they say otherwise.

#[cfg(all(feature = "checksums", feature = "reqwest"))]
use crate::body::checksum::{ComputedChecksum, ResponseChecksums};

/// What the builder, or a profile, sets for calls that do not choose themselves.
#[derive(Clone, Default)]
pub(crate) struct CallDefaults {
    /// Whether bodies that could be hashed are left out of the signature over https.
    pub(crate) unsigned_payload: bool,
    /// The size of the parts of uploads and downloads.
    #[cfg(feature = "reqwest")]
    pub(crate) part_size: Option<u64>,
    /// From which size an upload is sent in parts.
    #[cfg(feature = "reqwest")]
    pub(crate) threshold: Option<u64>,
    /// What is computed of stored objects. Like all of these, it is set by the option that asks for it, so that a program
    /// without it does not link the algorithm.
    #[cfg(all(feature = "checksums", feature = "reqwest"))]
    pub(crate) computed: Option<ComputedChecksum>,
    /// What is done with the checksums in responses.
    #[cfg(all(feature = "checksums", feature = "reqwest"))]
    pub(crate) checksums: ResponseChecksums,
}
