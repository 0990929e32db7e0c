//! The report of several runs that are one task: its shards, or whatever belongs together.
//!
//! One page with one set of counts: what failed and what is in doubt in any of them, and
//! which shards are missing or not finished. Every row stands in the report of its own run.

use std::path::Path;

use super::account::Account;
use super::escape::{Add as _, Text, counted, fact, number};
use super::{Words, Written, actions, common, fill, head, outcome, timeline, title, trouble};
use crate::run;
use crate::run::journal::{Counts, Head, JournalError, Reading, State};
use crate::run::outputs::{Draft, OutputError};

/// One of the runs.
pub struct Part<'r> {
    /// What its journal holds.
    pub reading: &'r Reading,
    /// Its command line.
    pub words: Words,
}

/// The runs of one task.
pub struct Joint<'r> {
    /// What they are called together.
    pub name: String,
    /// Those that can be read.
    pub parts: Vec<Part<'r>>,
    /// The shards that no run here is of.
    pub missing: Vec<String>,
    /// Those that cannot be read, and why.
    pub unreadable: Vec<(String, String)>,
}

/// Writes the report of the runs in that file, in place of an earlier one.
pub fn write(path: &Path, joint: &Joint) -> Result<Written, OutputError> {
    let accounts = joint.parts.iter().map(|part| {
        part.reading.hold()?;
        Account::count_up(part.reading)
    });
    let accounts = accounts.collect::<Result<Vec<Account>, JournalError>>()?;
    let each: Vec<Counts> = accounts.iter().map(|account| account.counts).collect();
    let doubts = joint.parts.iter().zip(&accounts);
    let doubts: String = doubts.map(|(part, account)| part.doubts(account)).collect();
    let account = accounts
        .into_iter()
        .reduce(Account::and)
        .unwrap_or_default();
    let whole = Whole {
        joint,
        each,
        doubts,
        account,
    };
    let mut draft = Draft::create(path.to_owned())?;
    fill(&mut draft, |name| whole.part(name), |_| Ok(()))?;
    Ok(Written {
        path: draft.publish()?,
        counts: whole.account.counts,
    })
}

impl Part<'_> {
    fn name(&self) -> String {
        let folder = self.reading.folder().file_name().unwrap_or_default();
        folder.to_string_lossy().into_owned()
    }

    fn head(&self) -> &Head {
        self.reading.head()
    }

    fn doubts(&self, account: &Account) -> String {
        let resume = self.words.resume.as_deref();
        let state = self.reading.state();
        let html = trouble::doubts(account, self.head(), state, &self.name(), resume);
        // Each has its own, and a page has one of a name.
        html.replacen(" id=\"doubt\"", "", 1)
    }
}

/// The runs, and what they came to together.
struct Whole<'j> {
    joint: &'j Joint<'j>,
    each: Vec<Counts>,
    doubts: String,
    account: Account,
}

