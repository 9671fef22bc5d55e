//! What happens at an end, when a future is dropped, and after a call: an end stays an end, an error stays an error, a
//! dropped future loses nothing, and nothing goes on after a call.

mod bodies;
mod calls;
mod listings;
mod readers;
mod uploads;
