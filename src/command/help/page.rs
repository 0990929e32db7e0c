//! A chapter written in Markdown, set for a terminal.
//!
//! Only what the chapters use is known: headings, paragraphs, lists, fenced
//! code, tables, links. Lines are at most 80 columns wide; code stays as it is.

use std::fmt::Write as _;

use crate::display::wrap::wrapped;

/// The widest line, in characters.
const WIDTH: usize = 80;
/// What stands before text, and before code.
const TEXT: &str = "  ";
const CODE: &str = "    ";
/// Where a chapter goes on with what is of no use in a terminal.
const END: &str = "<!-- the terminal's page ends here -->";

/// The text as a page; headings are bold where colours are seen.
pub(super) fn page(markdown: &str, is_bold: bool) -> String {
    let mut page = Page {
        lines: Vec::new(),
        paragraph: String::new(),
        table: Vec::new(),
        is_bold,
    };
    let mut is_code = false;
    for line in markdown.lines().take_while(|line| *line != END) {
        if let Some(info) = line.strip_prefix("```") {
            page.flush();
            is_code = !is_code;
            page.blank();
            if let Some((_, file)) = info.split_once(' ') {
                page.lines.push(format!("{TEXT}{file}:"));
            }
        } else if is_code {
            page.lines
                .push(format!("{CODE}{line}").trim_end().to_owned());
        } else {
            page.line(line);
        }
    }
    page.flush();
    page.lines.join("\n").trim_end().to_owned() + "\n"
}

struct Page {
    lines: Vec<String>,
    /// The text of the paragraph or list item that is being read.
    paragraph: String,
    /// The cells of the table that is being read, row by row.
    table: Vec<Vec<String>>,
    is_bold: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        if line.starts_with('|') {
            self.table.push(cells(line));
        } else if let Some(heading) = line.strip_prefix('#') {
            self.flush();
            self.heading(heading.trim_start_matches('#').trim());
        } else if line.is_empty() {
            self.flush();
            self.blank();
        } else if line.starts_with("<!--") {
            self.flush();
        } else {
            if line.starts_with("- ") {
                self.flush();
            } else if !self.paragraph.is_empty() {
                self.paragraph.push(' ');
            }
            self.paragraph.push_str(line.trim());
        }
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        let text = plain(text);
        self.lines.push(if self.is_bold {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text
        });
    }

    /// An empty line, unless there is one or the page begins.
    fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// Ends what is being read.
    fn flush(&mut self) {
        let text = plain(&std::mem::take(&mut self.paragraph));
        if !text.is_empty() {
            let hanging = if text.starts_with("- ") { 2 } else { 0 };
            self.lines.extend(wrapped(TEXT, hanging, &text, WIDTH));
        }
        let table = std::mem::take(&mut self.table);
        self.lines.extend(aligned(&table));
    }
}

/// The rows of the first table below that heading, without its header.
pub(super) fn table(markdown: &str, heading: &str) -> Vec<Vec<String>> {
    let is_heading = |line: &&str| line.strip_prefix("## ") == Some(heading);
    let below = markdown
        .lines()
        .skip_while(|line| !is_heading(line))
        .skip(1);
    let within = below.take_while(|line| !line.starts_with("## "));
    let lines = within.skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).map(cells);
    rows.filter(|row| !row.is_empty()).skip(1).collect()
}

/// The cells of a table's row; none of the line below a header.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_matches('|');
    if inner.chars().all(|letter| "-|: ".contains(letter)) {
        return Vec::new();
    }
    let cells = inner.replace("\\|", "\u{0}");
    cells
        .split('|')
        .map(|cell| plain(cell.trim()).replace('\u{0}', "|"))
        .collect()
}

/// Columns one below the other; the last one is wrapped.
fn aligned(table: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<_> = table.iter().filter(|row| !row.is_empty()).collect();
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut lines = Vec::new();
    for row in rows {
        let mut start = String::new();
        for (cell, width) in row.iter().zip(&widths).take(columns.saturating_sub(1)) {
            // Writing to text cannot fail.
            let _ = write!(start, "{cell:width$}  ");
        }
        let last = row.get(columns - 1).map_or("", String::as_str);
        let hanging = start.chars().count();
        lines.extend(wrapped(TEXT, hanging, &format!("{start}{last}"), WIDTH));
    }
    lines
}

/// Text without what Markdown writes around it; a link keeps its words, and its
/// address where that leads out.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after
            .split_once("](")
            .and_then(|(words, after)| Some((words, after.split_once(')')?)));
        let Some((words, (address, after))) = link else {
            break;
        };
        plain.push_str(before);
        plain.push_str(words);
        if address.starts_with("http") && address != words {
            let _ = write!(plain, " ({address})");
        }
        rest = after;
    }
    plain.push_str(rest);
    without_stars(&plain)
}

/// Text without the stars of emphasis; in code they stay.
fn without_stars(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (place, part) in text.split('`').enumerate() {
        let is_code = place % 2 == 1;
        if place > 0 {
            plain.push('`');
        }
        if is_code {
            plain.push_str(part);
        } else {
            plain.push_str(&part.replace('*', ""));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_text_lists_and_code_are_told_apart() {
        let text = "# Title\n\nSome [words](x.md) and\n`code`.\n\n- one\n  more\n- two\n\n```sh\nwhmcsh runs\n```\nEnd.\n";
        assert_eq!(
            page(text, false),
            "Title\n\n  Some words and `code`.\n\n  - one more\n  - two\n\n    whmcsh runs\n\n  End.\n"
        );
        assert!(page("# Title\n", true).starts_with("\x1b[1mTitle\x1b[0m"));
    }

    #[test]
    fn a_table_is_aligned_and_its_last_column_wrapped() {
        let long = "word ".repeat(20);
        let text = format!("| code | meaning |\n|---|---|\n| 0 | done |\n| 130 | {long}|\n");
        let page = page(&text, false);
        let lines: Vec<_> = page.lines().collect();
        assert_eq!(lines[..2], ["  code  meaning", "  0     done"]);
        assert!(lines[2].starts_with("  130   word") && lines[2].chars().count() <= WIDTH);
        assert!(lines[3].starts_with("        word"), "{page}");
    }

    #[test]
    fn what_the_terminal_has_no_use_for_is_left_out() {
        let text = format!("One\n\n<!-- a remark -->\n{END}\n\nTwo\n");
        assert_eq!(page(&text, false), "  One\n");
    }

    #[test]
    fn emphasis_goes_and_code_stays() {
        assert_eq!(plain("*A > B*, **so** `2 * 3`"), "A > B, so `2 * 3`");
    }

    #[test]
    fn a_file_is_named_above_its_text() {
        assert_eq!(page("```csv a.csv\nid\n```\n", false), "  a.csv:\n    id\n");
    }

    #[test]
    fn an_address_outside_is_kept() {
        assert_eq!(
            plain("see [the book](https://rhai.rs/book/) [x]"),
            "see the book (https://rhai.rs/book/) [x]"
        );
    }
}
