//! `whmcsh repl`: the interactive shell on a server.

use std::sync::Arc;

use super::{Target, Terminal, interrupt, run};
use crate::error::Failure;
use crate::repl::{self, Screen};
use crate::script::Interpreter;

/// Opens the server and reads lines until they end.
pub fn repl(target: &Target, terminal: Terminal) -> Result<(), Failure> {
    let cancel = interrupt::watch()?;
    let opened = target.open(&cancel, terminal)?;
    let host = run::host(
        &opened.session,
        target,
        run::files(None, &[])?,
        cancel.clone(),
        terminal,
    );
    let prompt = format!("{}> ", host.run.server().name);
    repl::repl(
        Interpreter::new(Arc::new(host)),
        &prompt,
        &cancel,
        &terminal,
    )
}

impl Screen for Terminal {
    fn show(&self, text: &str) {
        self.data(text);
    }

    fn remark(&self, text: &str) {
        self.alert(text);
    }
}
