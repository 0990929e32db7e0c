//! Line editing: what the line editor is told of the language while a line is typed.

use std::borrow::Cow;
use std::cell::Cell;
use std::path::Path;

use rustyline::completion::{Completer, Pair};
use rustyline::config::BellStyle;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event, EventContext,
    EventHandler, Helper, KeyEvent, RepeatCount, Result,
};

use super::choice::Choice;
use super::colour::paint;
use super::command::is_command;
use super::completion::complete;
use super::hint::hint;
use super::knowledge::Knowledge;
use super::listing::{rows_below, with_rows_below};
use crate::display::colour;
use crate::display::width::{cut, width};
use crate::script::is_incomplete;

/// The shell's line editor.
pub type LineEditor<'s> = Editor<Lines<'s>, FileHistory>;

/// A hint narrower than this says nothing.
const NARROW: usize = 12;

/// More choices than this are listed only after a question.
const MANY: usize = 300;

/// What the editor knows of the language.
#[derive(Default, Helper)]
pub struct Lines<'s> {
    knowledge: Knowledge<'s>,
    /// The columns of the terminal.
    columns: usize,
    /// The columns the prompt takes.
    prompt: usize,
    /// Whether colours are not wanted: a hint is then told from the line as a comment is.
    is_plain: bool,
    /// Whether the bracket at the cursor is to stand out.
    marks_bracket: Cell<bool>,
}

impl<'s> Lines<'s> {
    /// For a line that begins after that prompt, on a terminal of so many columns.
    pub fn new(knowledge: Knowledge<'s>, prompt: &str, columns: usize) -> Self {
        Self {
            knowledge,
            columns,
            prompt: width(prompt),
            is_plain: !colour::is_wanted(true),
            marks_bracket: Cell::default(),
        }
    }
}

/// An editor that remembers earlier lines.
pub fn open<'s>(lines: Lines<'s>, history: Option<&Path>) -> Result<LineEditor<'s>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .completion_prompt_limit(MANY)
        .bell_style(BellStyle::None)
        .max_history_size(10_000)?
        .history_ignore_dups(true)?
        .auto_add_history(false)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(lines));
    let end = EventHandler::Conditional(Box::new(EndTypedAhead));
    editor.bind_sequence(KeyEvent::ctrl('@'), end);
    if let Some(path) = history {
        // No history yet is how everyone starts.
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

/// Ctrl-D, typed while a line still ran. Linux keeps it as a zero byte then, which the
/// editor reads as Ctrl-@: lost, unless it means the same on an empty line.
struct EndTypedAhead;

impl ConditionalEventHandler for EndTypedAhead {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, at: &EventContext) -> Option<Cmd> {
        at.line().is_empty().then_some(Cmd::EndOfFile)
    }
}

impl Completer for Lines<'_> {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context) -> Result<(usize, Vec<Pair>)> {
        let (start, choices) = complete(line, at, &self.knowledge);
        let pair = |choice: Choice| Pair {
            display: choice.shown,
            replacement: choice.text,
        };
        let choices = choices.into_iter().map(pair).collect();
        let rows = rows_below(line, self.prompt, self.columns);
        Ok((start, with_rows_below(choices, rows, self.columns)))
    }
}

/// What is said beside the line; it cannot be taken into it.
pub struct Remark(String);

impl Hint for Remark {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Lines<'_> {
    type Hint = Remark;

    fn hint(&self, line: &str, at: usize, _: &Context) -> Option<Remark> {
        if at < line.len() {
            return None;
        }
        let text = hint(line, &self.knowledge)?;
        let before = if self.is_plain { "  // " } else { "  " };
        let (last, prompt) = match line.rsplit_once('\n') {
            Some((_, last)) => (last, 0),
            None => (line, self.prompt),
        };
        let taken = prompt + width(last) + before.len() + 1;
        let room = self.columns.saturating_sub(taken);
        if room < NARROW {
            return None;
        }
        let shown = cut(&text, room);
        Some(Remark(format!("{before}{shown}")))
    }
}

impl Highlighter for Lines<'_> {
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        if is_command(line) {
            return Cow::Borrowed(line);
        }
        Cow::Owned(paint(line, self.marks_bracket.get().then_some(at)))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        let is_typing = kind != CmdKind::ForcedRefresh;
        self.marks_bracket.set(is_typing);
        is_typing
    }
}

impl Validator for Lines<'_> {
    fn validate(&self, context: &mut ValidationContext) -> Result<ValidationResult> {
        let text = context.input();
        if !is_command(text) && is_incomplete(text) {
            Ok(ValidationResult::Incomplete)
        } else {
            Ok(ValidationResult::Valid(None))
        }
    }
}
