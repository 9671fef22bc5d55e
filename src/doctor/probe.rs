//! The operation of the doctor's requests: the output is the whole response.
//!
//! The client's own operations read what they need, and reject what does not belong to them. The doctor must see it.

use crate::call::{Effect, Operation, OperationSpec};
use crate::error::Error;
use crate::response::Response;

/// A request that may be sent twice.
#[derive(Debug)]
pub(super) struct Probe;

impl Operation for Probe {
    type Output = Response;
    const SPEC: OperationSpec = OperationSpec::new("Doctor", Effect::Writes);

    fn parse(response: Response) -> Result<Response, Error> {
        Ok(response)
    }
}

/// CreateMultipartUpload: a second upload would stay at the store unnoticed.
#[derive(Debug)]
pub(super) struct ProbeOnce;

impl Operation for ProbeOnce {
    type Output = Response;
    const SPEC: OperationSpec = Probe::SPEC.not_idempotent();

    fn parse(response: Response) -> Result<Response, Error> {
        Ok(response)
    }
}
