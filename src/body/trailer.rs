//! A checksum that follows a streamed body, because it is known only at its end.

/// A checksum to compute while a body is sent.
///
/// With function pointers, so that a program that computes none links none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trailer {
    /// The header that it would be, in lower case.
    pub(crate) name: &'static str,
    /// The length of its value.
    pub(crate) value_length: usize,
    pub(crate) start: fn() -> Box<dyn RunningChecksum>,
}

/// A checksum that is being computed.
pub(crate) trait RunningChecksum: Send {
    fn update(&mut self, bytes: &[u8]);

    /// The value of the trailer.
    fn finish(self: Box<Self>) -> String;
}
