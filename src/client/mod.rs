//! One WHMCS server, spoken to over HTTP: encode, send, understand the reply.
//!
//! This layer knows the wire and nothing of scripts or runs. It never decides
//! whether a call may be made; it says of every call that failed whether the
//! server may have applied it.

mod address;
mod answer;
mod body;
mod brackets;
mod call;
mod digest;
mod encode;
#[cfg(test)]
mod encode_tests;
mod entities;
mod error;
mod exchange;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fault_tests;
mod form;
mod http;
mod php;
mod probe;
mod refusal;
mod reply;
#[cfg(test)]
mod reply_tests;
mod retry;
mod send;
#[cfg(test)]
mod send_tests;
mod server;
mod shape;
mod status;
mod words;
mod xml;

pub use address::{AddressError, Endpoint, without_secrets as shown_address};
pub use call::{ActionRef, CustomKind, Params, Reply, Secrets};
pub use entities::Entities;
pub use error::{CallError, CallErrorKind, Delivery, refusal};
pub use probe::Probe;
pub use send::Client;
pub use server::{Credentials, IpVersion, Server};
