//! The options of `call`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::fleet::Fleet;
use super::server::Server;
use crate::command::run::Limits;
use crate::command::{Format, Target, call};
use crate::error::Failure;

/// Make one call and print its reply
///
/// Parameters can also come as a JSON object: params=@file.json, or params=- from
/// standard input. That keeps a password out of the process list and out of your
/// shell's history.
#[derive(Args, Debug)]
pub(super) struct Call {
    /// The action, by WHMCS's name or as a script function
    #[arg(value_name = "ACTION")]
    action: String,
    // Not a comment for rustdoc, which would take the brackets for a link.
    #[arg(
        value_name = "NAME=VALUE",
        help = "Parameters; nested ones in brackets, such as pid[0]=1; as JSON, params=@FILE or params=-"
    )]
    params: Vec<String>,
    #[command(flatten)]
    pub(super) server: Server,
    #[command(flatten)]
    pub(super) fleet: Fleet,
    /// Fetch all pages of a list action and print records as they arrive
    #[arg(long)]
    all: bool,
    /// How to print the reply [default: table on a terminal, json elsewhere]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Form>,
    /// Write the spreadsheet of `-o xlsx` to FILE
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print only these fields, in this order; write inner fields as a.b
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    fields: Vec<String>,
    /// Exit with code 1 if a success comes with a warning from WHMCS
    #[arg(long)]
    strict: bool,
    /// Accepted for consistency: a single call never waits for a late server
    #[arg(long)]
    no_wait: bool,
}

/// What is made of a reply.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Table,
    Json,
    Ndjson,
    Csv,
    Xlsx,
}

impl Form {
    /// How it is printed, if it is text.
    const fn printed(self) -> Option<Format> {
        match self {
            Self::Table => Some(Format::Table),
            Self::Json => Some(Format::Json),
            Self::Ndjson => Some(Format::Ndjson),
            Self::Csv => Some(Format::Csv),
            Self::Xlsx => None,
        }
    }
}

impl Call {
    /// What is meant; `target` makes the server of what was typed of it.
    pub(super) fn options(
        self,
        target: impl FnOnce(Server) -> Result<Target, Failure>,
    ) -> Result<call::CallOptions, Failure> {
        Ok(call::CallOptions {
            action: self.action,
            params: self.params,
            target: Target {
                limits: Limits {
                    no_wait: self.no_wait,
                    strict: self.strict,
                    ..Limits::default()
                },
                ..target(self.server)?
            },
            all: self.all,
            output: self.output.and_then(Form::printed),
            is_sheet: matches!(self.output, Some(Form::Xlsx)),
            out: self.out,
            fields: self.fields,
        })
    }
}
