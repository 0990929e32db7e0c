//! Standard output for data, standard error for words about it.
//!
//! A pipe that closes ends the program quietly: whoever reads has had enough.
//! Of a script that is an interruption, since it did not come to its end.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::process::{Command, Stdio, exit};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::display::colour;
use crate::display::fit::draw;
use crate::display::table::{Records, screen_width, terminal_width};
use crate::display::text::for_terminal;
use crate::display::width::width;
use crate::display::wrap::folded;
use crate::error::Exit;
use crate::files::reason;
use crate::run::plan::unmarked;
use crate::script::Output;

/// The bar on the screen, which every line steps around: a process has one screen.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Whether it was said that output cannot go, which is said once.
static IS_TOLD: AtomicBool = AtomicBool::new(false);

/// Whether anything was printed on standard output, also where it could not go.
static HAS_PRINTED: AtomicBool = AtomicBool::new(false);

/// Where a command prints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// Whether words about the run are kept back.
    pub quiet: bool,
    /// What was done that the data is about: it counts for more than output that cannot go.
    done: Option<&'static str>,
    /// Whether a reader that hung up ends the program all the same.
    ends_unread: bool,
    /// Whether standard output is for one object at the end, and lines of a script go aside.
    prints_object: bool,
}

impl Terminal {
    /// A terminal on which words about the run are kept back, or not.
    pub const fn new(quiet: bool) -> Self {
        Self {
            quiet,
            done: None,
            ends_unread: false,
            prints_object: false,
        }
    }

    /// The same where standard output is for one JSON object at the end: what a script
    /// prints goes to standard error.
    #[must_use]
    pub const fn for_object(self, prints_object: bool) -> Self {
        Self {
            prints_object,
            ..self
        }
    }

    /// Whether one JSON object is wanted at the end.
    pub const fn prints_object(self) -> bool {
        self.prints_object
    }

    /// Whether anything was printed on standard output.
    pub fn has_printed() -> bool {
        HAS_PRINTED.load(Ordering::Relaxed)
    }

    /// The same for data about what was done already. Output that cannot go is said, and
    /// ends nothing: whoever saw it fail would do it again.
    #[must_use]
    pub const fn after(self, done: &'static str) -> Self {
        Self {
            done: Some(done),
            ..self
        }
    }

    /// The same for what is printed between one line of a session and the next: with nobody
    /// there to read it, no other is to be done.
    #[must_use]
    pub const fn between_lines(self) -> Self {
        Self {
            ends_unread: true,
            ..self
        }
    }

    /// Prints data, a line or many, with a line end after it.
    pub fn data(self, text: &str) {
        self.end_on_failure(print(text), 0);
    }

    /// Prints a line of data; fails if nobody reads it any more, or there is no room for it.
    pub fn print_line(self, line: &str) -> std::io::Result<()> {
        if self.prints_object {
            say(line);
            return Ok(());
        }
        print(line)
    }

    /// Draws records as a table, a line at a time.
    pub fn draw_table(self, records: &Records, print: impl Fn(&str)) {
        let table = draw(records, terminal_width());
        for line in &table.lines {
            print(line);
        }
        if let Some(words) = table.left_out("| less -S") {
            self.note(&words);
        }
    }

    /// Prints text of ours, with its colours.
    pub fn painted(self, text: &str) {
        self.end_on_failure(put(text), 0);
    }

    /// Prints data as it is, without a line end; a terminal is shown what commands it.
    pub fn raw(self, bytes: &[u8]) {
        let text = stdout()
            .is_terminal()
            .then(|| String::from_utf8_lossy(bytes));
        let shown = text.as_deref().map(for_terminal);
        let bytes = shown.as_deref().map_or(bytes, str::as_bytes);
        let write = || {
            HAS_PRINTED.store(true, Ordering::Relaxed);
            let mut out = stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        };
        self.end_on_failure(beside_the_bar(write), 0);
    }

    /// Ends the program where its output cannot go: with that code if the reader
    /// hung up, otherwise with an error, such as for a full disk. It goes on where the
    /// output is about what was done already.
    fn end_on_failure(self, written: std::io::Result<()>, hung_up: i32) {
        let Err(error) = written else {
            return;
        };
        let is_hung_up = error.kind() == ErrorKind::BrokenPipe;
        match self.done {
            Some(_) if is_hung_up && self.ends_unread => exit(hung_up),
            Some(_) if is_hung_up => {}
            Some(done) if !IS_TOLD.swap(true, Ordering::Relaxed) => {
                let why = reason(&error);
                self.alert(&format!(
                    "error: cannot write to standard output: {why}; {done}"
                ));
            }
            Some(_) => {}
            None if is_hung_up => exit(hung_up),
            None => {
                let why = reason(&error);
                let _ = writeln!(stderr(), "error: cannot write to standard output: {why}");
                exit(Exit::Usage as i32)
            }
        }
    }

    /// Shows a long text of ours, on a terminal through the user's pager.
    pub fn page(self, text: &str) {
        if !stdout().is_terminal() || !through_a_pager(text) {
            self.painted(text.trim_end());
        }
    }

