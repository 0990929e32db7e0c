//! The manual of the language: every function with the ways to call it and what is said of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::script::engine::Factory;
use crate::script::engine::functions::{Functions, is_word, signature, written};
use crate::script::host::Confinement;
use crate::script::nowhere::nowhere;

/// What the manual says of one function.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Article {
    /// The ways to call it, such as `csv(path: string) -> rows`; those on a connection last.
    pub ways: Vec<String>,
    /// What it does, in a sentence, then an example in a fence; empty for Rhai's own.
    pub about: String,
}

/// Every native function by name; read once, when it is first asked for.
pub fn manual() -> &'static BTreeMap<String, Article> {
    static MANUAL: LazyLock<BTreeMap<String, Article>> = LazyLock::new(written_up);
    &MANUAL
}

fn written_up() -> BTreeMap<String, Article> {
    let engine = Factory::new(nowhere(Confinement::default(), false)).engine();
    let natives = Functions::of(&engine);
    let mut articles: BTreeMap<String, Article> = natives
        .all()
        .map(|(name, ways)| {
            let ways = ways.into_iter().map(str::to_owned).collect();
            let about = String::new();
            (name.to_owned(), Article { ways, about })
        })
        .collect();
    let ours = engine.collect_fn_metadata(
        None,
        |function| {
            let metadata = function.metadata;
            let is_ours = is_word(&metadata.name) && !metadata.comments.is_empty();
            is_ours.then(|| {
                let name = written(&metadata.name).to_owned();
                (name, signature(metadata), text(&metadata.comments))
            })
        },
        false,
    );
    for (name, way, about) in ours {
        let article = articles.entry(name).or_default();
        // Of several the one that says most, which is that of the longest way.
        if article.about.len() < about.len() {
            article.about = about;
        }
        if !article.ways.contains(&way) {
            article.ways.push(way);
        }
    }
    for article in articles.values_mut() {
        article
            .ways
            .sort_by_key(|way| (way.contains("(connection: "), way.len()));
    }
    articles
}

fn text<S: AsRef<str>>(comments: &[S]) -> String {
    let lines = comments.iter().flat_map(|comment| comment.as_ref().lines());
    let lines = lines.map(|line| {
        let line = line.trim_start_matches('/');
        line.strip_prefix(' ').unwrap_or(line).trim_end()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::manual;

    #[test]
    fn ours_come_with_an_example_and_rhais_with_their_signature() {
        let csv = &manual()["csv"];
        assert!(csv.ways[0].starts_with("csv(path: string"), "{csv:?}");
        assert!(csv.about.contains("```rhai\n"), "{csv:?}");
        let client = &manual()["add_client"];
        assert!(client.ways[0].starts_with("add_client("), "{client:?}");
        assert!(!manual()["push"].ways.is_empty());
        assert!(manual().contains_key("call"));
    }
}
