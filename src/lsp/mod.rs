//! `whmcsh lsp`: what an editor asks about scripts, by the Language Server Protocol.
//!
//! It works on the texts that the editor holds. It opens no profile, sends nothing and writes
//! nothing but its answers; of files it reads those that a script
//! names and that lie beside it: modules, and the first line of what has columns.

mod actions;
mod colours;
mod completion;
mod definition;
mod diagnostics;
mod document;
mod folding;
mod formatting;
mod hints;
mod hover;
mod lenses;
mod message;
mod outline;
mod position;
mod references;
mod rename;
mod requests;
#[cfg(test)]
mod robustness;
mod server;
mod signature;
mod view;
mod workspace;

pub use server::serve;
pub use workspace::FilesOf;
