//! What the shell does with a line, wherever it came from.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Instant;

use super::command::{Command, is_command, parse};
use super::save::{Kept, done, script};
use super::{Place, Surroundings, help, pager};
use crate::display::fit;
use crate::display::text::for_terminal;
use crate::display::width::width;
use crate::error::Failure;
use crate::files::{self, Mode, reason};
use crate::run::WriteInDoubt;
use crate::script::{Drawn, Interpreter, ResultForm, Script};

/// What ends the shell without a colon.
const LEAVING: [&str; 3] = ["exit", "exit()", "quit"];

/// What comes after a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// The next one.
    Line,
    /// The end.
    End,
}

/// A session, and how it shows what it finds.
pub struct Shell<'s> {
    /// The session.
    pub interpreter: Interpreter,
    /// Where it is.
    pub place: Place,
    /// Columns and rows of the terminal, where somebody looks at one.
    pub size: Option<(u16, u16)>,
    around: &'s Surroundings<'s>,
    form: ResultForm,
    is_timed: bool,
    kept: Vec<Kept>,
    /// Whether one of them was only planned.
    has_planned: bool,
    /// The files of which it was said that a plan would write them.
    told: BTreeSet<String>,
}

impl<'s> Shell<'s> {
    /// A shell at that place.
    pub fn new(place: Place, around: &'s Surroundings<'s>) -> Self {
        Self {
            interpreter: Interpreter::new(place.host.clone()),
            place,
            size: None,
            around,
            form: ResultForm::default(),
            is_timed: false,
            kept: Vec::new(),
            has_planned: false,
            told: BTreeSet::new(),
        }
    }

    /// Does what a text says: a command of the shell, or lines of a script.
    pub fn take(&mut self, text: &str) -> Result<Next, Failure> {
        if LEAVING.contains(&text.trim()) {
            return Ok(Next::End);
        }
        if !is_command(text) {
            self.run(text, None)?;
            return Ok(Next::Line);
        }
        // A command is a line; what was pasted with it comes after it.
        let text = text.trim_start();
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        let next = self.obey(&parse(line)?)?;
        if next == Next::End || rest.trim().is_empty() {
            return Ok(next);
        }
        self.take(rest)
    }

    /// Whether writes are shown instead of done.
    pub fn is_plan(&self) -> bool {
        self.around.plan.is_on()
    }

