//! The options of `profile learn-fields`.

use std::num::NonZeroU32;

use clap::Args;

use crate::command::{Terminal, learn_fields};
use crate::config::Choice;
use crate::error::Failure;

/// What `profile learn-fields` is told.
#[derive(Args, Debug)]
pub(super) struct LearnFields {
    /// A client whose custom fields are filled in
    #[arg(value_name = "CLIENTID")]
    client: NonZeroU32,
    /// The profile of the server [default: the default profile]
    #[arg(short, long, value_name = "NAME")]
    profile: Option<String>,
    /// Add the names to the configuration for fields without a name
    #[arg(long)]
    write: bool,
}

impl LearnFields {
    pub(super) fn run(self, choice: &Choice, terminal: Terminal) -> Result<(), Failure> {
        let choice = Choice {
            profile: self.profile,
            ..choice.clone()
        };
        learn_fields::learn(self.client, self.write, &choice, terminal)
    }
}
