//! Tests of the log as a whole, on a disk in memory that can be made to fail.

mod crash;
mod damage;
mod fake_disk;
mod lease;
mod trial;
mod writing;

pub use trial::HandClock;
