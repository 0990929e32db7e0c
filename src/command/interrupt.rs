//! Ctrl-C: once asks to stop, twice ends the program at once.

use std::sync::Arc;

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use crate::cancel::Cancel;
use crate::error::{Exit, Failure};

/// A flag that Ctrl-C and a polite kill raise from now on.
pub fn watch() -> Result<Cancel, Failure> {
    let cancel = Cancel::default();
    let failed = |error| Failure::usage(format!("cannot watch for Ctrl-C: {error}"));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down and only raises it.
        flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, cancel.flag())
            .and_then(|_| flag::register(signal, cancel.flag()))
            .map_err(failed)?;
    }
    // A file that may not grow any more is an error where it is written, as a full
    // disk is, and not the end of the program.
    flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
    Ok(cancel)
}
