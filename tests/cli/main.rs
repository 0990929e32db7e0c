//! Drives the built binary the way a user does.

mod canned;
mod support;

mod actions;
mod bad_input;
mod bulk;
mod bulk_bad;
mod call;
mod check;
mod faults;
mod guards;
mod layers;
mod limits;
mod outputs;
mod plan;
mod plan_limits;
mod profiles;
mod proof;
mod readme;
mod readme_trouble;
mod recipes;
mod recipes_services;
mod resume;
mod resume_bad_journal;
mod resume_changed;
mod resume_interrupted;
mod runs;
mod sandbox;
mod scripts;
mod shards;
mod shell;
mod snapshots;
mod start;
mod undo;
mod upsert;
