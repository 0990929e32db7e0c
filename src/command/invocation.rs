//! The command lines that are printed: what does a thing, does it again, or goes on with it.
//!
//! The only file that spells an [`Invocation`] out. What it gives can be pasted into a
//! shell and means the same there, whatever stands in it; secrets are covered.

use std::path::Path;

use crate::config::IpVersion;
use crate::run::invocation::{Binding, EachRow, Invocation, ScriptCall, Task};
use crate::run::money::purse::MAX_MONEY;
use crate::run::{
    AT_ONCE, FLEET, Limits, MAX_DELETES, MAX_DOUBTS, NO_MAIL, NO_WAIT, SHARD, STRICT, shell_word,
};

/// The command that does what was asked.
pub(super) fn run_command(asked: &Invocation) -> String {
    line(asked, None)
}

/// The command that does what was asked, held to a plan of it.
pub(super) fn bound_command(asked: &Invocation, plan: &Path) -> String {
    let bind = Binding {
        plan: plan.to_owned(),
        ..Binding::default()
    };
    let bound = Invocation {
        bind: Some(bind),
        ..asked.clone()
    };
    line(&bound, None)
}

/// The command that takes up a run of what was asked.
pub(super) fn resume_command(asked: &Invocation, run: &str) -> String {
    line(asked, Some(run))
}

/// The command that does what was asked on all servers of a list, or goes on with it.
pub(super) fn fleet_command(
    asked: &Invocation,
    (list, name): (&str, &str),
    at_once: usize,
) -> String {
    let mut asked = asked.clone();
    asked.target.profile = Some(list.to_owned());
    let mut more = vec!["--name".to_owned(), name.to_owned()];
    if at_once > 1 {
        more.extend([AT_ONCE.to_owned(), at_once.to_string()]);
    }
    with_options(&asked, &more)
}

/// The command that undoes a run, or goes on undoing it.
pub(super) fn undo_command(run: &str) -> String {
    format!("whmcsh runs undo {}", shell_word(run))
}

/// What follows the script's name on the command line, to be read and not to be pasted.
pub(super) fn arguments(asked: &Invocation) -> String {
    let asked = asked.clone().without_secrets();
    let words = match &asked.task {
        Task::Script(call) => [call.args.clone(), options(&asked)].concat(),
        Task::Each(each) => each_words(each, &asked, &[]),
        Task::Undo(_) => Vec::new(),
    };
    words.join(" ")
}

fn line(asked: &Invocation, resume: Option<&str>) -> String {
    let mut more = Vec::new();
    add(&mut more, "--resume", resume);
    with_options(asked, &more)
}

fn with_options(asked: &Invocation, more: &[String]) -> String {
    let asked = asked.clone().without_secrets();
    let (command, words) = match &asked.task {
        Task::Script(call) => ("run", script_words(call, &asked, more)),
        Task::Each(each) => ("each", each_words(each, &asked, more)),
        // Begun anew it finds what it has done by looking: there is nothing to take up.
        Task::Undo(undo) => return undo_command(&undo.run),
    };
    let words = words.iter().map(|word| shell_word(word));
    let words: Vec<String> = words.collect();
    format!("whmcsh {command} {}", words.join(" "))
}

/// The script first, and what it is given; behind the options and `--` where a word
/// would be taken for one of them.
fn script_words(call: &ScriptCall, asked: &Invocation, more: &[String]) -> Vec<String> {
    let mut own = vec![call.path.display().to_string()];
    own.extend(call.args.iter().cloned());
    let mut options = options(asked);
    options.extend_from_slice(more);
    if own.iter().any(|word| is_like_option(word)) {
        options.push("--".to_owned());
        return [options, own].concat();
    }
    [own, options].concat()
}

fn each_words(each: &EachRow, asked: &Invocation, more: &[String]) -> Vec<String> {
    let mut words = vec![each.file.clone()];
    words.extend(options(asked));
    for (option, value) in [("--where", &each.condition), ("--key", &each.key)] {
        words.extend(value.iter().map(|value| format!("{option}={value}")));
    }
    words.extend(each.sheet.iter().map(|name| format!("--sheet={name}")));
    if each.skip > 0 {
        words.push(format!("--skip={}", each.skip));
    }
    flag(&mut words, "--skip-hidden", each.skip_hidden);
    let as_is = each.as_is.iter().map(|name| ("--as-is", name));
    let encoding = each.encoding.iter().map(|name| ("--encoding", name));
    let delimiter = each.delimiter.iter().map(|text| ("--delimiter", text));
    words.extend(
        encoding
            .chain(delimiter)
            .chain(as_is)
            .map(|(option, value)| format!("{option}={value}")),
    );
    flag(&mut words, "--skip-empty", each.skip_empty);
    words.extend_from_slice(more);
    words.extend(["--".to_owned(), each.action.clone()]);
    words.extend(each.params.iter().cloned());
    words
}

