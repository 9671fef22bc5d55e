//! What every command that talks to a store needs.

use slim_s3::Client;

use crate::output::Output;
use crate::signals::Interrupt;

pub struct Session {
    pub client: Client,
    pub output: Output,
    pub interrupt: Interrupt,
}
