//! Parameters typed on the command line: `name=value`, nested ones in brackets,
//! many at once as JSON: `params=@file.json`, or `params=-` from standard input.

use std::fs;
use std::io::{ErrorKind, Read as _, stdin};
use std::path::Path;

use serde_json::{Map, Value};

use crate::catalog::ParamKind;
use crate::client::{ActionRef, Params};
use crate::error::Failure;
use crate::files::reason;
use crate::script::astray;

/// The name whose value says where a JSON object of parameters is.
const WHOLE: &str = "params";

/// Where parameters may come from besides the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sources {
    /// Files and standard input.
    All,
    /// Files alone: what must be had again when a run is resumed.
    Files,
}

/// Reads `name=value` words; a name may go on in brackets as PHP writes them:
/// `pid[]=1`, `pid[0]=1`, `email_preferences[general]=1`.
pub fn read(action: &ActionRef, words: &[String], sources: Sources) -> Result<Params, Failure> {
    let mut typed = Params::new();
    let mut whole = Params::new();
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            let hint = if word.starts_with('-') {
                "parameters are written `name=value`; options come before `--`"
            } else {
                "parameters are written `name=value`"
            };
            Failure::usage(format!("`{word}` is not a parameter")).hint(hint)
        })?;
        if name == WHOLE {
            for (name, value) in object(value, sources)? {
                if whole.insert(name.clone(), value).is_some() {
                    return Err(given_twice(&name));
                }
            }
            continue;
        }
        let path = path(name).ok_or_else(|| {
            Failure::usage(format!("`{name}` is not the name of a parameter"))
                .hint("nested ones are written `pid[0]=1`")
        })?;
        let kind = match action {
            ActionRef::Known(action) => action.param(path[0]).map(|param| param.kind),
            ActionRef::Other { .. } => None,
        };
        if !place(&mut typed, &path, scalar(kind, value)) {
            return Err(given_twice(name)
                .hint("several values of one parameter are written `pid[]=1 pid[]=2`"));
        }
    }
    for (name, value) in typed {
        if whole.contains_key(&name) {
            return Err(given_twice(&name));
        }
        whole.insert(name, settle(value));
    }
    Ok(whole)
}

fn given_twice(name: &str) -> Failure {
    Failure::usage(format!("`{name}` is used twice"))
}

/// The parameters of a JSON object; what is `null` in it is left out.
fn object(source: &str, sources: Sources) -> Result<Params, Failure> {
    let (text, shown) = match (source.strip_prefix('@'), sources) {
        (Some(path), _) => (fs::read_to_string(path), format!("`{path}`")),
        (None, Sources::All) if source == "-" => {
            let mut text = String::new();
            let read = stdin().read_to_string(&mut text).map(|_| text);
            (read, "standard input".to_owned())
        }
        (None, Sources::All) => {
            return Err(Failure::usage(format!(
                "`{WHOLE}=` must name the source of a JSON object of parameters"
            ))
            .hint("write `params=@file.json`, or `params=-` for standard input"));
        }
        (None, Sources::Files) => {
            return Err(Failure::usage(format!(
                "`{WHOLE}=` must name a file here: a resumed run reads it again"
            ))
            .hint("write `params=@file.json`"));
        }
    };
    let text = text.map_err(|error| {
        let what = format!("the parameters in {shown} cannot be read");
        let path = source.strip_prefix('@').unwrap_or_default();
        match (error.kind(), astray(path, Path::new(path))) {
            (ErrorKind::NotFound, Some(hint)) => {
                Failure::usage(format!("{what}: it does not exist")).hint(hint)
            }
            (ErrorKind::NotFound, None) => Failure::usage(format!("{what}: it does not exist")),
            _ => Failure::usage(format!("{what}: {}", reason(&error))),
        }
    })?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{shown} does not hold JSON: {error}")))?;
    match value {
        Value::Object(mut params) => {
            params.retain(|_, value| !value.is_null());
            Ok(params)
        }
        _ => Err(
            Failure::usage(format!("{shown} does not hold a JSON object of parameters"))
                .hint("write it as `{\"clientid\": 7, \"pid\": [1, 2]}`"),
        ),
    }
}

/// The keys of `a[b][c]`; an empty key asks for the next number.
fn path(name: &str) -> Option<Vec<&str>> {
    let Some(at) = name.find('[') else {
        let is_plain = !name.is_empty() && !name.contains(']');
        return is_plain.then(|| vec![name]);
    };
    let inner = name[at..].strip_prefix('[')?.strip_suffix(']')?;
    let mut keys = vec![&name[..at]];
    keys.extend(inner.split("]["));
    (at > 0 && !keys.iter().any(|key| key.contains(['[', ']']))).then_some(keys)
}

/// A truth value for what the catalog says is one, text otherwise.
fn scalar(kind: Option<ParamKind>, value: &str) -> Value {
    match (kind, value) {
        (Some(ParamKind::Bool | ParamKind::Bools), "true" | "yes" | "on" | "1") => {
            Value::Bool(true)
        }
        (Some(ParamKind::Bool | ParamKind::Bools), "false" | "no" | "off" | "0") => {
            Value::Bool(false)
        }
        _ => Value::String(value.to_owned()),
    }
}

