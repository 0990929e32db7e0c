//! `whmcsh runs`: what happened, and what is still open.
//!
//! One file a subcommand. They read journals, which also works while a run goes
//! on; only `settle` writes to one.

mod failed;
mod joint;
mod judge;
mod list;
mod opened;
mod prune;
mod report;
mod settle;
mod settle_all;
mod shards;
mod show;

pub use super::execution::names::meant;
pub use failed::failed;
pub(super) use joint::write_failed;
pub use judge::judge;
pub use list::list;
pub use prune::{Age, Rule, forget, prune};
pub use report::{ReportOf, ReportRequest, report};
pub use settle::{Of, Verdict, settle};
pub use settle_all::{All, settle_all};
pub(super) use shards::Shards;
pub use shards::show_name;
pub use show::show;
