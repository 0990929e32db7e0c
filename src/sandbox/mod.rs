//! A stateful look-alike of a WHMCS server, in this process, over real HTTP.
//!
//! It stands on the catalog alone: its decoders and encoders are its own, so that
//! a mistake in the client's cannot pass here too. It keeps its state in `SQLite`,
//! in memory or in a file. It never sends mail, charges a card or talks to any other host.

mod actions;
mod addon_modules;
mod api;
mod auth;
mod automation;
mod body;
mod call;
mod changes;
mod checks;
mod clock;
mod config_options;
mod control;
mod countries;
mod credit;
mod custom_fields;
mod cycle;
mod db;
mod db_file;
mod dice;
mod encode;
mod entities;
mod fault;
mod fixture;
mod form;
mod gateway;
mod generate;
mod group_discount;
mod history;
mod image;
mod invoice;
mod invoice_number;
mod lands;
mod list;
mod localised;
mod mail;
mod merge_fields;
mod modules;
mod money;
mod multipart;
mod password;
mod php;
mod pricing;
mod promotion;
mod provision;
mod queue;
mod refusal;
mod registrar;
mod replies;
mod reply;
mod requests;
mod running;
mod seed;
mod server;
mod settings;
mod settlement;
mod store;
#[cfg(test)]
mod testing;
mod tree;
mod version;
mod xml;

pub use auth::Access;
pub use automation::{AdvanceError, Period};
pub use clock::{Clock, ClockError};
pub use custom_fields::CustomField;
pub use db_file::DbFileError;
pub use fault::{FaultError, Faults, HELP as FAULT_HELP};
pub use fixture::{Fixture, FixtureError};
pub use image::Image;
pub use mail::EmailRecord;
pub use replies::Types;
pub use requests::RequestRecord;
pub use running::{Sandbox, Sandboxes, export_file, start};
pub use settings::{SandboxError, Settings};
pub use store::StoreError;

#[cfg(test)]
mod tests;
