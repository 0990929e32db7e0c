//! What can be folded: brackets over several lines, and comments above each other.

use serde_json::{Value, json};

use super::view::View;

/// The parts of a script that can be folded.
pub(super) fn ranges(view: &View<'_>) -> Value {
    let all = &view.symbols.tokens.all;
    let partners = view.symbols.partners.iter().enumerate();
    let mut folds = Vec::new();
    let mut last = None;
    for (open, close) in partners {
        let Some(close) = close.filter(|close| *close > open) else {
            continue;
        };
        let (start, _) = view.lines.numbers(all[open].start);
        let (end, _) = view.lines.numbers(all[close].start);
        // Of several that open in one line the outermost is folded; its last line stays.
        if end > start + 1 && last != Some(start) {
            last = Some(start);
            folds.push(json!({ "startLine": start, "endLine": end - 1 }));
        }
    }
    folds.extend(comments(view));
    Value::Array(folds)
}

fn comments(view: &View<'_>) -> Vec<Value> {
    let mut blocks: Vec<(usize, usize)> = Vec::new();
    for comment in &view.symbols.comments {
        let (start, column) = view.lines.numbers(comment.start);
        let (end, _) = view.lines.numbers(comment.end);
        let line = &view.text[..comment.start];
        let is_alone = line[line.len() - column.min(line.len())..]
            .trim()
            .is_empty();
        match blocks.last_mut() {
            Some(last) if is_alone && last.1 + 1 == start => last.1 = end,
            _ if is_alone => blocks.push((start, end)),
            _ => {}
        }
    }
    let folds = blocks.into_iter().filter(|(start, end)| end > start);
    folds
        .map(|(start, end)| json!({ "startLine": start, "endLine": end, "kind": "comment" }))
        .collect()
}
