//! The file of a plan, read so that a run can be held to it.
//!
//! Its format is that of `plan --json`: an object whose rows stand one a line, behind
//! them the digest of all that comes before, and last who approved it. A change of any
//! byte before the digest is found. Whoever changes the digest as well is not: it is a
//! checksum, no signature.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::files::reason;
use crate::run::invocation::Invocation;
use crate::run::journal::Input;

/// The version of the format; plans of 0.1.0 have none, and those of version 1 do not say
/// which secrets are set, what a day is reckoned from, or which record an id is of.
pub const VERSION: u64 = 2;

/// A line longer than this is none of a plan's.
const LONGEST: u64 = 256 << 20;

/// What stands before the rows of a plan, and what behind them.
const ROWS: &[u8] = b"  \"rows\": [";
/// What some editors put before everything else.
const BOM: &[u8] = b"\xef\xbb\xbf";

const DIGEST: &str = "  \"digest\": ";

/// What a plan was made of, and so a run is that does it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MadeOf {
    /// What was asked, without the secrets among its arguments.
    pub invocation: Invocation,
    /// The SHA-256 of the script, in hexadecimal.
    pub script_hash: String,
    /// The modules it imports.
    pub modules: Vec<Input>,
    /// The files it read.
    pub files: Vec<Input>,
    /// The servers it spoke to, its own first: their names, and where they are.
    pub servers: Vec<(String, String)>,
}

/// Who approved a plan.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The name that was given; nobody checks it.
    pub by: String,
    /// When.
    pub at: String,
    /// The digest of the plan as it was then.
    pub digest: String,
}

/// What stands behind the rows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tail {
    digest: String,
    #[serde(default)]
    approved: Vec<Approval>,
}

/// A file that no run can be held to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct NoPlan {
    /// Why.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Where a row stands in the file.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Its first byte.
    pub start: u64,
    /// How many there are.
    pub length: u32,
}

/// A plan whose digest is that of what stands in it.
#[derive(Debug)]
pub struct PlanFile {
    /// Its path as it was given.
    pub path: PathBuf,
    file: File,
    /// What it was made of.
    pub made_of: MadeOf,
    /// The day that the run's clock said then, if the script asked.
    pub today: Option<Date>,
    /// Why the script did not come to its end, where it did not.
    pub error: Option<String>,
    /// What tells it from others.
    pub digest: String,
    /// Who approved it, as it is or as it was before.
    pub approved: Vec<Approval>,
    /// Where the part ends that the digest is of.
    pub end: u64,
}

impl PlanFile {
    /// Reads a plan, and hands on its rows with their places.
    pub fn read(
        path: &Path,
        mut row: impl FnMut(Line, &Map<String, Value>),
    ) -> Result<Self, NoPlan> {
        let unread = |error: &io::Error| NoPlan {
            what: format!(
                "cannot read the plan `{}`: {}",
                path.display(),
                reason(error)
            ),
            hint: Some("make it with `whmcsh plan … --out FILE`".to_owned()),
        };
        let file = File::open(path).map_err(|error| unread(&error))?;
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Err(not_a_plan(path));
        }
        let mut lines = Lines::new(&file);
        let head = head(path, &mut lines, unread)?;
        let mut is_odd = false;
        let is_whole = loop {
            let start = lines.end;
            let Some(line) = lines.next().map_err(|error| unread(&error))? else {
                break false;
            };
            if line.starts_with(b"  ]") {
                lines.hash.update(&b"  ]"[..]);
                break true;
            }
            let text = line
                .trim_ascii()
                .strip_suffix(b",")
                .unwrap_or(line.trim_ascii());
            let place = Line {
                start: start + (line.len() - line.trim_ascii_start().len()) as u64,
                length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            };
            match serde_json::from_slice::<Map<String, Value>>(text) {
                Ok(entry) => row(place, &entry),
                Err(_) => is_odd = true,
            }
            lines.keep();
        };
        if !is_whole {
            return Err(cut_off(path));
        }
        let end = lines.end - lines.line.len() as u64 + 3;
        let mut rest = Vec::new();
        while let Some(line) = lines.next().map_err(|error| unread(&error))? {
            rest.extend_from_slice(line);
        }
        let Some(tail) = tail(&rest) else {
            let is_cut = !rest.ends_with(b"}\n");
            return Err(if is_cut { cut_off(path) } else { changed(path) });
        };
        if tail.digest != hex(&lines.hash.finalize()) || is_odd {
            return Err(changed(path));
        }
        let made_of = serde_json::from_value(head["made_of"].clone());
        Ok(Self {
            path: path.to_owned(),
            made_of: made_of.map_err(|_| changed(path))?,
            today: head["today"].as_str().and_then(|day| day.parse().ok()),
            error: error(&head["error"]),
            digest: tail.digest,
            approved: tail.approved,
            end,
            file,
        })
    }

    /// A row, read again.
    pub fn row(&mut self, line: Line) -> Option<Map<String, Value>> {
        let mut bytes = vec![0; line.length as usize];
        self.file.seek(SeekFrom::Start(line.start)).ok()?;
        self.file.read_exact(&mut bytes).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The bytes behind the rows, with those approvals.
    pub fn tail(&self, approved: &[Approval]) -> String {
        tail_text(&self.digest, approved)
    }
}