/// Puts the value where the path leads; `false` if something is there already.
fn place(into: &mut Map<String, Value>, path: &[&str], value: Value) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    let key = if key.is_empty() {
        next_number(into).to_string()
    } else {
        (*key).to_owned()
    };
    if rest.is_empty() {
        return into.insert(key, value).is_none();
    }
    match into.entry(key).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(nested) => place(nested, rest, value),
        _ => false,
    }
}

/// The number after the highest one, as PHP counts.
fn next_number(map: &Map<String, Value>) -> u64 {
    let numbers = map.keys().filter_map(|key| key.parse::<u64>().ok());
    numbers.max().map_or(0, |highest| highest.saturating_add(1))
}

/// Turns maps whose keys count up from 0 into arrays, as PHP sees them.
fn settle(value: Value) -> Value {
    let Value::Object(map) = value else {
        return value;
    };
    let counts_up = map
        .keys()
        .enumerate()
        .all(|(at, key)| *key == at.to_string());
    if counts_up && !map.is_empty() {
        return Value::Array(map.into_iter().map(|(_, value)| settle(value)).collect());
    }
    Value::Object(
        map.into_iter()
            .map(|(key, value)| (key, settle(value)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Sources, WHOLE};
    use crate::catalog::{action, actions};
    use crate::client::{ActionRef, Params};
    use crate::error::Failure;

    fn read(action: &ActionRef, words: &[String]) -> Result<Params, Failure> {
        super::read(action, words, Sources::All)
    }

    fn parsed(name: &str, words: &[&str]) -> serde_json::Value {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        read(&ActionRef::Known(action(name).unwrap()), &words)
            .unwrap()
            .into()
    }

    #[test]
    fn plain_values_are_text_and_truth_values_follow_the_catalog() {
        let params = parsed(
            "AddClient",
            &["firstname=true", "noemail=true", "notes=a=b"],
        );
        assert_eq!(
            params,
            json!({"firstname": "true", "noemail": true, "notes": "a=b"})
        );
    }

    #[test]
    fn brackets_make_arrays_and_maps() {
        let params = parsed(
            "AddOrder",
            &["pid[]=1", "pid[]=2", "domainrenewals[a.com]=1"],
        );
        assert_eq!(
            params,
            json!({"pid": ["1", "2"], "domainrenewals": {"a.com": "1"}})
        );
    }

    #[test]
    fn empty_brackets_take_the_number_after_the_highest() {
        let params = parsed("AddOrder", &["pid[1]=7", "pid[]=8"]);
        assert_eq!(params, json!({"pid": {"1": "7", "2": "8"}}));
    }

    #[test]
    fn a_parameter_is_never_given_twice() {
        for words in [
            ["clientid=1", "clientid=2"],
            ["pid[0]=1", "pid[0]=2"],
            ["pid=1", "pid[0]=2"],
            ["pid[0]=1", "pid=2"],
        ] {
            let action = ActionRef::Known(action("AddOrder").unwrap());
            let failure = read(&action, &words.map(str::to_owned)).unwrap_err();
            assert!(failure.what.ends_with("is used twice"), "{words:?}");
        }
    }

    #[test]
    fn a_word_that_is_no_parameter_is_refused() {
        for word in ["limitnum", "=1", "pid[=1", "pid]=1", "[0]=1"] {
            let action = ActionRef::Known(action("AddOrder").unwrap());
            assert!(read(&action, &[word.to_owned()]).is_err(), "{word}");
        }
    }

    #[test]
    fn an_object_of_parameters_comes_from_a_file_and_goes_with_typed_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("order.json");
        std::fs::write(
            &path,
            r#"{"pid": [1, 2], "notes": null, "domainrenewals": {"0": "a"}}"#,
        )
        .unwrap();
        let file = format!("params=@{}", path.display());
        let params = parsed("AddOrder", &[&file, "clientid=7"]);
        assert_eq!(
            params,
            json!({"pid": [1, 2], "domainrenewals": {"0": "a"}, "clientid": "7"})
        );
        let order = ActionRef::Known(action("AddOrder").unwrap());
        let refused = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            read(&order, &words).unwrap_err().what
        };
        assert_eq!(refused(&[&file, "pid[]=3"]), "`pid` is used twice");
        assert_eq!(refused(&[&file, &file]), "`pid` is used twice");
        std::fs::write(&path, "[1]").unwrap();
        assert!(refused(&[&file]).ends_with("does not hold a JSON object of parameters"));
        std::fs::write(&path, "{").unwrap();
        assert!(refused(&[&file]).contains("does not hold JSON: EOF"));
        assert!(refused(&["params=@none.json"]).contains("cannot be read"));
        assert!(refused(&["params=7"]).contains("must name the source"));
    }

    #[test]
    fn no_action_has_a_parameter_of_the_name_that_stands_for_all() {
        assert!(actions().iter().all(|action| action.param(WHOLE).is_none()));
    }
}
