//! The recording at the top of the README shows what the program does today.
//!
//! `docs/demo/demo.sh` is played on a terminal, and `docs/demo/demo.svg` is drawn from what it showed: one scene for
//! each of its parts. With the variable `WHMCSH_UPDATE_DOCS` set the test writes the picture it otherwise compares.

use std::fmt::Write as _;
use std::io::Read as _;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::{Color, Screen};

use crate::support::{BINARY, repository};

const COLUMNS: u16 = 106;
/// More lines than the demonstration has, so that none scrolls away.
const ROWS: u16 = 400;
/// Lines of a scene that fit the picture; of a longer one the middle is left out.
const SHOWN: usize = 25;
/// Of those, so many stand at the end.
const LAST: usize = 5;
/// How long a scene is seen.
const SECONDS: usize = 7;

const LETTER: f64 = 8.43;
const LINE: usize = 19;
const TOP: usize = 58;

/// A scene: what its tab says, and its lines.
struct Scene {
    title: String,
    lines: Vec<Vec<Piece>>,
}

/// Letters of one look.
#[derive(PartialEq)]
struct Piece {
    text: String,
    class: &'static str,
}

/// Everything the demonstration shows, and whether it came to its end.
fn played() -> (vt100::Parser, bool) {
    let size = PtySize {
        rows: ROWS,
        cols: COLUMNS,
        ..PtySize::default()
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new("bash");
    command.arg(repository().join("docs/demo/demo.sh"));
    command.env_clear();
    command.env("TERM", "xterm-256color");
    let folder = std::path::Path::new(BINARY).parent().unwrap().display();
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{folder}:{path}"));
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut parser = vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
    let mut bytes = [0; 4096];
    // A terminal whose program has ended cannot be read any more.
    while let Ok(count @ 1..) = reader.read(&mut bytes) {
        parser.process(&bytes[..count]);
    }
    let status = child.wait().unwrap();
    (parser, status.success())
}

/// What differs from one time to the next, as it is shown in the picture.
fn settled(line: &str) -> String {
    let mut settled = String::new();
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        if let Some(port) = rest.strip_prefix("127.0.0.1:") {
            settled.push_str("127.0.0.1:8765");
            rest = &port[digits(port)..];
        } else if let Some(folder) = rest.strip_prefix("/tmp/whmcsh.") {
            settled.push('~');
            rest = &folder[folder.find('/').unwrap_or(folder.len())..];
        } else if is_moment(rest, "dddd-dd-dd dd:dd:dd") {
            settled.push_str("2026-11-24 09:30:00");
            rest = &rest["dddd-dd-dd dd:dd:dd".len()..];
        } else if is_moment(rest, "dddd-dd-dd") {
            settled.push_str("2026-11-24");
            rest = &rest["dddd-dd-dd".len()..];
        } else {
            settled.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    settled
}

/// Whether the text begins with that, a `d` standing for any digit.
fn is_moment(text: &str, form: &str) -> bool {
    text.len() >= form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(letter, wanted)| match wanted {
                b'd' => letter.is_ascii_digit(),
                wanted => letter == wanted,
            })
}

/// How a letter looks, as a class of the picture.
fn class(cell: &vt100::Cell) -> &'static str {
    match cell.fgcolor() {
        Color::Idx(1 | 9) => "red",
        Color::Idx(2 | 10) => "green",
        Color::Idx(3 | 11) => "yellow",
        Color::Idx(4..=6 | 12..=14) => "blue",
        _ if cell.dim() => "dim",
        _ if cell.bold() => "bold",
        _ => "",
    }
}

fn pieces(screen: &Screen, row: u16) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for column in 0..COLUMNS {
        let cell = screen.cell(row, column).unwrap();
        let text = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        let class = class(cell);
        match pieces.last_mut() {
            Some(last) if last.class == class || text == " " => last.text.push_str(text),
            _ => pieces.push(Piece {
                text: text.to_owned(),
                class,
            }),
        }
    }
    for piece in &mut pieces {
        piece.text = settled(&piece.text);
    }
    if let Some(last) = pieces.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    pieces
}

/// The bar of a run that was killed stays at what it said last, which is a matter of chance.
fn is_bar(line: &[Piece]) -> bool {
    let text: String = line.iter().map(|piece| piece.text.as_str()).collect();
    text.contains(" rows, ") && text.contains(" left") || text.contains("━")
}

fn is_empty(line: &[Piece]) -> bool {
    line.iter().all(|piece| piece.text.trim().is_empty())
}

