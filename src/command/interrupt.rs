//! Ctrl-C: once asks to stop, twice ends the program at once.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::cancel::Cancel;
use crate::error::{Exit, Failure};

/// A flag that Ctrl-C and a polite kill raise from now on.
pub fn watch() -> Result<Cancel, Failure> {
    let cancel = Cancel::default();
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down and only raises it.
        flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, cancel.flag())
            .and_then(|_| flag::register(signal, cancel.flag()))
            .map_err(|error| Failure::usage(format!("cannot watch for Ctrl-C: {error}")))?;
    }
    Ok(cancel)
}