/// The options that every script has.
///
/// What confirms a production server is none of them, and what snapshots are taken the
/// run itself remembers.
fn options(asked: &Invocation) -> Vec<String> {
    let (target, limits) = (&asked.target, &asked.limits);
    let mut words = Vec::new();
    flag(&mut words, "--sandbox", target.sandbox);
    let config = target.config.as_ref().map(|file| file.display());
    add(&mut words, "--config", config);
    let profile = if target.fleet.is_empty() {
        "--profile"
    } else {
        FLEET
    };
    add(&mut words, profile, target.profile.as_ref());
    match target.ip {
        Some(IpVersion::V4) => flag(&mut words, "--ipv4", true),
        Some(IpVersion::V6) => flag(&mut words, "--ipv6", true),
        None => {}
    }
    flag(&mut words, "--allow-unknown", target.allow_unknown);
    for name in &target.allow {
        add(&mut words, "--allow", Some(name));
    }
    let log = target.log.as_ref().map(|file| file.display());
    add(&mut words, "--log", log);
    add_limits(&mut words, limits);
    for name in &asked.allow_env {
        add(&mut words, "--allow-env", Some(name));
    }
    if let Some(bind) = &asked.bind {
        add(&mut words, "--bind", Some(bind.plan.display()));
        flag(&mut words, "--approved", bind.approved);
    }
    words
}

fn add_limits(words: &mut Vec<String>, limits: &Limits) {
    add(words, "--workers", limits.workers);
    add(words, "--rate", limits.rate);
    add(words, "--max-failures", limits.max_failures);
    add(words, "--max-writes", limits.max_writes);
    let deletes = limits.max_deletes.filter(|most| *most != MAX_DELETES);
    add(words, "--max-deletes", deletes);
    for most in &limits.max_money {
        add(words, MAX_MONEY, Some(most));
    }
    let doubts = limits.max_doubts.filter(|most| *most != MAX_DOUBTS);
    add(words, "--max-doubts", doubts);
    add(words, SHARD, limits.shard);
    add(words, AT_ONCE, limits.at_once);
    flag(words, NO_MAIL, limits.no_mail);
    flag(words, NO_WAIT, limits.no_wait);
    flag(words, STRICT, limits.strict);
}

fn flag(words: &mut Vec<String>, option: &str, is_set: bool) {
    if is_set {
        words.push(option.to_owned());
    }
}

/// An option with its value, in one word where the value would be taken for another.
fn add(words: &mut Vec<String>, option: &str, value: Option<impl ToString>) {
    let Some(value) = value.map(|value| value.to_string()) else {
        return;
    };
    if is_like_option(&value) {
        words.push(format!("{option}={value}"));
    } else {
        words.extend([option.to_owned(), value]);
    }
}

