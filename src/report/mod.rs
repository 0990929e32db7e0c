//! The report of a run: one page of HTML that needs nothing but itself.
//!
//! It is made of the journal alone. What a reader must know stands in the page as
//! it is; only the tables one searches need the page's script. The page loads
//! nothing and connects to nowhere: its own policy forbids it to.

mod account;
mod actions;
mod alike;
mod escape;
mod head;
mod joint;
mod lines;
mod moment;
mod outcome;
mod row_status;
mod rows;
mod tables;
mod timeline;
mod trouble;
mod writes;

pub use escape::Text as Escaped;
pub use joint::{Joint, Part, write as write_joint};

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::run::journal::{Counts, Reading, State};
use crate::run::outputs::{Draft, OutputError};
use account::Account;
use escape::Text;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A report that was written.
#[derive(Debug)]
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// How many rows ended how, and how many writes.
    pub counts: Counts,
}

/// The command line of a run, as the command layer spells it out.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// What follows the script's name, without secrets.
    pub arguments: String,
    /// The command that takes the run up again, where there is something to continue.
    pub resume: Option<String>,
}

/// Writes the report of a run in that file, in place of an earlier one.
pub fn write(path: &Path, reading: &Reading, words: &Words) -> Result<Written, OutputError> {
    reading.hold()?;
    let account = Account::count_up(reading)?;
    let name = reading.folder().file_name().unwrap_or_default();
    let page = Page {
        run: name.to_string_lossy().into_owned(),
        account: &account,
        reading,
        words,
    };
    let mut draft = Draft::create(path.to_owned())?;
    fill(
        &mut draft,
        |name| page.part(name),
        |draft| tables::write(page.account, page.reading, draft),
    )?;
    Ok(Written {
        path: draft.publish()?,
        counts: account.counts,
    })
}

struct Page<'p> {
    run: String,
    account: &'p Account,
    reading: &'p Reading,
    words: &'p Words,
}

/// Fills in the template; what was filled in is not looked at again.
fn fill(
    draft: &mut Draft,
    part: impl Fn(&str) -> String,
    data: impl Fn(&mut Draft) -> Result<(), OutputError>,
) -> Result<(), OutputError> {
    for (place, text) in PAGE.split("{{").enumerate() {
        let Some((name, after)) = text.split_once("}}").filter(|_| place > 0) else {
            draft.put(text)?;
            continue;
        };
        match name {
            "data" => data(draft)?,
            name => draft.put(&part(name))?,
        }
        draft.put(after)?;
    }
    Ok(())
}

/// What stands in every page, under that name.
fn common(name: &str, account: &Account) -> String {
    match name {
        "policy" => policy(),
        "style" => STYLE.to_owned(),
        "script" => SCRIPT.to_owned(),
        "made" => Text(&account.zone.full(moment::now())).to_string(),
        "version" => env!("CARGO_PKG_VERSION").to_owned(),
        _ => String::new(),
    }
}

impl Page<'_> {
    /// What stands in the template under that name.
    fn part(&self, name: &str) -> String {
        let (account, head) = (self.account, self.reading.head());
        let state = self.reading.state();
        let resume = self.words.resume.as_deref();
        let text = |text: &str| Text(text).to_string();
        match name {
            "kind" => "report of a run".to_owned(),
            "of" => format!("the journal of run <code>{}</code>", Text(&self.run)),
            "run" => text(&self.run),
            "title" => text(&title(&head.script())),
            "host" => text(&head.host),
            "state" => state.word().to_owned(),
            "class" => head::class(state).to_owned(),
            "mode" if head.is_rehearsal() => "<span class=\"badge mode\">sandbox</span>".to_owned(),
            "verdict" => text(&head::verdict(account, state)),
            // Where writes are in doubt it stands with what to do about them.
            "resume" if account.counts.writes_in_doubt > 0 => String::new(),
            "resume" => {
                resume.map_or_else(String::new, |resume| trouble::command("resume", resume))
            }
            "facts" => head::facts(account, self.reading, &self.run, &self.words.arguments),
            "passes" => head::passes(account, state),
            "outcome" => outcome::shares(account, state == State::Running),
            "doubts" => trouble::doubts(account, head, state, &self.run, resume),
            "failures" => trouble::failures(account),
            "timeline" => timeline::charts(account),
            "actions" => actions::table(account),
            "kept" => self.kept(),
            "tables" => tables::places(account),
            name => common(name, account),
        }
    }

    /// Where to find records that were ended, and kept as they were.
    fn kept(&self) -> String {
        match self.account.kept {
            0 => String::new(),
            kept => format!(
                "<p class=\"note\">{} that the run ended or removed {} saved in the journal: \
                 <code>whmcsh runs undo {} --dry-run --json</code></p>",
                escape::counted(kept, "record"),
                if kept == 1 { "is" } else { "are" },
                Text(&self.run)
            ),
        }
    }
}

/// The name of a script without its folder and its ending.
fn title(script: &str) -> String {
    let stem = Path::new(script).file_stem();
    let stem = stem.and_then(|stem| stem.to_str()).unwrap_or(script);
    stem.to_owned()
}

/// What the page may do: show itself, in the style and with the script it came with.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_and_the_script_stay_in_their_elements() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        for (element, text) in [("style", "{{style}}"), ("script", "{{script}}")] {
            // The policy knows them by every letter between the tags.
            assert!(PAGE.contains(&format!("<{element}>{text}</{element}>")));
        }
    }

    #[test]
    fn the_page_names_no_other_place() {
        for text in [PAGE, STYLE, SCRIPT] {
            for word in [
                "http:",
                "https:",
                "//cdn",
                "url(",
                "@import",
                "import(",
                "fetch(",
                "innerHTML",
            ] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
