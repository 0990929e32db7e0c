//! The built binary on a terminal of its own: what is typed goes to it, what it
//! draws can be looked at. Waits are for a sight, with a deadline, never for a time.

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::{BINARY, Desk};

/// Nothing the shell does takes that long, even on a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(30);

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// A terminal with the binary on it.
pub struct Tty {
    input: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    drawn: Arc<(Mutex<Drawn>, Condvar)>,
    _master: Box<dyn MasterPty + Send>,
}

struct Drawn {
    parser: vt100::Parser,
    /// Everything that was ever written.
    bytes: Vec<u8>,
    is_over: bool,
}

impl Tty {
    /// Starts the binary on a terminal of 80 columns and 24 rows.
    pub fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(BINARY);
        command.args(arguments);
        command.cwd(desk.folder());
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in desk.variables() {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let drawn = Arc::new((
            Mutex::new(Drawn {
                parser: parser(),
                bytes: Vec::new(),
                is_over: false,
            }),
            Condvar::new(),
        ));
        let reader = pair.master.try_clone_reader().unwrap();
        let theirs = Arc::clone(&drawn);
        std::thread::spawn(move || draw(reader, &theirs));
        Self {
            input: pair.master.take_writer().unwrap(),
            child,
            drawn,
            _master: pair.master,
        }
    }

    /// Types; `\t` is Tab, `\r` Enter, `\x03` Ctrl-C, `\x04` Ctrl-D.
    pub fn types(&mut self, keys: &str) -> &mut Self {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
        self
    }

    /// Types a line as a person does, who sees it before pressing Enter.
    #[track_caller]
    pub fn enters(&mut self, line: &str) -> &mut Self {
        self.types(line).sees(line);
        self.types("\r")
    }

    /// Pastes a text, as a terminal that marks what is pasted does.
    pub fn pastes(&mut self, text: &str) -> &mut Self {
        let text = text.replace('\n', "\r");
        self.types(&format!("\x1b[200~{text}\x1b[201~"))
    }

    /// Waits until that can be seen; gives the whole screen.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> String {
        self.waits(text, |screen| screen.contents().contains(text))
    }

    /// Waits until the line with the cursor is that one.
    #[track_caller]
    pub fn is_at(&mut self, line: &str) -> String {
        self.waits(line, |screen| {
            let (row, _) = screen.cursor_position();
            let rows: Vec<String> = screen.rows(0, COLUMNS).collect();
            rows[usize::from(row)].trim_end() == line
        })
    }

    /// Whether that, which can be seen, has another colour or weight than plain text
    /// where it is seen last.
    #[track_caller]
    pub fn look_of(&mut self, text: &str) -> Look {
        self.sees(text);
        let (drawn, _) = &*self.drawn;
        let drawn = drawn.lock().unwrap();
        let screen = drawn.parser.screen();
        let rows: Vec<String> = screen.rows(0, COLUMNS).collect();
        let (row, line) = rows
            .iter()
            .enumerate()
            .rfind(|(_, line)| line.contains(text))
            .unwrap();
        let byte = line.find(text).unwrap();
        let column = line[..byte].chars().count();
        let cell = screen
            .cell(u16::try_from(row).unwrap(), u16::try_from(column).unwrap())
            .unwrap();
        Look {
            colour: cell.fgcolor(),
            is_dim: cell.dim(),
        }
    }

    /// Everything that was ever written to the terminal.
    pub fn written(&self) -> String {
        let (drawn, _) = &*self.drawn;
        String::from_utf8_lossy(&drawn.lock().unwrap().bytes).into_owned()
    }

    /// Asks the program to end, as a system does that shuts down.
    pub fn is_asked_to_end(&mut self) -> &mut Self {
        let id = self.child.process_id().unwrap().to_string();
        let killed = std::process::Command::new("kill").arg(id).status();
        assert!(killed.unwrap().success());
        self
    }

    /// Waits for the end; the exit code.
    #[track_caller]
    pub fn ends(&mut self) -> u32 {
        self.waits_for("the end", |drawn| drawn.is_over);
        self.child.wait().unwrap().exit_code()
    }

    #[track_caller]
    fn waits(&mut self, what: &str, is_seen: impl Fn(&vt100::Screen) -> bool) -> String {
        self.waits_for(what, |drawn| is_seen(drawn.parser.screen()))
    }

    #[track_caller]
    fn waits_for(&mut self, what: &str, is_so: impl Fn(&Drawn) -> bool) -> String {
        let (drawn, changed) = &*self.drawn;
        let end = Instant::now() + DEADLINE;
        let mut drawn = drawn.lock().unwrap();
        while !is_so(&drawn) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !drawn.is_over,
                "{what:?} was never seen:\n{}",
                drawn.parser.screen().contents()
            );
            drawn = changed.wait_timeout(drawn, left).unwrap().0;
        }
        drawn.parser.screen().contents()
    }
}

/// How a letter looks.
#[derive(Debug)]
pub struct Look {
    pub colour: vt100::Color,
    pub is_dim: bool,
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn parser() -> vt100::Parser {
    vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 1000)
}

fn draw(mut reader: Box<dyn Read + Send>, drawn: &(Mutex<Drawn>, Condvar)) {
    let (drawn, changed) = drawn;
    let mut bytes = [0; 4096];
    loop {
        // A terminal whose program has ended cannot be read any more.
        let count = reader.read(&mut bytes).unwrap_or(0);
        // A test that fails while it looks need not fail a second time here.
        let Ok(mut drawn) = drawn.lock() else { return };
        drawn.parser.process(&bytes[..count]);
        drawn.bytes.extend(&bytes[..count]);
        drawn.is_over = count == 0;
        changed.notify_all();
        if count == 0 {
            return;
        }
    }
}
