//! `whmcsh lsp`: what an editor asks about scripts, by the Language Server Protocol.
//!
//! It works on the texts that the editor holds. It opens no profile, sends nothing and writes
//! nothing but its answers; of files it reads only the modules that a script imports.

mod completion;
mod diagnostics;
mod document;
mod formatting;
mod hover;
mod message;
mod place;
mod position;
mod server;

pub use diagnostics::FilesOf;
pub use server::serve;
