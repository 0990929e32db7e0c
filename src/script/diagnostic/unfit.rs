//! A call that fits no function: what was called, with what, and how it is
//! called instead.

use crate::catalog::similar;
use crate::script::diagnostic::foreign;
use crate::script::diagnostic::words::{Words, a_kind, kind, own_words};
use crate::script::engine::Factory;
use crate::script::engine::functions::Functions;
use crate::script::engine::keywords::CALL;
use crate::script::engine::sources::Defined;
use crate::script::planned;

/// Why a planned value does not do.
const PLANNED: &str = "a planned value will only be known in a real run";

/// Names shorter than this resemble everything.
const SHORTEST: usize = 3;

/// What Rhai's `name (type, type)` means to the reader of the script.
pub(crate) fn unfit(factory: &Factory, signature: &str) -> Words {
    let Some((name, given)) = signature.split_once(" (") else {
        return unsortable(signature);
    };
    let given: Vec<&str> = given
        .strip_suffix(')')
        .unwrap_or(given)
        .split(", ")
        .filter(|kind| !kind.is_empty())
        .map(|given| kind(given.split(" | ").next().unwrap_or(given)))
        .collect();
    let defined = factory.sources().function(name);
    if name.starts_with("anon$") {
        return closure(&defined, given.len());
    }
    if !name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') {
        return operator(name, &given);
    }
    let natives = Functions::list(&factory.engine());
    if !defined.is_empty() {
        return script_function(name, &given, &defined);
    }
    if natives.arities(name).is_some() {
        return native(&natives, name, &given);
    }
    if let Some(hint) = part_of_day(name, &given) {
        return Words {
            what: format!("unknown function `{name}`"),
            hint: Some(hint),
        };
    }
    let own = factory.sources().functions();
    let known = natives.names().chain(own.iter().map(String::as_str));
    Words {
        what: format!("unknown function `{name}`"),
        hint: meant(name, known),
    }
}

/// Rhai reports what `sort` cannot do as a function of that name.
fn unsortable(sentence: &str) -> Words {
    let words: Vec<&str> = sentence.split(' ').map(kind).collect();
    Words {
        what: own_words(&words.join(" ")),
        hint: Some(
            "pass a closure: `sort(|a, b| if a.id < b.id { -1 } else { 1 })` sorts by a property \
             `id`"
                .into(),
        ),
    }
}

fn closure(defined: &Defined, given: usize) -> Words {
    let needed = defined.iter().map(Vec::len).find(|needed| *needed != given);
    let Some(needed) = needed else {
        return Words {
            what: "this closure cannot be called here".into(),
            hint: Some("a closure made in an imported module can only be called there".into()),
        };
    };
    // Captured variables count on both sides, so only the difference can be told.
    let side = if needed > given { "more" } else { "fewer" };
    let noun = match needed.abs_diff(given) {
        1 => "1 argument".to_owned(),
        several => format!("{several} arguments"),
    };
    let hint = (given == 2 && needed == 1).then(|| {
        "`sort`, `order_by`, `dedup` and `reduce` pass two values: `|one, other| …`; by a field: \
         `|one, other| if one.id < other.id { -1 } else { 1 }`"
            .to_owned()
    });
    Words {
        what: format!("this closure takes {noun} {side} than it gets"),
        hint,
    }
}

/// The parts of a day are properties, and called like functions elsewhere.
fn part_of_day(name: &str, given: &[&str]) -> Option<String> {
    const PARTS: [&str; 7] = [
        "year", "month", "day", "weekday", "hour", "minute", "second",
    ];
    let is_of_day = matches!(given, ["date" | "datetime"]);
    (is_of_day && PARTS.contains(&name)).then(|| format!("write `.{name}` without parentheses"))
}

