//! The guide is true: its files are written, its commands run, its screens compared.
//!
//! A chapter is gone through from top to bottom in one folder. A block of code
//! with a name is a file; `rhai` without one is run; `toml` without one is added to
//! the configuration; each line of `sh` must succeed; of `console`, `$ command` is run and must say what is shown, where
//! `…` stands for anything.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::recipes::recipes;
use crate::support::{Desk, Sandbox, repository};

/// The day the guide takes for today.
const TODAY: &str = "2026-11-24";

/// A block of a chapter.
struct Block {
    language: String,
    /// The file it is.
    name: Option<String>,
    text: String,
}

/// The text of a chapter.
pub fn chapter(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs").join(name)).unwrap()
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let (language, name) = match info.split_once(' ') {
            Some((language, name)) => (language, Some(name.to_owned())),
            None => (info, None),
        };
        let inner = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(Block {
            language: language.to_owned(),
            name,
            text: inner.flat_map(|line| [line, "\n"]).collect(),
        });
    }
    blocks
}

/// A reader at work: a folder, two servers, and what a chapter has said so far.
struct Reader {
    main: Sandbox,
    old: Sandbox,
    desk: Desk,
    today: String,
}

impl Reader {
    fn new() -> Self {
        let main = Sandbox::start();
        let old = Sandbox::with(&["--clients", "9", "--seed", "9"]);
        let desk = main.desk();
        old.desk();
        let scripts = desk.folder().join("scripts");
        std::os::unix::fs::symlink(repository().join("scripts"), scripts).unwrap();
        let sheet = repository().join("tests/cli/fixtures/clients.xlsx");
        desk.file("clients.xlsx", std::fs::read(sheet).unwrap());
        Self {
            main,
            old,
            desk,
            today: jiff::ZonedDateTime::now().date().to_string(),
        }
    }

    /// The chapter's words, with what is real here for what it speaks of.
    fn here(&self, text: &str) -> String {
        text.replace("https://billing.example.com", &self.main.url)
            .replace("https://old.example.com", &self.old.url)
            .replace("billing.example.com", self.main.host())
            .replace("YOUR_IDENTIFIER", "sandbox")
            .replace("cargo run --release -- ", "whmcsh ")
            .replace("pass show whmcs", "echo sandbox")
            .replace(TODAY, &self.today)
    }

