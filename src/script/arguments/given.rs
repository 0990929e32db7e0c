//! What was given of the arguments that a script declares.
//!
//! They are kept in the order of their declarations, each as one word, with the defaults in
//! their places: so a run's journal holds them as those of any script, and what is compared,
//! bound and printed is the same however they were given. An empty word stands for one that
//! was left out.

use std::fmt::Write as _;

use rhai::{Dynamic, Map};

use super::declared::Declared;
use super::kind::ArgumentKind;
use crate::catalog::similar;
use crate::error::Failure;

/// What is wrong with what was given.
pub(super) struct Ungiven {
    pub what: String,
    pub hint: Option<String>,
}

impl Ungiven {
    fn new(what: String) -> Self {
        Self { what, hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// How a script is called.
pub fn usage(script: &str, declared: &[Declared]) -> String {
    let mut usage = format!("whmcsh run {script}");
    for argument in declared {
        let placeholder = argument.kind.placeholder();
        let option = argument.option();
        // Writing into a text cannot fail.
        let _ = match argument.kind {
            _ if argument.is_required => write!(usage, " {}", argument.name.to_uppercase()),
            ArgumentKind::Flag => write!(usage, " [--{option}]"),
            _ => write!(usage, " [--{option} {placeholder}]"),
        };
    }
    usage
}

/// The words in the order of the declarations: those without a name first come, first placed.
pub(super) fn ordered(
    declared: &[Declared],
    words: &[String],
    named: &[(String, String)],
) -> Result<Vec<String>, Ungiven> {
    let mut given: Vec<Option<&str>> = vec![None; declared.len()];
    for (name, word) in named {
        let known_names = declared.iter().map(|argument| argument.name.as_str());
        let Some(at) = known_names.clone().position(|known| known == name) else {
            let unknown = Ungiven::new(format!("the script has no argument `{name}`"));
            return Err(match similar(name, known_names).first() {
                Some(similar) => unknown.hint(format!("did you mean `{similar}`?")),
                None => unknown,
            });
        };
        if given[at].replace(word).is_some() {
            return Err(Ungiven::new(format!("`{name}` is passed twice")));
        }
    }
    let mut free = 0..declared.len();
    for word in words {
        // Those that were named do not wait for a word.
        let Some(at) = free.find(|at| given[*at].is_none()) else {
            return Err(too_many(declared, words.len() + named.len()));
        };
        given[at] = Some(word);
    }
    let pairs = declared.iter().zip(given);
    let ordered = pairs.map(|(argument, word)| read(argument, word));
    let mut ordered = ordered.collect::<Result<Vec<String>, _>>()?;
    let is_left_out =
        |(argument, word): (&Declared, &String)| word.is_empty() && argument.default.is_none();
    while let (Some(word), Some(argument)) = (ordered.last(), declared.get(ordered.len() - 1)) {
        if !is_left_out((argument, word)) {
            break;
        }
        ordered.pop();
    }
    Ok(ordered)
}

fn too_many(declared: &[Declared], given: usize) -> Ungiven {
    let takes = match declared.len() {
        1 => "takes 1 argument".to_owned(),
        several => format!("takes {several} arguments"),
    };
    Ungiven::new(format!("the script {takes}, but {given} were passed"))
}

/// The word for an argument, once it is one of its kind.
fn read(argument: &Declared, word: Option<&str>) -> Result<String, Ungiven> {
    let name = &argument.name;
    let Some(word) = word else {
        if argument.is_required {
            let about = match argument.about.as_str() {
                "" => String::new(),
                about => format!(": {about}"),
            };
            return Err(Ungiven::new(format!(
                "the argument `{name}` is missing{about}"
            )));
        }
        return Ok(argument.default.clone().unwrap_or_default());
    };
    // What may be left out is left out by an empty word too, which stands in its place.
    let may_be_left_out = !argument.is_required && argument.default.is_none();
    if word.is_empty() && may_be_left_out {
        return Ok(String::new());
    }
    if word.is_empty() && argument.default.as_deref() != Some("") {
        let hint = match &argument.default {
            Some(default) => format!("leave it out to use `{default}`"),
            None => argument.kind.hint(),
        };
        return Err(Ungiven::new(format!("the argument `{name}` is empty")).hint(hint));
    }
    match argument.kind.value(word) {
        Ok(_) => Ok(word.to_owned()),
        Err(why) => {
            let what = format!("the argument `{name}` must be a {}", argument.kind.word());
            let what = match argument.kind {
                ArgumentKind::Flag => format!("the argument `{name}` is a flag"),
                _ => what,
            };
            Err(Ungiven::new(format!("{what}: {why}")).hint(argument.kind.hint()))
        }
    }
}

/// What the script finds in `args`.
pub(super) fn values(declared: &[Declared], words: &[String]) -> Map {
    let pairs = declared.iter().enumerate();
    let value = |(at, argument): (usize, &Declared)| {
        let word = words.get(at).map_or("", String::as_str);
        let is_left_out = word.is_empty() && argument.default.is_none();
        let value = match argument.kind.value(word) {
            Ok(value) if !is_left_out => value,
            _ => Dynamic::UNIT,
        };
        (argument.name.as_str().into(), value)
    };
    pairs.map(value).collect()
}

/// The words of `--name value` and `--name=value` among others, taken out.
pub(super) fn without_named(
    declared: &[Declared],
    words: Vec<String>,
) -> (Vec<String>, Vec<(String, String)>) {
    let (mut others, mut named) = (Vec::new(), Vec::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").unwrap_or_default();
        let (option, value) = match option.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (option, None),
        };
        let Some(argument) = declared.iter().find(|one| one.option() == option) else {
            others.push(word);
            continue;
        };
        let value = match (&argument.kind, value) {
            (_, Some(value)) => value,
            (ArgumentKind::Flag, None) => "true".to_owned(),
            (_, None) => words.next().unwrap_or_default(),
        };
        named.push((argument.name.clone(), value));
    }
    (others, named)
}

/// The failure of a script that was given that.
pub(super) fn failure(script: &str, declared: &[Declared], ungiven: Ungiven) -> Failure {
    let failure = Failure::usage(format!("{}; nothing was sent", ungiven.what));
    let usage = format!("usage: {}", usage(script, declared));
    match ungiven.hint {
        Some(hint) => failure.at(usage).hint(hint),
        None => failure
            .at(usage)
            .hint(format!("`whmcsh run {script} --help` lists them")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::declared::declared;
    use super::*;

    const HEADER: &str = "//! arg clients: file\n//! arg months: number = 24\n//! arg status: one of \"Active\", \"Closed\"?\n//! arg really: flag\n//! arg note: text = \"\"\n";

    fn given(words: &[&str], named: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let declared = declared(HEADER).unwrap();
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let named: Vec<(String, String)> = named
            .iter()
            .map(|(name, word)| ((*name).to_owned(), (*word).to_owned()))
            .collect();
        ordered(&declared, &words, &named).map_err(|ungiven| ungiven.what)
    }

    #[test]
    fn words_come_in_the_order_of_the_declarations_whichever_way_they_are_given() {
        let wanted = ["a.csv", "12", "Closed", "true", "x"].map(str::to_owned);
        assert_eq!(
            given(&["a.csv", "12", "Closed", "true", "x"], &[]).unwrap(),
            wanted
        );
        let named = [("months", "12"), ("really", "true"), ("note", "x")];
        assert_eq!(given(&["a.csv", "Closed"], &named).unwrap(), wanted);
        // What is kept means the same when it is given again.
        assert_eq!(
            given(&["a.csv"], &[]).unwrap(),
            ["a.csv", "24", "", "false", ""]
        );
        assert_eq!(
            given(&["a.csv", "24", "", "false", ""], &[]).unwrap(),
            ["a.csv", "24", "", "false", ""]
        );
    }

    #[test]
    fn what_is_missing_unknown_or_of_another_kind_is_refused() {
        for (words, named, what) in [
            (&[][..], &[][..], "the argument `clients` is missing"),
            (
                &["a", "x"],
                &[],
                "the argument `months` must be a number: `x` is not a number",
            ),
            (&["a", ""], &[], "the argument `months` is empty"),
            (&["a"], &[("months", "")], "the argument `months` is empty"),
            (
                &["a"],
                &[("month", "1")],
                "the script has no argument `month`",
            ),
            (
                &["a"],
                &[("months", "1"), ("months", "1")],
                "`months` is passed twice",
            ),
            (
                &["a"],
                &[("status", "active")],
                "the argument `status` must be a value of the list: `active` is not in it",
            ),
            (
                &["a", "1", "Active", "no", "x", "y"],
                &[],
                "the script takes 5 arguments, but 6 were passed",
            ),
            (&[""], &[], "the argument `clients` is empty"),
        ] {
            assert_eq!(given(words, named).unwrap_err(), what);
        }
    }

    #[test]
    fn named_words_are_taken_out_of_others() {
        let declared = declared(HEADER).unwrap();
        let words = ["a.csv", "--months=3", "--really", "--note", "--x", "--odd"];
        let words = words.map(str::to_owned).to_vec();
        let (others, named) = without_named(&declared, words);
        assert_eq!(others, ["a.csv", "--odd"]);
        let named: Vec<String> = named
            .into_iter()
            .map(|(name, word)| format!("{name}={word}"))
            .collect();
        assert_eq!(named, ["months=3", "really=true", "note=--x"]);
    }
}