/// What stands behind the rows of a plan.
pub fn tail_text(digest: &str, approved: &[Approval]) -> String {
    let mut text = format!(",\n{DIGEST}\"{digest}\"");
    let lines: Vec<String> = approved
        .iter()
        .filter_map(|approval| serde_json::to_string(approval).ok())
        .map(|line| format!("\n    {line}"))
        .collect();
    if !lines.is_empty() {
        text = format!("{text},\n  \"approved\": [{}\n  ]", lines.join(","));
    }
    text.push_str("\n}\n");
    text
}

/// A digest in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn tail(rest: &[u8]) -> Option<Tail> {
    let text = std::str::from_utf8(rest).ok()?;
    serde_json::from_str(&format!("{{{text}")).ok()
}

/// What stands before the rows, of a plan of this version.
fn head(
    path: &Path,
    lines: &mut Lines,
    unread: impl Fn(&io::Error) -> NoPlan,
) -> Result<Value, NoPlan> {
    let mut text = Vec::new();
    loop {
        let Some(line) = lines.next().map_err(|error| unread(&error))? else {
            return Err(match &text[..] {
                [] => NoPlan {
                    what: format!("the plan `{}` is empty", path.display()),
                    ..not_a_plan(path)
                },
                text if is_whole_plan(text) => changed(path),
                text if text.starts_with(b"{\n  \"") && !text.ends_with(b"}\n") => cut_off(path),
                _ => not_a_plan(path),
            });
        };
        if line.trim_ascii_end() == ROWS {
            lines.keep();
            break;
        }
        let begins = line.strip_prefix(BOM).unwrap_or(line).trim_ascii_start();
        if text.is_empty() && !begins.starts_with(b"{") || text.len() as u64 > LONGEST {
            return Err(not_a_plan(path));
        }
        text.extend_from_slice(line);
        lines.keep();
    }
    text.extend_from_slice(b"\"rows\": []}");
    let head: Value = serde_json::from_slice(&text).map_err(|_| {
        if text.starts_with(BOM) {
            changed(path)
        } else {
            not_a_plan(path)
        }
    })?;
    if head["digest"].is_string() {
        // A plan has it behind its rows; something else has put it before them.
        return Err(changed(path));
    }
    match &head["version"] {
        Value::Number(version) if version.as_u64() == Some(VERSION) => Ok(head),
        Value::Null if head["command"].is_string() => Err(NoPlan {
            what: format!(
                "the plan `{}` was made by whmcsh 0.1.0, which recorded too little to bind a run \
                 to it",
                path.display()
            ),
            hint: Some("make it again with this version".to_owned()),
        }),
        Value::Number(version) if version.as_u64() < Some(VERSION) => Err(NoPlan {
            what: format!(
                "the plan `{}` has version {version} of the format, which says too little to bind \
                 a run to it; this whmcsh reads {VERSION}",
                path.display()
            ),
            hint: Some("make it again with this version".to_owned()),
        }),
        Value::Number(version) => Err(NoPlan {
            what: format!(
                "the plan `{}` has version {version} of the format, and this whmcsh reads \
                 {VERSION}",
                path.display()
            ),
            hint: Some("use the version of whmcsh that made it, or make it again".to_owned()),
        }),
        _ => Err(not_a_plan(path)),
    }
}

/// Whether a text is a plan as another program writes it: with other spaces, or in another
/// order.
fn is_whole_plan(text: &[u8]) -> bool {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let Ok(whole) = serde_json::from_slice::<Map<String, Value>>(text) else {
        return false;
    };
    let has = |name| whole.get(name).is_some_and(Value::is_string);
    has("digest") && has("command") && whole.get("rows").is_some_and(Value::is_array)
}

fn not_a_plan(path: &Path) -> NoPlan {
    NoPlan {
        what: format!("`{}` is not a plan", path.display()),
        hint: Some("make one with `whmcsh plan … --out FILE`".to_owned()),
    }
}

fn cut_off(path: &Path) -> NoPlan {
    NoPlan {
        what: format!(
            "the plan `{}` is cut off: its end is missing",
            path.display()
        ),
        hint: Some("copy it again, or make it again with `whmcsh plan … --out FILE`".to_owned()),
    }
}

fn changed(path: &Path) -> NoPlan {
    NoPlan {
        what: format!(
            "the plan `{}` was changed after it was made",
            path.display()
        ),
        hint: Some(
            "a plan cannot be edited: change the script or its rows, and make it again".to_owned(),
        ),
    }
}

/// The lines of a file with the digest of those that are taken into it.
struct Lines<'f> {
    reader: BufReader<&'f File>,
    hash: Sha256,
    line: Vec<u8>,
    end: u64,
}

impl<'f> Lines<'f> {
    fn new(file: &'f File) -> Self {
        Self {
            reader: BufReader::with_capacity(1 << 16, file),
            hash: Sha256::new(),
            line: Vec::new(),
            end: 0,
        }
    }

    /// The next line with its end.
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut line = (&mut self.reader).take(LONGEST);
        let length = line.read_until(b'\n', &mut self.line)?;
        self.end += length as u64;
        Ok((length > 0).then_some(&self.line[..]))
    }

    /// Takes the last line into the digest.
    fn keep(&mut self) {
        self.hash.update(&self.line);
    }
}

/// What stopped the script: the words of an error, or text, as plans were written first.
fn error(error: &Value) -> Option<String> {
    let words = error["message"].as_str().or(error.as_str());
    words.map(str::to_owned)
}
