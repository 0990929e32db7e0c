//! `whmcsh lsp`: the language server for editors, on standard input and output.

use std::io::{BufReader, stdin, stdout};

use super::execution::host::files;
use crate::error::{Exit, Failure};
use crate::files::reason;
use crate::lsp::serve;

/// Serves one editor until it ends the conversation.
pub fn lsp() -> Result<(), Failure> {
    match serve(BufReader::new(stdin()), stdout().lock(), |folder| {
        files(folder, &[])
    }) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(
            Exit::Script,
            "the editor left without `shutdown`; nothing was sent",
        )),
        Err(error) => Err(Failure::usage(format!(
            "cannot write to the editor: {}",
            reason(&error)
        ))),
    }
}
