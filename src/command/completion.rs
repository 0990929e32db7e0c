//! What can be typed where, for completion in a shell: names that are on this machine or in
//! the catalog.
//!
//! Nothing is sent, no secret is fetched and nothing is said: what cannot be read has no names.

use std::path::PathBuf;

use super::execution::names;
use super::find_action;
use crate::catalog;
use crate::client::ActionRef;
use crate::config::Choice;
use crate::run::journal;

/// So many runs are looked at for the names that their users gave them.
const RUNS: usize = 50;

/// The API actions, with what each does.
pub fn actions() -> Vec<(String, &'static str)> {
    let actions = catalog::actions().iter();
    let actions = actions.map(|action| (action.name.to_owned(), action.summary));
    actions.collect()
}

/// The parameters of an action with `=` behind each, those that it needs first; for one whose
/// name is typed already, its values, where they are known.
pub fn parameters(action: &str, typed: &str) -> Vec<(String, &'static str)> {
    let found = find_action(action, false).ok();
    let Some(action) = found.as_ref().and_then(ActionRef::known) else {
        return Vec::new();
    };
    if let Some((name, _)) = typed.split_once('=') {
        let mut params = action.params.iter();
        let param = params.find(|param| param.name == name);
        let values = param.map(|param| param.values).unwrap_or_default().iter();
        return values
            .map(|value| (format!("{name}={value}"), ""))
            .collect();
    }
    let (needed, others): (Vec<_>, Vec<_>) = action.params.iter().partition(|param| param.required);
    let params = needed.into_iter().chain(others);
    params
        .map(|param| (format!("{}=", param.name), param.about))
        .collect()
}

/// The profiles of that configuration.
pub fn profiles(config: Option<PathBuf>) -> Vec<String> {
    let choice = Choice {
        file: config,
        ..Choice::default()
    };
    let file = choice.load().ok();
    file.map(|file| file.profiles.into_keys().collect())
        .unwrap_or_default()
}

/// The runs by the names of their folders, the newest first.
pub fn runs() -> Vec<String> {
    let folders = names::folders().unwrap_or_default().into_iter();
    let name = |folder: PathBuf| Some(folder.file_name()?.to_str()?.to_owned());
    let mut runs: Vec<String> = folders.filter_map(name).collect();
    runs.sort_by(|one, other| other.cmp(one));
    runs
}

/// The names that users gave the newest runs.
pub fn run_names() -> Vec<String> {
    let mut folders = names::folders().unwrap_or_default();
    folders.sort_by(|one, other| other.cmp(one));
    let heads = folders.iter().take(RUNS);
    let heads = heads.filter_map(|folder| journal::read_head(folder).ok());
    let mut names: Vec<String> = heads.filter_map(|head| head.name).collect();
    names.sort();
    names.dedup();
    names
}