impl Whole<'_> {
    /// What stands in the template under that name.
    fn part(&self, name: &str) -> String {
        let account = &self.account;
        let state = self.state();
        match name {
            "kind" => format!(
                "report of {}",
                counted(self.joint.parts.len() as u64, "run")
            ),
            "run" => Text(&self.joint.name).to_string(),
            "of" => format!("the journals of {}", self.names()),
            "title" => Text(&self.title()).to_string(),
            "state" => state.word().to_owned(),
            "class" => head::class(state).to_owned(),
            "verdict" => Text(&self.verdict(state)).to_string(),
            "facts" => self.facts(),
            "passes" => self.runs(),
            "outcome" => outcome::shares(account, state == State::Running),
            "doubts" => self.doubts.clone(),
            "failures" => trouble::failures(account),
            "timeline" => timeline::charts(account),
            "actions" => actions::table(account),
            "tables" => self.rows(),
            name => common(name, account),
        }
    }

    /// The gravest state of any; that of a run that is to be continued where one is missing.
    fn state(&self) -> State {
        let states: Vec<State> = self
            .joint
            .parts
            .iter()
            .map(|part| part.reading.state())
            .collect();
        let gravest = [
            State::InDoubt,
            State::Running,
            State::Interrupted,
            State::Stopped,
            State::Failed,
        ];
        let is_whole = self.joint.missing.is_empty() && self.joint.unreadable.is_empty();
        let is_of_any = |state: &State| states.contains(state);
        match gravest.into_iter().find(is_of_any) {
            Some(state) => state,
            None if is_whole => State::Done,
            None => State::Interrupted,
        }
    }

    fn verdict(&self, state: State) -> String {
        let mut verdict = head::verdict(&self.account, state);
        let missing = &self.joint.missing;
        if !missing.is_empty() {
            verdict.add(format_args!(" Not begun here: {}.", missing.join(", ")));
        }
        for (run, why) in &self.joint.unreadable {
            verdict.add(format_args!(
                " Run {run} cannot be read and is not counted: {why}."
            ));
        }
        verdict
    }

    fn names(&self) -> String {
        let names = self.joint.parts.iter().map(Part::name);
        let names: Vec<String> = names
            .map(|name| format!("<code>{}</code>", Text(&name)))
            .collect();
        names.join(", ")
    }

    fn title(&self) -> String {
        self.distinct(|head| title(&head.script()))
    }

    /// What the runs have in common, or all that they have.
    fn distinct(&self, of: impl Fn(&Head) -> String) -> String {
        let mut all: Vec<String> = Vec::new();
        for value in self.joint.parts.iter().map(|part| of(part.head())) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        all.join(", ")
    }

    fn facts(&self) -> String {
        let mut html = String::new();
        fact(&mut html, "Name", &self.joint.name);
        fact(&mut html, "Script", &self.distinct(Head::script));
        fact(
            &mut html,
            "Server",
            &self.distinct(|head| head.host.clone()),
        );
        fact(
            &mut html,
            "Profile",
            &self.distinct(|head| head.profile.clone()),
        );
        fact(
            &mut html,
            "Mode",
            &self.distinct(|head| head::mode(head).to_owned()),
        );
        fact(
            &mut html,
            "whmcsh",
            &self.distinct(|head| head.version.clone()),
        );
        html
    }

    /// The runs one by one, with the command that continues each.
    fn runs(&self) -> String {
        let mut parts = self.joint.parts.iter();
        let is_server = |part: &Part| matches!(part.head().invocation.part(), run::Part::Server(_));
        let part = if parts.any(is_server) {
            "profile"
        } else {
            "shard"
        };
        let mut html = format!(
            "<table class=\"plain\"><caption>Runs</caption><thead><tr><th>{part}</th><th>run</th>\
             <th>state</th><th class=\"num\">done</th><th class=\"num\">failed</th>\
             <th class=\"num\">in doubt</th><th class=\"num\">writes</th><th>on</th></tr></thead><tbody>",
        );
        for (part, counts) in self.joint.parts.iter().zip(&self.each) {
            let head = part.head();
            let own = head.invocation.part().to_string();
            let on = [&head.machine, &head.user].map(|word| word.as_deref().unwrap_or_default());
            html.add(format_args!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>\
                 <td class=\"num\">{}</td><td class=\"num\">{}</td><td>{}</td></tr>",
                Text(&own),
                Text(&part.name()),
                part.reading.state().word(),
                number(counts.done),
                number(counts.failed),
                number(counts.in_doubt.max(counts.writes_in_doubt)),
                number(counts.writes),
                Text(on.join(" ").trim())
            ));
        }
        for shard in &self.joint.missing {
            html.add(format_args!(
                "<tr><td>{}</td><td></td><td>not begun here</td><td></td><td></td><td></td><td></td><td></td></tr>",
                Text(shard)
            ));
        }
        html.push_str("</tbody></table>");
        let resumed = self.joint.parts.iter();
        let resumed = resumed.filter_map(|part| part.words.resume.as_deref());
        html.extend(resumed.map(|resume| trouble::command("resume", resume)));
        html
    }

    /// Where every row is.
    fn rows(&self) -> String {
        let parts = self.joint.parts.iter().map(Part::name);
        let commands =
            parts.map(|run| trouble::command("rows", &format!("whmcsh runs report {run}")));
        format!(
            "<section><h2>Rows</h2><p class=\"note\">Each row is in the report of its own run and \
             in its results.csv.</p>{}</section>",
            commands.collect::<String>()
        )
    }
}