/// Whether a word would be taken for an option; a mere `-` is none.
fn is_like_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::process::Command;

    use super::*;
    use crate::run::invocation::Target;

    fn script(path: &str, args: &[&str]) -> Invocation {
        Invocation {
            task: Task::Script(ScriptCall {
                path: path.into(),
                args: args.iter().map(ToString::to_string).collect(),
            }),
            ..Invocation::default()
        }
    }

    /// The words that a shell makes of a line, without the program's name.
    fn as_a_shell_reads(line: &str) -> Vec<String> {
        let words = line.strip_prefix("whmcsh ").unwrap();
        let printed = Command::new("sh")
            .args(["-c", &format!("printf '%s\\0' {words}")])
            .output()
            .unwrap();
        let text = String::from_utf8(printed.stdout).unwrap();
        let mut words: Vec<String> = text.split('\0').map(str::to_owned).collect();
        assert_eq!(words.pop().as_deref(), Some(""));
        words
    }

    const ODD: [&str; 12] = [
        "a b",
        "it's",
        "\"quoted\"",
        "$HOME `id` $(id)",
        "two\nlines\n",
        "",
        "\\",
        "*?[x] {a,b}",
        "~/file",
        "#1; rm -rf & | > <",
        "Köln\t!",
        "-",
    ];

    #[test]
    fn every_word_survives_a_shell() {
        let words = as_a_shell_reads(&run_command(&script("my script.rhai", &ODD)));
        assert_eq!(words[..2], ["run", "my script.rhai"]);
        assert_eq!(words[2..], ODD);
    }

    #[test]
    fn words_like_options_stand_behind_them() {
        let mut asked = script("a.rhai", &["rows.csv", "--no-mail", "-5", "--"]);
        asked.limits.max_writes = Some(3);
        let words = as_a_shell_reads(&resume_command(&asked, "2026-11-26-a"));
        assert_eq!(
            words.join(" "),
            "run --max-writes 3 --resume 2026-11-26-a -- a.rhai rows.csv --no-mail -5 --"
        );
        let words = as_a_shell_reads(&run_command(&script("-a.rhai", &[])));
        assert_eq!(words, ["run", "--", "-a.rhai"]);
    }

    #[test]
    fn values_like_options_stay_values() {
        let asked = Invocation {
            target: Target {
                profile: Some("--sandbox".into()),
                log: Some("-calls.log".into()),
                ..Target::default()
            },
            allow_env: ["-X".to_owned()].into(),
            ..script("a.rhai", &[])
        };
        assert_eq!(
            run_command(&asked),
            "whmcsh run a.rhai --profile=--sandbox --log=-calls.log --allow-env=-X"
        );
    }

    #[test]
    fn everything_is_said_again_in_the_words_that_set_it() {
        let asked = Invocation {
            target: Target {
                config: Some("own.toml".into()),
                profile: Some("main".into()),
                fleet: Vec::new(),
                ip: Some(IpVersion::V4),
                sandbox: true,
                allow_unknown: true,
                allow: vec!["AddOrder.pid".into()],
                log: Some("calls.log".into()),
            },
            limits: Limits {
                workers: Some(3),
                rate: "600/m".parse().ok(),
                max_failures: "2.5%".parse().ok(),
                max_writes: Some(100),
                max_deletes: Some(20),
                max_money: vec!["100.00 EUR".parse().unwrap()],
                max_doubts: Some(3),
                no_mail: true,
                no_wait: true,
                strict: true,
                shard: "2/8".parse().ok(),
                at_once: NonZeroU64::new(4),
            },
            allow_env: ["A", "B"].map(str::to_owned).into(),
            ..script("a.rhai", &["x", "password=hunter2"])
        };
        let options = |money: &str| {
            format!(
                "--sandbox --config own.toml --profile main --ipv4 --allow-unknown --allow AddOrder.pid \
                       --log calls.log --workers 3 --rate 600/m --max-failures 2.5% \
                       --max-writes 100 --max-deletes 20 --max-money {money} --max-doubts 3 --shard 2/8 --at-once 4 --no-mail --no-wait --strict \
                       --allow-env A --allow-env B"
            )
        };
        assert_eq!(
            run_command(&asked),
            format!(
                "whmcsh run a.rhai x 'password=…' {}",
                options("'100.00 EUR'")
            )
        );
        assert_eq!(
            arguments(&asked),
            format!("x password=… {}", options("100.00 EUR"))
        );
        let usual = Limits {
            max_deletes: Some(MAX_DELETES),
            max_doubts: Some(MAX_DOUBTS),
            ..Limits::default()
        };
        let usual = Invocation {
            limits: usual,
            ..script("a.rhai", &[])
        };
        assert_eq!(run_command(&usual), "whmcsh run a.rhai");
    }

    #[test]
    fn the_run_to_take_up_is_named_before_the_call() {
        let asked = Invocation {
            task: Task::Each(EachRow {
                file: "my rows.csv".into(),
                condition: Some("a == \"it's\"".into()),
                key: Some(String::new()),
                sheet: Some("May 1".into()),
                skip: 2,
                skip_hidden: true,
                encoding: Some("windows-1250".into()),
                delimiter: Some(";".into()),
                as_is: vec!["a b".into(), "c".into()],
                skip_empty: true,
                action: "AddClient".into(),
                params: ODD.iter().map(|odd| format!("notes={odd}")).collect(),
            }),
            ..Invocation::default()
        };
        let words = as_a_shell_reads(&resume_command(&asked, "2026-11-26-each"));
        let (before, params) = words.split_at(words.len() - ODD.len());
        assert_eq!(
            before,
            [
                "each",
                "my rows.csv",
                "--where=a == \"it's\"",
                "--key=",
                "--sheet=May 1",
                "--skip=2",
                "--skip-hidden",
                "--encoding=windows-1250",
                "--delimiter=;",
                "--as-is=a b",
                "--as-is=c",
                "--skip-empty",
                "--resume",
                "2026-11-26-each",
                "--",
                "AddClient"
            ]
        );
        let said: Vec<&str> = params
            .iter()
            .map(|param| &param["notes=".len()..])
            .collect();
        assert_eq!(said, ODD);
    }
}
