//! What a script may say about a bulk loop: `bulk(rows, #{ … }, |row| …)`.

use rhai::{Array, Dynamic, ImmutableString, Map};

use crate::run::Pace;
use crate::run::bulk::{Limit, Shard};
use crate::run::{Limits, MOST_WORKERS};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::raise::Raised;
use crate::secrets::is_secret;

/// What an option may be called.
pub(crate) const NAMES: [&str; 8] = [
    "empty_keys",
    "key",
    "lane",
    "max_failures",
    "own_rows",
    "rate",
    "redact",
    "workers",
];
/// Rows at once unless somebody says otherwise.
pub(crate) const WORKERS: usize = 8;

/// How to run a bulk loop.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BulkOptions {
    /// The column that tells one row from the others; its number if there is none.
    pub key: Option<ImmutableString>,
    /// Whether rows whose key is empty go by their numbers, instead of being refused.
    pub empty_keys: bool,
    /// The column whose rows keep their order; the key if there is none.
    pub lane: Option<ImmutableString>,
    /// How many rows may be in hand at once.
    pub workers: usize,
    /// How many rows may fail.
    pub max_failures: Option<Limit>,
    /// Whether the script says that its rows come from no list of the server.
    pub own_rows: bool,
    /// How many calls may leave a second.
    pub rate: Option<f64>,
    /// Columns that hold secrets, besides those that are called so. The option itself has no
    /// name of a secret, or the names of the columns were covered like one.
    pub redact: Vec<ImmutableString>,
    /// Which rows are this run's; all of them otherwise.
    pub shard: Option<Shard>,
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            key: None,
            empty_keys: false,
            lane: None,
            workers: WORKERS,
            max_failures: None,
            own_rows: false,
            rate: None,
            redact: Vec::new(),
            shard: None,
        }
    }
}

impl BulkOptions {
    /// Reads a script's map; an option that does not exist is refused.
    pub fn from_map(map: &Map) -> Result<Self, Raised> {
        let mut options = Self::default();
        for (name, value) in map {
            let name = name.as_str();
            match name {
                "empty_keys" => options.empty_keys = truth(name, value)?,
                "key" => {
                    options.key = Some(column(name, value)?);
                }
                "lane" => options.lane = Some(column(name, value)?),
                "max_failures" => options.max_failures = Some(limit(name, value)?),
                "own_rows" => options.own_rows = truth(name, value)?,
                "rate" => options.rate = Some(rate(name, value)?),
                "redact" => options.redact = columns(name, value)?,
                "workers" => options.workers = workers(LOOP, name, value)?,
                _ => {
                    let what = format!("`bulk` has no option `{name}`");
                    return Err(Raised::new("value", what).hint(suggestion(name, NAMES)));
                }
            }
        }
        if let Some(key) = &options.key {
            check_key(key, options.redact.contains(key))?;
        }
        Ok(options)
    }

    /// Refuses a secret column that the rows do not have: the one that is meant would be
    /// written down. Nothing is known of no rows.
    pub fn check_redacted(&self, columns: &[ImmutableString]) -> Result<(), Raised> {
        let mut missing = self.redact.iter().filter(|name| !columns.contains(name));
        match missing.next().filter(|_| !columns.is_empty()) {
            None => Ok(()),
            Some(name) => {
                let what = bad("redact", &format!("names `{name}`, which no row has"));
                let known = columns.iter().map(ImmutableString::as_str);
                Err(what.hint(suggestion(name, known)))
            }
        }
    }

    /// The same options, but for what the user allows on the command line.
    pub fn under(self, limits: &Limits) -> Self {
        Self {
            workers: limits.workers.unwrap_or(self.workers),
            max_failures: limits.max_failures.or(self.max_failures),
            shard: limits.shard,
            ..self
        }
    }
}

/// The loop whose options these are.
const LOOP: &str = "bulk";

fn bad(option: &str, what: &str) -> Raised {
    bad_of(LOOP, option, what)
}

fn bad_of(of: &str, option: &str, what: &str) -> Raised {
    Raised::new("value", format!("the option `{option}` of `{of}` {what}"))
}

fn column(option: &str, value: &Dynamic) -> Result<ImmutableString, Raised> {
    let name = value.clone().into_immutable_string();
    name.map_err(|_| bad(option, "must be the name of a column"))
}

fn columns(option: &str, value: &Dynamic) -> Result<Vec<ImmutableString>, Raised> {
    match value.read_lock::<Array>() {
        Some(names) => names.iter().map(|name| column(option, name)).collect(),
        None => Ok(vec![column(option, value)?]),
    }
}