    /// Runs lines that were typed, or those of a file.
    fn run(&mut self, text: &str, file: Option<&str>) -> Result<(), Failure> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let begun = Instant::now();
        let result = match file {
            Some(file) => self.interpreter.load(file, text, self.form),
            None => self.interpreter.eval(text, self.form),
        };
        let taken = begun.elapsed();
        (self.around.line_ended)();
        self.tell_files();
        let drawn = match result {
            Ok(drawn) => drawn,
            Err(failure) => {
                if let Some(at) = self.interpreter.stopped_at() {
                    self.keep(&done(text, at), false);
                }
                return Err(failure);
            }
        };
        self.keep(text, drawn.is_some());
        if let Some(drawn) = drawn {
            self.show(&drawn);
        }
        if self.is_timed {
            let screen = self.around.screen;
            screen.remark(&format!("{:.3} s", taken.as_secs_f64()));
        }
        Ok(())
    }

    fn keep(&mut self, text: &str, gives: bool) {
        let text = text.trim();
        if !text.is_empty() {
            self.has_planned |= self.is_plan();
            let text = text.to_owned();
            self.kept.push(Kept { text, gives });
        }
    }

    /// Says which files a plan would have written.
    fn tell_files(&mut self) {
        for file in self.around.plan.files() {
            if !self.told.contains(&file) {
                self.around.screen.remark(&format!("would write `{file}`"));
                self.told.insert(file);
            }
        }
    }

    fn show(&self, drawn: &Drawn) {
        match drawn {
            Drawn::Text(text) => self.show_text(text),
            Drawn::Records(records) => {
                let table = fit::draw(records, self.size.map(|(columns, _)| columns));
                let mut text = table.lines.join("\n");
                if let Some(left_out) = table.left_out(":json") {
                    let _ = write!(text, "\n{left_out}");
                }
                self.show_text(&text);
            }
        }
    }

    /// Shows a text, through the pager if it is longer than the screen.
    fn show_text(&self, text: &str) {
        let is_long = |(columns, rows): (u16, u16)| {
            let columns = usize::from(columns.max(1));
            let taken = text
                .lines()
                .map(|line| width(line).div_ceil(columns).max(1));
            taken.sum::<usize>() >= usize::from(rows)
        };
        let is_paged =
            self.size.is_some_and(is_long) && pager::page(&for_terminal(text), &self.around.cancel);
        if !is_paged {
            self.around.screen.show(text);
        }
    }

    fn obey(&mut self, command: &Command) -> Result<Next, Failure> {
        match command {
            Command::Quit => return Ok(Next::End),
            Command::Help(None) => self.show_text(&help::overview()),
            Command::Help(Some(name)) => {
                let text = help::about(name, &self.interpreter, self.around.reference)?;
                self.show_text(&text);
            }
            Command::Show(form) => {
                self.form = *form;
                self.around.screen.remark(match form {
                    ResultForm::Table => "lists of records are shown as tables",
                    ResultForm::Json => "results are shown as JSON",
                });
            }
            Command::Time(given) => {
                self.is_timed = given.unwrap_or(!self.is_timed);
                self.say_switch("time", self.is_timed);
            }
            Command::Plan(given) => self.plan(*given),
            Command::Load(file) => self.load(file)?,
            Command::Save { file, replaces } => self.save(file, *replaces)?,
            Command::Settled(None) => self.list_doubts(),
            Command::Settled(Some(write)) => self.settle(write)?,
            Command::Use(None) => self.list_places(),
            Command::Use(Some(name)) => self.go_to(name)?,
            Command::Variables => self.show_text(&self.variables()),
        }
        Ok(Next::Line)
    }

    fn say_switch(&self, what: &str, is_on: bool) {
        let state = if is_on { "on" } else { "off" };
        self.around.screen.remark(&format!("{what} is {state}"));
    }

    fn plan(&mut self, given: Option<bool>) {
        let plan = &self.around.plan;
        if let Some(is_on) = given {
            plan.pause(!is_on);
            if !is_on {
                // What was only planned is not there once it is real.
                self.place.host.files.stand_ins.forget();
            }
        }
        self.say_switch("plan", plan.is_on());
    }

    fn load(&mut self, file: &str) -> Result<(), Failure> {
        let script = Script::load(&from_home(file))?;
        self.run(script.text(), Some(script.name()))
    }

    fn save(&self, file: &str, replaces: bool) -> Result<(), Failure> {
        if self.kept.is_empty() {
            return Err(Failure::usage(
                "no line has succeeded yet; nothing was saved",
            ));
        }
        let saved = script(file, &self.kept);
        let write = if replaces {
            files::write
        } else {
            files::write_new
        };
        let written = write(&from_home(file), Mode::Private, saved.text.as_bytes());
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::usage(format!("`{file}` already exists"))
                .hint(format!("to replace it: `:save! {file}`")),
            _ => Failure::usage(format!("cannot write `{file}`: {}", reason(&error))),
        })?;
        let screen = self.around.screen;
        screen.remark(&format!("saved `{file}`"));
        if !saved.variables.is_empty() {
            let names = saved.variables.join("`, `");
            screen.remark(&format!(
                "secrets are not saved; the script reads them from the environment: `{names}`"
            ));
        }
        if self.has_planned {
            screen.remark("running it sends the writes that `:plan on` only showed");
        }
        self.interpreter.check(&saved.text).map_err(|failure| {
            let what = format!("`{file}` does not run as saved: {}", failure.what);
            Failure { what, ..failure }
        })
    }

    fn list_doubts(&self) {
        let open = self.place.in_doubt();
        for write in &open {
            let WriteInDoubt {
                number,
                call,
                error,
                place,
                ..
            } = write;
            let line = format!("{number}  {call} on {place}: {error}");
            self.around.screen.show(&line);
        }
        if open.is_empty() {
            self.around
                .screen
                .remark("no write of this session is in doubt");
        }
    }

    /// Lets a write that somebody looked up in WHMCS be sent again.
    fn settle(&self, write: &str) -> Result<(), Failure> {
        let session = self.place.host.run.session();
        let is_settled = |number| session.is_some_and(|session| session.settle(number));
        if !write.parse().is_ok_and(is_settled) {
            return Err(Failure::usage(format!(
                "unknown write `{write}`: no write of this session with that number is in doubt"
            ))
            .hint("enter `:settled` to list those that are"));
        }
        let screen = self.around.screen;
        screen.remark(&format!(
            "write {write} no longer holds anything back; enter it again if it was not applied"
        ));
        Ok(())
    }

    fn list_places(&self) {
        let here = &self.place.host.run.server().name;
        for name in self.around.servers.names() {
            let mark = if name == *here { "*" } else { " " };
            self.around.screen.show(&format!("{mark} {name}"));
        }
    }

    fn go_to(&mut self, name: &str) -> Result<(), Failure> {
        let place = self.around.servers.open(name)?;
        self.interpreter.move_to(place.host.clone());
        self.place = place;
        let screen = self.around.screen;
        screen.remark(&format!("now at {}", self.place.described()));
        Ok(())
    }

    fn variables(&self) -> String {
        let variables = self.interpreter.variables();
        let width = variables.keys().map(String::len).max().unwrap_or(0);
        let line = |(name, variable): (&String, &crate::script::Variable)| {
            let size = variable
                .size
                .map_or(String::new(), |size| format!(" of {size}"));
            format!("{name:width$}  {}{size}", variable.kind)
        };
        variables.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// A file's path as it is typed here, where no shell puts the home folder for `~`.
fn from_home(file: &str) -> PathBuf {
    match (file.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(within), Some(home)) => PathBuf::from(home).join(within),
        _ => file.into(),
    }
}