    /// What a line of a shell says on both outputs, and its exit code.
    fn shell(&self, line: &str) -> (String, Option<i32>) {
        let binary = Path::new(env!("CARGO_BIN_EXE_whmcsh")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{}", self.here(line))])
            .current_dir(self.desk.folder())
            .env_clear()
            .envs(self.desk.environment())
            .env("HOME", self.desk.folder())
            .env("PATH", format!("{}:{path}", binary.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The secret, for whoever asks for it.
        let mut input = child.stdin.take().unwrap();
        let _ = std::io::Write::write_all(&mut input, b"sandbox\n");
        drop(input);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (said, output.status.code())
    }

    fn read(&self, chapter: &str, block: &Block) {
        if let Some(name) = &block.name {
            let path = self.desk.file(name, self.here(&block.text));
            if name.ends_with("config.toml") {
                let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                std::fs::set_permissions(path, only_ours).unwrap();
            }
            return;
        }
        match block.language.as_str() {
            "rhai" => {
                self.desk.file("block.rhai", &block.text);
                self.succeeds(chapter, "whmcsh run block.rhai");
            }
            "sh" => {
                for line in block.text.replace("\\\n", "").lines() {
                    self.succeeds(chapter, line);
                }
            }
            "toml" => {
                let path = self.desk.folder().join(".config/whmcsh/config.toml");
                let written = std::fs::read_to_string(&path).unwrap();
                std::fs::write(path, written + "\n" + &block.text).unwrap();
            }
            "console" => {
                let text = format!("\n{}", block.text.replace("\\\n", ""));
                for step in text.split("\n$ ").skip(1) {
                    let (line, shown) = step.split_once('\n').unwrap();
                    let (said, _) = self.shell(line);
                    let shown = self.here(shown);
                    assert!(
                        is_shown(&said, &shown),
                        "{chapter}: {line}\nshown:\n{shown}\nsaid:\n{said}"
                    );
                }
            }
            "text" => {}
            other => panic!("{chapter}: nobody knows what to do with `{other}`"),
        }
    }

    fn succeeds(&self, chapter: &str, line: &str) {
        let (said, code) = self.shell(line);
        assert_eq!(code, Some(0), "{chapter}: {line}\n{said}");
    }
}

/// Whether what was said is what is shown, piece by piece between the `…`.
fn is_shown(said: &str, shown: &str) -> bool {
    let pieces: Vec<&str> = shown.trim_end().split('…').collect();
    let mut rest = said.trim_end();
    for (place, piece) in pieces.iter().enumerate() {
        let found = match place {
            0 => rest.strip_prefix(piece),
            _ if place + 1 == pieces.len() => rest.strip_suffix(piece).map(|_| ""),
            _ => rest.split_once(piece).map(|(_, after)| after),
        };
        match found {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Goes through a chapter and fails at the first thing that is not so.
pub fn walk(name: &str) {
    let reader = Reader::new();
    let blocks = blocks(&chapter(name));
    assert!(blocks.len() > 2, "{name} shows nothing");
    for block in &blocks {
        reader.read(name, block);
    }
}

#[test]
fn the_first_ten_minutes_are_true() {
    walk("start.md");
}

#[test]
fn what_is_said_of_the_shell_is_true() {
    walk("shell.md");
}

#[test]
fn what_is_said_of_single_calls_is_true() {
    walk("calls.md");
}

#[test]
fn what_is_said_of_scripts_is_true() {
    walk("scripting.md");
}

#[test]
fn what_is_said_of_bulk_loops_is_true() {
    walk("bulk.md");
}

#[test]
fn what_is_said_of_safety_is_true() {
    walk("safety.md");
}

#[test]
fn what_is_said_of_profiles_is_true() {
    walk("profiles.md");
}

#[test]
fn what_is_said_of_a_second_server_is_true() {
    walk("migration.md");
}

#[test]
fn what_is_said_of_unattended_runs_is_true() {
    walk("unattended.md");
}

#[test]
fn what_is_said_of_tests_is_true() {
    walk("testing.md");
}

#[test]
fn what_is_said_of_spreadsheets_is_true() {
    walk("spreadsheets.md");
}

#[test]
fn what_is_said_of_installing_is_true() {
    walk("install.md");
}

#[test]
fn what_is_said_of_json_is_true() {
    walk("json.md");
}

#[test]
fn what_is_said_of_upgrading_is_true() {
    walk("upgrading.md");
}

#[test]
fn every_recipe_is_named_among_the_scripts() {
    let chapter = chapter("scripting.md");
    let recipes = recipes();
    assert!(recipes.len() >= 12, "{recipes:?}");
    for recipe in recipes {
        let name = recipe.file_name().unwrap().to_str().unwrap();
        assert!(chapter.contains(&format!("(../scripts/{name})")), "{name}");
    }
}

#[test]
fn every_command_of_the_shell_is_in_its_chapter() {
    let overview = Desk::new().whmcsh_fed(&["repl", "--sandbox"], ":help\n");
    let lines = overview.succeeded().lines();
    let commands = lines.filter_map(|line| line.strip_prefix("  :"));
    let commands = commands.map(|line| line.split(' ').next().unwrap());
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 10, "{commands:?}");
    let chapter = chapter("shell.md");
    for command in commands {
        assert!(chapter.contains(&format!("`:{command}")), "{command}");
    }
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let docs = std::fs::read_dir(repository().join("docs")).unwrap();
    let documents = docs
        .map(|entry| entry.unwrap().path())
        .chain([repository().join("README.md")])
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        for rest in text.split("](").skip(1) {
            let (address, _) = rest.split_once(')').unwrap();
            if address.starts_with("http") {
                continue;
            }
            let (file, heading) = address.split_once('#').unwrap_or((address, ""));
            let target = if file.is_empty() {
                document.clone()
            } else {
                document.parent().unwrap().join(file)
            };
            assert!(target.exists(), "{}: {address}", document.display());
            if heading.is_empty() {
                continue;
            }
            let target = std::fs::read_to_string(target).unwrap();
            let mut headings = target.lines().filter_map(|line| line.strip_prefix('#'));
            let anchor = |text: &str| {
                let text = text.trim_start_matches('#').trim().to_lowercase();
                let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
                text.chars()
                    .filter(kept)
                    .collect::<String>()
                    .replace(' ', "-")
            };
            assert!(
                headings.any(|text| anchor(text) == heading),
                "{}: {address}",
                document.display()
            );
        }
    }
}