fn scenes(screen: &Screen) -> Vec<Scene> {
    let mut scenes: Vec<Scene> = Vec::new();
    for row in 0..ROWS {
        let line = pieces(screen, row);
        let text: String = line.iter().map(|piece| piece.text.as_str()).collect();
        if let Some(title) = text.strip_prefix("# ") {
            let title = title.split([':', ',']).next().unwrap().to_owned();
            scenes.push(Scene {
                title,
                lines: Vec::new(),
            });
        }
        if let Some(scene) = scenes.last_mut()
            && !is_bar(&line)
        {
            // The bar of a run that had said nothing yet.
            if text.starts_with("Killed") && scene.lines.last().is_some_and(|line| is_empty(line)) {
                scene.lines.pop();
            }
            scene.lines.push(line);
        }
    }
    for scene in &mut scenes {
        while scene.lines.last().is_some_and(|line| is_empty(line)) {
            scene.lines.pop();
        }
        if scene.lines.len() > SHOWN {
            let end = scene.lines.split_off(scene.lines.len() - LAST);
            scene.lines.truncate(SHOWN - LAST - 1);
            let text = "⋮".to_owned();
            scene.lines.push(vec![Piece { text, class: "dim" }]);
            scene.lines.extend(end);
        }
    }
    scenes
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn drawn(scenes: &[Scene]) -> String {
    let width = f64::from(COLUMNS) * LETTER + 40.0;
    let height = TOP + SHOWN * LINE + 12;
    let share = 100 / scenes.len();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" role=\"img\" \
         aria-label=\"A terminal: whmcsh plans, runs, is killed, resumes and undoes a change of prices\">\n\
         <!-- made from docs/demo/demo.sh by tests/cli/recording.rs -->\n<style>\n\
         text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; \
         fill: #d8dee9; white-space: pre }}\n\
         .dim {{ fill: #7f8c9f }} .bold {{ font-weight: bold; fill: #fff }} .red {{ fill: #ff7b72 }}\n\
         .green {{ fill: #7ee787 }} .yellow {{ fill: #f2cc60 }} .blue {{ fill: #79c0ff }}\n\
         .scene {{ opacity: 0; animation: show {}s step-end infinite }}\n\
         @keyframes show {{ 0% {{ opacity: 1 }} {share}% {{ opacity: 0 }} }}\n\
         @media (prefers-reduced-motion: reduce) {{ .scene {{ animation: none }} .first {{ opacity: 1 }} }}\n\
         </style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#161b22\"/>\n",
        scenes.len() * SECONDS,
    );
    for (number, scene) in scenes.iter().enumerate() {
        let first = if number == 0 { " first" } else { "" };
        let delay = number * SECONDS;
        let _ = writeln!(
            svg,
            "<g class=\"scene{first}\" style=\"animation-delay: {delay}s\">"
        );
        let mut left = 20.0;
        for (other, tab) in scenes.iter().enumerate() {
            let class = if other == number { "bold" } else { "dim" };
            let _ = writeln!(
                svg,
                "<text x=\"{left:.0}\" y=\"26\" class=\"{class}\">{}</text>",
                escaped(&tab.title)
            );
            left += f64::from(u32::try_from(tab.title.chars().count() + 3).unwrap()) * LETTER;
        }
        for (row, line) in scene.lines.iter().enumerate() {
            let y = TOP + row * LINE;
            let _ = write!(svg, "<text x=\"20\" y=\"{y}\">");
            for Piece { text, class } in line {
                let text = escaped(text);
                let _ = match *class {
                    "" => write!(svg, "{text}"),
                    class => write!(svg, "<tspan class=\"{class}\">{text}</tspan>"),
                };
            }
            svg.push_str("</text>\n");
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

#[test]
fn the_recording_shows_what_the_demonstration_does() {
    let (parser, is_whole) = played();
    let screen = parser.screen();
    assert!(is_whole, "{}", screen.contents());
    let scenes = scenes(screen);
    let titles: Vec<&str> = scenes.iter().map(|scene| scene.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Plan", "Run", "Resume", "Undo"],
        "{}",
        screen.contents()
    );
    for sight in ["in doubt (killed)", "40 rows: 40 done", "40 records"] {
        assert!(screen.contents().contains(sight), "{}", screen.contents());
    }
    let picture = drawn(&scenes);
    let path = repository().join("docs/demo/demo.svg");
    if std::env::var_os("WHMCSH_UPDATE_DOCS").is_some() {
        std::fs::write(path, picture).unwrap();
        return;
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert!(
        written == picture,
        "docs/demo/demo.svg is out of date; WHMCSH_UPDATE_DOCS=1 cargo test --test cli recording rewrites it"
    );
}