    /// Prints data that is read and not computed with, on a terminal folded to its width.
    pub fn prose(self, text: &str) {
        self.data(&fit(text, terminal_width().map(usize::from)));
    }

    /// Prints a line that may be about a change: its old value and its new one are in colour
    /// where the whole line fits the window.
    pub fn change(self, line: &str) {
        let shown = unmarked(line);
        let shown = for_terminal(&shown);
        let fits = terminal_width().is_none_or(|columns| width(&shown) <= usize::from(columns));
        let is_painted = fits && self.shows_colours();
        match is_painted.then(|| colour::changed(&shown)).flatten() {
            Some(painted) => self.painted(&painted),
            None => self.prose(line),
        }
    }

    /// Prints words about what is going on, unless they are not wanted.
    pub fn note(self, text: &str) {
        if !self.quiet {
            self.alert(text);
        }
    }

    /// Prints words that must be seen, on a terminal folded to its width.
    pub fn alert(self, text: &str) {
        say(&fit(text, screen_width()));
    }

    /// Shows a bar on standard error until it is dropped.
    pub fn bar(self, total: Option<u64>) -> Bar {
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{bar:25} {wide_msg}"),
            None => (ProgressBar::no_length(), "{spinner} {wide_msg}"),
        };
        // A template that does not parse would leave the usual bar.
        let style = ProgressStyle::with_template(template);
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        *the_bar() = Some(bar.clone());
        Bar(bar)
    }

    /// Whether colours on standard output are seen, and nobody said that they are not wanted.
    pub fn shows_colours(self) -> bool {
        colour::is_wanted(stdout().is_terminal())
    }

    /// Asks on the terminal; `None` where nobody is there to answer.
    pub fn ask(self, question: &str) -> Option<String> {
        if !std::io::stdin().is_terminal() || !stderr().is_terminal() {
            return None;
        }
        let _ = write!(stderr().lock(), "{} ", for_terminal(question));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }
}

/// A bar on the screen.
pub struct Bar(ProgressBar);

impl Bar {
    /// Moves it, and says what stands beside it.
    pub fn set(&self, position: u64, text: &str) {
        self.0.set_message(for_terminal(text).into_owned());
        self.0.set_position(position);
        self.0.tick();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        *the_bar() = None;
        self.0.finish_and_clear();
    }
}

fn the_bar() -> std::sync::MutexGuard<'static, Option<ProgressBar>> {
    BAR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does what writes to the screen while no bar is on it.
fn beside_the_bar<T>(write: impl FnOnce() -> T) -> T {
    let bar = the_bar().clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Prints words; what a record holds cannot write over the screen, now or when somebody
/// looks at the file they went to.
fn say(text: &str) {
    let text = unmarked(text);
    let text = for_terminal(&text);
    let text = if colour::is_wanted(stderr().is_terminal()) {
        colour::marked(&text)
    } else {
        text
    };
    if cfg!(test) {
        // Told by the harness, and only of tests that fail.
        eprintln!("{text}");
        return;
    }
    // With standard error gone there is nobody left to tell.
    let _ = beside_the_bar(|| writeln!(stderr().lock(), "{text}"));
}

/// Shows what another program says on standard error, as it says it.
pub fn relay(text: &str) {
    let write = || {
        let mut out = stderr().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())
    };
    // With standard error gone there is nobody left to tell.
    let _ = beside_the_bar(write);
}

/// The text in lines that are no wider than that, where it can be.
fn fit(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let lines: Vec<String> = text
        .split('\n')
        .flat_map(|line| folded(line, width))
        .collect();
    lines.join("\n")
}

/// Prints a line that may hold anything.
fn print(text: &str) -> std::io::Result<()> {
    let text = unmarked(text);
    if stdout().is_terminal() {
        return put(&for_terminal(&text));
    }
    put(&text)
}

fn put(text: &str) -> std::io::Result<()> {
    beside_the_bar(|| {
        HAS_PRINTED.store(true, Ordering::Relaxed);
        let mut out = stdout().lock();
        writeln!(out, "{text}")?;
        out.flush()
    })
}

/// Whether a pager took the text; there may be none.
fn through_a_pager(text: &str) -> bool {
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let mut words = pager.split_whitespace();
    let Some(program) = words.next() else {
        return false;
    };
    let mut pager = Command::new(program);
    pager.args(words).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // What fits on the screen is just printed; bold stays bold.
        pager.env("LESS", "FRX");
    }
    let Ok(mut pager) = pager.spawn() else {
        return false;
    };
    if let Some(mut input) = pager.stdin.take() {
        // The reader may leave before the end.
        let _ = input.write_all(text.as_bytes());
    }
    pager.wait().is_ok()
}

/// Ends the program without a word, as whoever read its output has.
pub(super) fn leave_with_the_reader() -> ! {
    exit(Exit::Interrupted as i32)
}

impl Output for Terminal {
    fn print(&self, line: &str) {
        self.end_on_failure(self.print_line(line), Exit::Interrupted as i32);
    }

    fn table(&self, records: &Records) {
        self.draw_table(records, |line| self.print(line));
    }

    fn note(&self, line: &str) {
        if !self.quiet {
            say(line);
        }
    }
}