fn operator(name: &str, given: &[&str]) -> Words {
    let has = |kind: &str| given.contains(&kind);
    let hint = if has(planned::NAME) {
        Some(PLANNED)
    } else if name == "!" {
        given.first().map(|kind| foreign::no_truth(kind))
    } else if matches!(name, "&" | "|" | "^") && has("text") {
        Some("text is joined with `+`, and `&&` and `||` are for true and false")
    } else if has("date") && has("datetime") {
        Some("turn the moment into a day first: `moment.date()`")
    } else if has("`()`") {
        Some("a value is missing; test it first: `if value != () { … }`")
    } else if !has("text") {
        None
    } else if has("date") {
        Some("turn the text into a day first: `date(text)`")
    } else if has("decimal") {
        Some("turn the text into money first: `parse_money(text)`")
    } else if has("whole number") || has("floating-point number") {
        Some("turn the text into a number first, such as with `parse_int(text)`")
    } else {
        None
    };
    let operands: Vec<String> = given.iter().map(|kind| a_kind(kind)).collect();
    Words {
        what: format!("`{name}` does not work with {}", operands.join(" and ")),
        hint: hint.map(Into::into),
    }
}

fn script_function(name: &str, given: &[&str], defined: &Defined) -> Words {
    let ways: Vec<String> = defined
        .iter()
        .map(|parameters| format!("`{name}({})`", parameters.join(", ")))
        .collect();
    let ways = ways.join(" or ");
    // Called with as many arguments as it takes, it was called on the first of them.
    let hint = if defined.iter().any(|way| way.len() == given.len()) {
        format!("it is not a method; call it as {ways}")
    } else {
        format!("call it as {ways}")
    };
    Words {
        what: does_not_take(name, given),
        hint: Some(hint),
    }
}

fn native(natives: &Functions, name: &str, given: &[&str]) -> Words {
    let ways: Vec<String> = natives
        .signatures(name, given.len())
        .into_iter()
        .take(2)
        .map(|way| format!("`{way}`"))
        .collect();
    let array = [": array,", ": array)"];
    let wants_array = ways
        .iter()
        .any(|way| array.iter().any(|array| way.contains(array)));
    let comes_once = |kind: &&str| matches!(*kind, "gathered" | "records" | "rows");
    let hint = if given.contains(&planned::NAME) {
        Some(PLANNED.to_owned())
    } else if wants_array && given.iter().any(comes_once) {
        Some("it takes an array: turn them into one with `.to_array()`".to_owned())
    } else if given == ["text"] && matches!(name, "to_decimal" | "to_float" | "to_int") {
        Some(
            "`parse_int(…)` turns text into a whole number, `parse_money(…)` into an amount"
                .to_owned(),
        )
    } else {
        (!ways.is_empty()).then(|| format!("call it as {}", ways.join(" or ")))
    };
    Words {
        what: does_not_take(if name == CALL { "call" } else { name }, given),
        hint,
    }
}

fn does_not_take(name: &str, given: &[&str]) -> String {
    format!("`{name}` does not take ({})", given.join(", "))
}

/// The hint that says what was probably meant by a function that is not there.
pub(crate) fn meant<'f>(
    name: &str,
    known: impl Iterator<Item = &'f str> + Clone,
) -> Option<String> {
    foreign::hint(name).or_else(|| suggestion(&near_functions(name, known)))
}

/// The functions that were probably meant: those that go on where the name
/// ends, else those spelled alike.
fn near_functions<'f>(name: &str, known: impl Iterator<Item = &'f str> + Clone) -> Vec<&'f str> {
    let known = known.filter(|other| other.len() >= SHORTEST);
    let mut longer: Vec<&str> = known
        .clone()
        .filter(|other| name.len() >= 4 && other.starts_with(name))
        .collect();
    if longer.is_empty() {
        return similar(name, known);
    }
    longer.sort_by_key(|other| other.len());
    longer.truncate(3);
    longer
}

/// The hint that names what is similar.
pub(crate) fn suggestion(names: &[&str]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("similar: {}", names.join(", ")))
}
