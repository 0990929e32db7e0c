//! The change log knows the version, and the chapter on upgrading knows its refusals.

use crate::guide::chapter;
use crate::support::repository;

const REFUSED: &str = "### Refused now, or means something else now\n";

fn changelog() -> String {
    std::fs::read_to_string(repository().join("CHANGELOG.md")).unwrap()
}

/// The items of a section, each on one line.
fn items(section: &str) -> Vec<String> {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let items = section.split("\n- ").skip(1);
    items
        .map(|item| one_line(item.split("\n\n").next().unwrap()))
        .collect()
}

#[test]
fn a_version_in_the_making_is_unreleased_and_a_released_one_is_dated() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = changelog();
    let newest = changelog.split("\n## ").nth(1).unwrap();
    let heading = newest.lines().next().unwrap();
    if version.ends_with("-dev") {
        assert_eq!(heading, "Unreleased");
    } else {
        assert!(heading.starts_with(&format!("{version} - 20")), "{heading}");
    }
}

#[test]
fn whatever_is_refused_now_is_in_the_chapter_on_upgrading_in_the_same_words() {
    let chapter = items(&chapter("upgrading.md"));
    for section in changelog().split(REFUSED).skip(1) {
        let section = section.split("\n## ").next().unwrap();
        for item in items(section.split("\n### ").next().unwrap()) {
            assert!(
                chapter.contains(&item),
                "docs/upgrading.md lacks this line of CHANGELOG.md:\n- {item}"
            );
        }
    }
}
