//! The code the process ends with: the one place that decides it.
//!
//! A fault has the same code whoever met it: `call`, a script, a row, a plan, the shell.
//! What follows from a fault's kind is decided here, and so is what counts for more where
//! several things went wrong. `docs/unattended.md` has the table for users, which a test
//! compares with [`Exit::ALL`].

use crate::client::{CallErrorKind, Delivery};

/// The program's exit codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// The script stopped with an error of its own, or WHMCS rejected what was asked for.
    Script = 1,
    /// The command line, a file given on it, the configuration or the parameters of a call
    /// are wrong, or the journal or the files of a run cannot be used.
    Usage = 2,
    /// The server could not be reached or refused us, or another process holds the run.
    Server = 3,
    /// Some rows failed, or a run that was held to a plan did not do all of it.
    Rows = 4,
    /// Some writes are in doubt.
    InDoubt = 5,
    /// A limit was reached.
    Limit = 6,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl Exit {
    /// All codes but that of success.
    pub const ALL: [Self; 7] = [
        Self::Script,
        Self::Usage,
        Self::Server,
        Self::Rows,
        Self::InDoubt,
        Self::Limit,
        Self::Interrupted,
    ];

    /// The word for it where programs read the kind of an error.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Usage => "usage",
            Self::Server => "server",
            Self::Rows => "rows",
            Self::InDoubt => "in_doubt",
            Self::Limit => "limit",
            Self::Interrupted => "interrupted",
        }
    }

    /// The code of a failed call.
    pub const fn of_call(kind: CallErrorKind, delivery: Delivery) -> Self {
        if matches!(delivery, Delivery::InDoubt) {
            return Self::InDoubt;
        }
        match kind {
            // The server took the call and said no to what it asks for, or the script asks
            // for something else than it did in the same place before.
            CallErrorKind::Api | CallErrorKind::Contradiction => Self::Script,
            CallErrorKind::Parameter | CallErrorKind::Policy | CallErrorKind::Journal => {
                Self::Usage
            }
            CallErrorKind::Address
            | CallErrorKind::Auth
            | CallErrorKind::Connection
            | CallErrorKind::Html
            | CallErrorKind::Http
            | CallErrorKind::Ip
            | CallErrorKind::NotJson
            | CallErrorKind::Permission
            | CallErrorKind::Timeout
            | CallErrorKind::TooLarge => Self::Server,
            CallErrorKind::Plan => Self::Rows,
            CallErrorKind::InDoubt => Self::InDoubt,
            CallErrorKind::Limit => Self::Limit,
            CallErrorKind::Interrupted => Self::Interrupted,
        }
    }

    /// The code of an error that a script raised or let pass, by the word in its `kind`;
    /// a file that was named on the command line is the command line's fault.
    pub fn of_raised(kind: &str, is_in_doubt: bool, is_argument: bool) -> Self {
        if is_in_doubt {
            return Self::InDoubt;
        }
        match (CallErrorKind::of_word(kind), kind) {
            (Some(kind), _) => Self::of_call(kind, Delivery::NotSent),
            (None, "profile" | "rows") => Self::Usage,
            (None, "csv" | "file" | "sheet") if is_argument => Self::Usage,
            (None, _) => Self::Script,
        }
    }

    /// The code of rows that did not end well. Where not one was done and the server is to
    /// blame for all, it is the server's: they are for another time, not for somebody to mend.
    pub const fn of_rows(are_in_doubt: bool, is_the_servers: bool) -> Self {
        match (are_in_doubt, is_the_servers) {
            (true, _) => Self::InDoubt,
            (false, true) => Self::Server,
            (false, false) => Self::Rows,
        }
    }

    /// The one of that number.
    pub fn of_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| *exit as i32 == code)
    }

    /// The one that counts for more, where several runs ended: what has to be mended first, then
    /// doubts, then whatever stopped a run, and rows that failed last.
    #[must_use]
    pub fn or_graver(self, other: Self) -> Self {
        const GRAVEST_FIRST: [Exit; 7] = [
            Exit::Usage,
            Exit::InDoubt,
            Exit::Interrupted,
            Exit::Script,
            Exit::Limit,
            Exit::Server,
            Exit::Rows,
        ];
        let mut order = GRAVEST_FIRST.into_iter();
        let is_one = |exit: &Self| [self, other].contains(exit);
        order.find(is_one).unwrap_or(self)
    }

    /// The code where writes are left in doubt as well: that counts for more than everything
    /// but a mistake that has to be mended before anything can be found out.
    #[must_use]
    pub const fn with_doubts(self) -> Self {
        match self {
            Self::Usage => Self::Usage,
            _ => Self::InDoubt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_same_code_in_a_script_as_in_a_call() {
        for kind in CallErrorKind::ALL {
            let of_call = Exit::of_call(kind, Delivery::NotSent);
            assert_eq!(Exit::of_raised(kind.word(), false, false), of_call);
            assert_eq!(Exit::of_call(kind, Delivery::InDoubt), Exit::InDoubt);
            assert_eq!(Exit::of_raised(kind.word(), true, true), Exit::InDoubt);
        }
    }

    #[test]
    fn a_bad_file_is_the_command_lines_fault_only_if_it_was_named_there() {
        for kind in ["csv", "file", "sheet"] {
            assert_eq!(Exit::of_raised(kind, false, true), Exit::Usage);
            assert_eq!(Exit::of_raised(kind, false, false), Exit::Script);
        }
        assert_eq!(Exit::of_raised("value", false, true), Exit::Script);
    }

    #[test]
    fn doubts_count_for_more_than_everything_but_usage() {
        for exit in Exit::ALL {
            let expected = match exit {
                Exit::Usage => Exit::Usage,
                _ => Exit::InDoubt,
            };
            assert_eq!(exit.with_doubts(), expected);
        }
    }

    #[test]
    fn of_two_runs_the_graver_end_counts() {
        for exit in Exit::ALL {
            assert_eq!(Exit::of_code(exit as i32), Some(exit));
            assert_eq!(exit.or_graver(exit), exit);
            assert_eq!(exit.or_graver(Exit::InDoubt), exit.with_doubts());
            assert_eq!(Exit::Rows.or_graver(exit), exit);
            for other in Exit::ALL {
                assert_eq!(exit.or_graver(other), other.or_graver(exit));
            }
        }
        assert_eq!(Exit::of_code(0), None);
    }

    #[test]
    fn the_table_for_users_has_every_code() {
        let page = include_str!("../../docs/unattended.md");
        let documented: Vec<i32> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" |").next()?.parse().ok())
            .collect();
        let mut codes = vec![0];
        codes.extend(Exit::ALL.map(|exit| exit as i32));
        assert_eq!(documented, codes);
    }
}
