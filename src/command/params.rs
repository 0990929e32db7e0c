//! Parameters typed on the command line: `name=value`, nested ones in brackets.

use serde_json::{Map, Value};

use crate::catalog::ParamKind;
use crate::client::{ActionRef, Params};
use crate::error::Failure;

/// Reads `name=value` words; a name may go on in brackets as PHP writes them:
/// `pid[]=1`, `pid[0]=1`, `email_preferences[general]=1`.
pub fn read(action: &ActionRef, words: &[String]) -> Result<Params, Failure> {
    let mut params = Params::new();
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            Failure::usage(format!("`{word}` is no parameter"))
                .hint("parameters are written `name=value`")
        })?;
        let path = path(name).ok_or_else(|| {
            Failure::usage(format!("`{name}` is no parameter name"))
                .hint("nested ones are written `pid[0]=1`")
        })?;
        let kind = match action {
            ActionRef::Known(action) => action.param(path[0]).map(|param| param.kind),
            ActionRef::Other { .. } => None,
        };
        if !place(&mut params, &path, scalar(kind, value)) {
            return Err(Failure::usage(format!("`{name}` is given twice"))
                .hint("several values of one parameter are written `pid[]=1 pid[]=2`"));
        }
    }
    Ok(params
        .into_iter()
        .map(|(name, value)| (name, settle(value)))
        .collect())
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

    use super::read;
    use crate::catalog::action;
    use crate::client::ActionRef;

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
            assert!(failure.what.ends_with("is given twice"), "{words:?}");
        }
    }

    #[test]
    fn a_word_that_is_no_parameter_is_refused() {
        for word in ["limitnum", "=1", "pid[=1", "pid]=1", "[0]=1"] {
            let action = ActionRef::Known(action("AddOrder").unwrap());
            assert!(read(&action, &[word.to_owned()]).is_err(), "{word}");
        }
    }
}
