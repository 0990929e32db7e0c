//! `whmcsh plan approve`: who has read a plan and wants it done.
//!
//! A name, a moment and the plan's digest are written behind the plan. Nobody proves who
//! he is: whoever can write the file can write any name into it.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::command::Terminal;
use crate::command::execution::binding::unbindable;
use crate::error::Failure;
use crate::files::{AtomicFile, Mode, reason};
use crate::run::plan::bound::{Approval, PlanFile};

/// The longest name, in characters.
const LONGEST: usize = 100;

/// Which plan, and who approves it.
#[derive(Debug)]
pub struct ToApprove {
    /// The plan's file.
    pub plan: PathBuf,
    /// Who approves it.
    pub by: String,
}

/// Writes down who approves a plan.
pub fn approve(options: &ToApprove, terminal: Terminal) -> Result<(), Failure> {
    let by = options.by.trim();
    if by.is_empty() || by.chars().count() > LONGEST || by.chars().any(char::is_control) {
        return Err(
            Failure::usage(format!("a name has 1 to {LONGEST} characters on one line"))
                .hint("name the person who approves the plan, such as `--as \"Jo Doe\"`"),
        );
    }
    let plan = PlanFile::read(&options.plan, |_, _| {}).map_err(|error| {
        let mut failure = unbindable(error);
        failure.what = failure.what.replace("; nothing was sent", "");
        failure
    })?;
    if let Some(error) = &plan.error {
        return Err(Failure::usage(format!(
            "the plan `{}` is incomplete: its script stopped with an error ({error})",
            options.plan.display()
        ))
        .hint("correct the script, then make the plan again"));
    }
    let mut approved = plan.approved.clone();
    approved.push(Approval {
        by: by.to_owned(),
        at: Timestamp::now()
            .to_zoned_datetime(TimeZone::system())
            .to_string(),
        digest: plan.digest.clone(),
    });
    let written = write(&options.plan, plan.end, &plan.tail(&approved));
    written.map_err(|error| {
        let (path, why) = (options.plan.display(), reason(&error));
        Failure::usage(format!("cannot write `{path}`: {why}")).hint(
            "the plan was not changed; make the folder writable, then approve the plan \
             again",
        )
    })?;
    terminal.note(&format!(
        "approved by {by}: plan {}; `whmcsh run … --bind {} --approved` requires it",
        &plan.digest[..12.min(plan.digest.len())],
        options.plan.display()
    ));
    Ok(())
}

/// Replaces what stands behind the rows; the file is whole at any moment.
fn write(path: &Path, end: u64, tail: &str) -> io::Result<()> {
    let mut file = AtomicFile::create(path, Mode::Kept)?;
    io::copy(&mut File::open(path)?.take(end), &mut file)?;
    file.write_all(tail.as_bytes())?;
    file.publish()
}
