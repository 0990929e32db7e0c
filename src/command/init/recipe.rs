//! The recipes of `scripts/`, which the program has in it.

use crate::catalog::similar;
use crate::error::Failure;

/// The files of `scripts/` by their names in it, as the program was built with.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/recipes.rs"));

/// What the name of a script's tests ends with.
const TEST: &str = "_test.rhai";

/// The names of all recipes.
pub fn recipes() -> impl Iterator<Item = &'static str> {
    let scripts = FILES.iter().filter(|(name, _)| !name.ends_with(TEST));
    scripts.filter_map(|(name, _)| name.strip_suffix(".rhai"))
}

/// The first line of what a recipe says of itself.
pub fn about(recipe: &str) -> Option<&'static str> {
    let line = text(&format!("{recipe}.rhai"))?.lines().next()?;
    Some(line.trim_start_matches("//!").trim())
}

/// The files of a recipe: the script, its tests where there are any, and the data that is
/// named in them.
pub(super) fn files(recipe: &str) -> Result<Vec<(&'static str, &'static str)>, Failure> {
    let recipe = recipe.strip_suffix(".rhai").unwrap_or(recipe);
    if !recipes().any(|known| known == recipe) {
        return Err(unknown(recipe));
    }
    let own = [format!("{recipe}.rhai"), format!("{recipe}{TEST}")];
    let own = || {
        FILES
            .iter()
            .filter(|(name, _)| own.iter().any(|own| own == name))
    };
    let is_named = |data: &str| own().any(|(_, text)| text.contains(data));
    let data = FILES
        .iter()
        .filter(|(name, _)| name.starts_with("data/") && is_named(name));
    Ok(own().chain(data).copied().collect())
}

fn text(name: &str) -> Option<&'static str> {
    let (_, text) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(text)
}

fn unknown(recipe: &str) -> Failure {
    let failure = Failure::usage(format!("unknown recipe `{recipe}`"));
    if let Some(near) = similar(recipe, recipes()).first() {
        return failure.hint(format!("did you mean `{near}`?"));
    }
    let known: Vec<&str> = recipes().collect();
    failure.hint(format!("known: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_comes_with_the_data_it_names() {
        let names = |recipe| {
            let files = files(recipe).unwrap().into_iter();
            files
                .map(|(name, _)| name)
                .filter(|name| !name.ends_with(TEST))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names("onboard_clients"),
            ["onboard_clients.rhai", "data/clients.csv"]
        );
        assert_eq!(names("list_overdue.rhai"), ["list_overdue.rhai"]);
    }

    #[test]
    fn every_recipe_says_what_it_does_and_no_test_is_one() {
        for recipe in recipes() {
            assert!(
                about(recipe).is_some_and(|line| line.len() > 10),
                "{recipe}"
            );
            assert!(!recipe.ends_with("_test"), "{recipe}");
        }
    }

    #[test]
    fn a_misspelled_recipe_is_told_with_the_nearest() {
        let error = files("onboard_client").unwrap_err();
        assert_eq!(
            error.hint.as_deref(),
            Some("did you mean `onboard_clients`?")
        );
    }
}
