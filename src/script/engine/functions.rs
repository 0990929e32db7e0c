//! The functions a script can call: their names, and how they are called.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{Engine, FuncMetadata};

use crate::script::engine::keywords::CALL;

/// A function a script can call, for completion and suggestions.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its name with its parameters, such as `add_client(params: map)`.
    pub signature: String,
    /// What it does, in one sentence, where it is ours.
    pub about: String,
}

/// The native functions of an engine.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    /// By name, the numbers of arguments it takes, and its signatures.
    natives: BTreeMap<String, (BTreeSet<usize>, BTreeSet<String>)>,
}

/// Functions that are part of the language: name and numbers of arguments.
const LANGUAGE: &[(&str, &[usize])] = &[
    ("Fn", &[1]),
    ("curry", &[2, 3, 4, 5, 6, 7, 8]),
    ("eval", &[1]),
    ("is_def_fn", &[2, 3]),
    ("is_def_var", &[1]),
    ("is_shared", &[1]),
    ("type_of", &[1]),
];

impl Functions {
    /// Everything an engine knows by itself: the language's functions and ours.
    pub(crate) fn list(engine: &Engine) -> Self {
        let mut natives: BTreeMap<String, (BTreeSet<usize>, BTreeSet<String>)> = BTreeMap::new();
        let found = engine.collect_fn_metadata(
            None,
            |function| {
                let metadata = function.metadata;
                is_word(&metadata.name).then(|| {
                    let is_described = metadata.params_info.len() == metadata.num_params;
                    let signature = is_described.then(|| signature(metadata));
                    (metadata.name.to_string(), metadata.num_params, signature)
                })
            },
            true,
        );
        for (name, arity, signature) in found {
            let (arities, signatures) = natives.entry(name).or_default();
            arities.insert(arity);
            signatures.extend(signature);
        }
        // What stands in the place of one of Rhai's, and gives something, is called as that.
        for (_, signatures) in natives.values_mut() {
            let giving: Vec<String> = signatures
                .iter()
                .filter_map(|way| Some(way.split_once(" -> ")?.0.to_owned()))
                .collect();
            signatures.retain(|way| !giving.contains(way));
        }
        for (name, arities) in LANGUAGE {
            let signatures = BTreeSet::from([format!("{name}(…)")]);
            natives.insert(
                (*name).into(),
                (arities.iter().copied().collect(), signatures),
            );
        }
        Self { natives }
    }

    /// The numbers of arguments a function takes, if there is one of that name.
    pub(crate) fn arities(&self, name: &str) -> Option<&BTreeSet<usize>> {
        self.natives.get(name).map(|(arities, _)| arities)
    }

    /// The ways to call a function with about that many arguments, nearest
    /// first; those on a connection last.
    pub(crate) fn signatures(&self, name: &str, given: usize) -> Vec<&str> {
        let found = self.natives.get(name).map(|(_, signatures)| signatures);
        let mut ways: Vec<&str> = found.into_iter().flatten().map(String::as_str).collect();
        ways.sort_by_key(|way| {
            let parameters = way.matches(": ").count();
            (way.contains("(connection: "), parameters.abs_diff(given))
        });
        ways
    }

    /// Every function with the ways to call it, as scripts write them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let natives = self.natives.iter();
        natives.map(|(name, (_, ways))| (written(name), ways.iter().map(String::as_str).collect()))
    }

    /// All names, as scripts write them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.natives.keys().map(|name| written(name))
    }
}

/// Which of those functions, by name and number of arguments, are ours and
/// documented, and so not one of the language or in the place of one.
pub(crate) fn ours_among(
    engine: &Engine,
    wanted: &BTreeSet<(&str, usize)>,
) -> BTreeSet<(String, usize)> {
    if wanted.is_empty() {
        return BTreeSet::new();
    }
    let found = engine.collect_fn_metadata(
        None,
        |function| {
            let metadata = function.metadata;
            let key = (metadata.name.as_str(), metadata.num_params);
            let is_meant = !metadata.comments.is_empty() && wanted.contains(&key);
            is_meant.then(|| (key.0.to_owned(), key.1))
        },
        false,
    );
    found.into_iter().collect()
}

/// The functions that are ours, with what they do.
pub(crate) fn described(engine: &Engine) -> Vec<Function> {
    let mut functions = engine.collect_fn_metadata(
        None,
        |function| {
            let metadata = function.metadata;
            is_word(&metadata.name).then(|| Function {
                name: written(&metadata.name).to_owned(),
                signature: signature(metadata),
                about: about(&metadata.comments),
            })
        },
        false,
    );
    functions.sort();
    functions.dedup();
    functions
}

/// The name scripts write for what Rhai may know by another.
pub(crate) fn written(name: &str) -> &str {
    if name == CALL { "call" } else { name }
}

/// How a function is called: `csv(path: string, options: map) -> rows`.
pub(crate) fn signature(function: &FuncMetadata) -> String {
    let parameter = |parameter: &rhai::Identifier| match parameter.split_once(':') {
        Some((name, kind)) => format!("{}: {}", name.trim(), type_word(kind)),
        None => parameter.to_string(),
    };
    let parameters: Vec<String> = function.params_info.iter().map(parameter).collect();
    let result = match type_word(&function.return_type) {
        "" | "()" => String::new(),
        kind => format!(" -> {kind}"),
    };
    let name = written(&function.name);
    format!("{name}({}){result}", parameters.join(", "))
}

/// A type as scripts know it, not as Rust writes it.
fn type_word(rust: &str) -> &str {
    let rust = rust.trim();
    let rust = rust.strip_prefix("RhaiResultOf<").unwrap_or(rust);
    let rust = rust.strip_prefix("Result<").unwrap_or(rust);
    let rust = rust.split(['<', '>', ',']).next().unwrap_or(rust);
    let rust = rust
        .trim_start_matches("&mut ")
        .trim_start_matches('&')
        .trim();
    match rust.rsplit("::").next().unwrap_or(rust) {
        "Array" => "array",
        "Blob" => "blob",
        "Decimal" => "decimal",
        "Dynamic" | "RhaiResult" | "_" => "?",
        "ExclusiveRange" | "InclusiveRange" | "Range" | "RangeInclusive" => "range",
        "FLOAT" | "f64" => "float",
        "FnPtr" => "function",
        "INT" | "i64" => "int",
        "ImmutableString" | "String" | "str" => "string",
        "Instant" => "timestamp",
        "Map" => "map",
        other => other,
    }
}

fn about<S: AsRef<str>>(comments: &[S]) -> String {
    let first = comments
        .iter()
        .flat_map(|comment| comment.as_ref().lines())
        .next();
    first
        .unwrap_or_default()
        .trim_start_matches('/')
        .trim()
        .to_owned()
}

/// Whether a name is one a script can write, and not an operator or a property's getter.
pub(crate) fn is_word(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_')
}
