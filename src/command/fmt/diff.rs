//! What formatting changes, as `diff -u` shows it.
//!
//! Formatting keeps line breaks, so that each line has its counterpart at the same number;
//! only at the end of the file may there be fewer.

use std::fmt::Write as _;

/// Lines shown around those that change.
const AROUND: usize = 3;

/// The changes from one text to the other; nothing where there are none.
pub(super) fn unified(name: &str, old: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let changed: Vec<usize> = (0..old.len().max(new.len()))
        .filter(|at| old.get(*at) != new.get(*at))
        .collect();
    let mut text = String::new();
    if !changed.is_empty() {
        let _ = writeln!(text, "--- {name}\n+++ {name}");
    }
    // Changes whose surroundings touch are shown together.
    for group in changed.chunk_by(|one, next| next - one <= 2 * AROUND) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        hunk(
            &mut text,
            (&old, &new),
            first.saturating_sub(AROUND),
            last + AROUND + 1,
        );
    }
    text
}

/// The lines of a text, each with its end.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines from one number to before the other.
fn hunk(text: &mut String, (old, new): (&[&str], &[&str]), from: usize, to: usize) {
    let size = |lines: &[&str]| lines.len().min(to).saturating_sub(from);
    let start = |lines: &[&str]| if size(lines) == 0 { from } else { from + 1 };
    let _ = writeln!(
        text,
        "@@ -{},{} +{},{} @@",
        start(old),
        size(old),
        start(new),
        size(new)
    );
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for at in from..to.min(old.len().max(new.len())) {
        match (old.get(at), new.get(at)) {
            (Some(one), Some(other)) if one == other => {
                flush(text, &mut removed, &mut added);
                line(text, ' ', one);
            }
            (one, other) => {
                removed.extend(one);
                added.extend(other);
            }
        }
    }
    flush(text, &mut removed, &mut added);
}

fn flush<'t>(text: &mut String, removed: &mut Vec<&'t str>, added: &mut Vec<&'t str>) {
    for one in removed.drain(..) {
        line(text, '-', one);
    }
    for one in added.drain(..) {
        line(text, '+', one);
    }
}

fn line(text: &mut String, sign: char, line: &str) {
    text.push(sign);
    text.push_str(line);
    if !line.ends_with('\n') {
        text.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn changes_are_shown_with_what_stands_around_them() {
        let old = "a\nb\nc\nd\n  e\nf\ng\nh\ni\nj\nk\nl\n m";
        let new = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
        assert_eq!(
            unified("x.rhai", old, new),
            "--- x.rhai\n+++ x.rhai\n@@ -2,7 +2,7 @@\n b\n c\n d\n-  e\n+e\n f\n g\n h\n\
             @@ -10,4 +10,4 @@\n j\n k\n l\n- m\n\\ No newline at end of file\n+m\n"
        );
        assert_eq!(unified("x", "a\n", "a\n"), "");
        assert_eq!(
            unified("x", "a\n\n\n", "a\n"),
            "--- x\n+++ x\n@@ -1,3 +1,1 @@\n a\n-\n-\n"
        );
    }
}