/// Refuses a column that cannot be the key: keys stand in the journal, in the log and
/// on the screen.
pub(crate) fn check_key(name: &str, holds_secrets: bool) -> Result<(), Raised> {
    if !is_secret(name) && !holds_secrets {
        return Ok(());
    }
    let what = format!("`{name}` cannot be the key: it is secret, and keys are recorded");
    Err(Raised::new("value", what).hint("name another column that identifies rows"))
}

fn truth(option: &str, value: &Dynamic) -> Result<bool, Raised> {
    let truth = value.as_bool();
    truth.map_err(|_| bad(option, "must be `true` or `false`"))
}

/// How many rows of such a loop may be in hand at once.
pub(crate) fn workers(of: &str, option: &str, value: &Dynamic) -> Result<usize, Raised> {
    let number = value
        .as_int()
        .map_err(|_| bad_of(of, option, "must be a whole number"))?;
    match usize::try_from(number) {
        Ok(workers) if (1..=MOST_WORKERS).contains(&workers) => Ok(workers),
        _ => Err(bad_of(of, option, &format!("cannot be {number}"))
            .hint(format!("use 1 (one row at a time) to {MOST_WORKERS}"))),
    }
}

fn limit(option: &str, value: &Dynamic) -> Result<Limit, Raised> {
    let text = match value.clone().into_immutable_string() {
        Ok(text) => text.to_string(),
        Err(_) => value.to_string(),
    };
    text.parse()
        .map_err(|problem| bad(option, &format!("is wrong: {problem}")))
}

fn rate(option: &str, value: &Dynamic) -> Result<f64, Raised> {
    let rate = value.to_string().parse().ok();
    rate.filter(|rate| !value.is_string() && Pace::per_second(*rate).is_some())
        .ok_or_else(|| {
            bad(option, "must be a number of calls per second above zero")
                .hint("for one call every two seconds, write `rate: 0.5`")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::test_engine::TestEngine;

    fn options(map: &str) -> Result<BulkOptions, Raised> {
        BulkOptions::from_map(&TestEngine::new().engine.eval(map).unwrap())
    }

    fn refusal(map: &str) -> String {
        options(map).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let all = "#{ empty_keys: true, key: \"email\", lane: \"account\", max_failures: \"5%\", own_rows: true, rate: 0.5, redact: [\"x\"], workers: 2 }";
        let expected = BulkOptions {
            empty_keys: true,
            key: Some("email".into()),
            lane: Some("account".into()),
            workers: 2,
            max_failures: Some(Limit::Percent(5.0)),
            own_rows: true,
            rate: Some(0.5),
            redact: vec!["x".into()],
            shard: None,
        };
        assert_eq!(options(all).unwrap(), expected);
        assert_eq!(options("#{}").unwrap(), BulkOptions::default());
        let few = options("#{ max_failures: 3, rate: 10 }").unwrap();
        assert_eq!(few.max_failures, Some(Limit::Count(3)));
        assert_eq!(few.rate, Some(10.0));
    }

    #[test]
    fn the_command_line_goes_before_the_script() {
        let limits = Limits {
            workers: Some(3),
            max_failures: Some(Limit::Count(1)),
            ..Limits::default()
        };
        let options = options("#{ workers: 8, rate: 2 }").unwrap();
        let options = options.under(&limits);
        assert_eq!(options.workers, 3);
        assert_eq!(options.max_failures, Some(Limit::Count(1)));
        assert_eq!(options.rate, Some(2.0));
    }

    #[test]
    fn a_wrong_option_is_refused() {
        assert_eq!(refusal("#{ worker: 2 }"), "`bulk` has no option `worker`");
        for workers in ["0", "-1", "1001"] {
            let expected = format!("the option `workers` of `bulk` cannot be {workers}");
            assert_eq!(refusal(&format!("#{{ workers: {workers} }}")), expected);
        }
        assert!(refusal("#{ workers: \"8\" }").contains("must be a whole number"));
        assert!(refusal("#{ key: 1 }").contains("must be the name of a column"));
        assert!(refusal("#{ max_failures: -1 }").contains("`-1` is not a number of rows"));
        assert!(refusal("#{ max_failures: \"many\" }").contains("such as `5%`"));
        for rate in ["0", "-1.0", "\"10\"", "true"] {
            let refusal = refusal(&format!("#{{ rate: {rate} }}"));
            assert!(refusal.contains("a number of calls per second"), "{rate}");
        }
    }
}
