//! `--detailed-exitcode`: the code of a plan says whether anything would change.

use std::process::ExitCode;

/// The code of a plan in which something would change.
const CHANGES: u8 = 2;

/// The code of every error, so that none is taken for a change.
const ERROR: u8 = 1;

const OPTION: &str = "--detailed-exitcode";

/// Whether that was typed, also on a command line that is refused.
pub(super) fn is_asked() -> bool {
    let mut words = std::env::args_os().take_while(|word| word != "--");
    words.any(|word| word == OPTION)
}

/// The code of a plan that came to its end.
pub(super) fn of_plan(is_change: bool) -> ExitCode {
    if is_change && is_asked() {
        ExitCode::from(CHANGES)
    } else {
        ExitCode::SUCCESS
    }
}

/// The code of an error that ends the program with that one otherwise.
pub(super) fn of_error(code: u8) -> u8 {
    if is_asked() { ERROR } else { code }
}

/// Ends with the words that clap has for a command line.
pub(super) fn refuse(refused: &clap::Error) -> ExitCode {
    if refused.exit_code() != 0 && is_asked() {
        // With standard error gone there is nobody left to tell.
        let _ = refused.print();
        return ExitCode::from(ERROR);
    }
    refused.exit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::whole::whole;

    #[test]
    fn the_option_is_one_of_the_commands_that_plan() {
        let has_it = |command: &clap::Command| {
            let mut options = command.get_arguments();
            options.any(|option| option.get_long() == OPTION.strip_prefix("--"))
        };
        let whole = whole();
        let names: Vec<_> = whole
            .get_subcommands()
            .filter(|it| has_it(it))
            .map(clap::Command::get_name)
            .collect();
        assert_eq!(names, ["plan", "each"]);
    }
}
