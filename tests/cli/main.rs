//! Drives the built binary the way a user does.

mod canned;
mod support;

mod actions;
mod bad_input;
mod call;
mod check;
mod domains;
mod faults;
mod guards;
mod layers;
mod limits;
mod profiles;
mod readme;
mod recipes;
mod resume;
mod sandbox;
mod scripts;
mod shards;
mod shell;
mod start;
