//! The arguments of scripts that declare them, and `args` in such a script.

mod arguments_value;
pub(crate) mod declared;
mod given;
mod kind;
mod word;

use rhai::Dynamic;

use crate::error::Failure;
use crate::script::load::Script;

pub use declared::{Declared, OPTIONS, RESERVED};
pub use given::usage;
pub use kind::ArgumentKind;

pub(crate) use arguments_value::register;

impl Script {
    /// The arguments that its header declares.
    ///
    /// # Errors
    /// A declaration that cannot be read.
    pub fn declared(&self) -> Result<Vec<Declared>, Failure> {
        declared::declared(self.text()).map_err(|wrong| {
            Failure::usage(format!("{}; nothing was sent", wrong.what))
                .at(format!(" --> {}:{}", self.name(), wrong.line))
                .hint(wrong.hint)
        })
    }

    /// The words it is run with, in the order of its declarations; as they are where it
    /// declares none.
    ///
    /// # Errors
    /// What is missing, unknown or not of its kind.
    pub fn arguments(
        &self,
        words: Vec<String>,
        named: &[(String, String)],
    ) -> Result<Vec<String>, Failure> {
        let declared = self.declared()?;
        if declared.is_empty() && named.is_empty() {
            return Ok(words);
        }
        given::ordered(&declared, &words, named)
            .map_err(|ungiven| given::failure(self.name(), &declared, ungiven))
    }

    /// The same of words among which some are named: `--months=24`, or `--months` and `24`.
    ///
    /// # Errors
    /// What is missing, unknown or not of its kind.
    pub fn arguments_among(&self, words: Vec<String>) -> Result<Vec<String>, Failure> {
        let declared = self.declared()?;
        let (words, named) = given::without_named(&declared, words);
        self.arguments(words, &named)
    }

    /// What it finds in `args` where it declares its arguments.
    ///
    /// # Errors
    /// What is missing or not of its kind.
    pub(crate) fn args(&self, words: &[String]) -> Result<Option<Dynamic>, Failure> {
        let declared = self.declared()?;
        if declared.is_empty() || self.is_generated() {
            return Ok(None);
        }
        let words = self.arguments(words.to_vec(), &[])?;
        Ok(Some(arguments_value::make_args(given::values(
            &declared, &words,
        ))))
    }
}
