//! Reads what the replies of an action hold, and which words stand in a field.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::de::DeValue;

use super::super::host_values::HostValues;
use super::super::kinds::FieldKind;
use super::reader::Reader;

/// The words of a field: listed there, or those of the parameter that sets it.
pub(super) enum WordsEntry {
    Listed {
        values: Vec<String>,
        is_closed: bool,
    },
    Like(String),
}

/// The fields in the catalog's order, and the words of those that hold some.
pub(super) type Returns = (Vec<(String, FieldKind)>, BTreeMap<String, WordsEntry>);

pub(super) fn read(fields: &mut Reader) -> Result<Returns, String> {
    let (mut returns, mut words) = (Vec::new(), BTreeMap::new());
    let Some(mut table) = fields.table("returns")? else {
        return Ok((returns, words));
    };
    let paths: Vec<String> = table.fields.iter().map(|(path, _)| path.clone()).collect();
    for path in paths {
        let is_table =
            |(name, value): &(String, _)| *name == path && is_table(toml::Spanned::get_ref(value));
        if !table.fields.iter().any(is_table) {
            let kind = table.word(&path, FieldKind::from_word)?;
            returns.push((path, kind));
            continue;
        }
        let Some(mut field) = table.table(&path)? else {
            continue;
        };
        field.what = format!("{}: {path}", field.what);
        let kind = field.word("type", FieldKind::from_word)?;
        words.insert(path.clone(), read_words(&mut field)?);
        field.finish()?;
        returns.push((path, kind));
    }
    Ok((returns, words))
}

fn is_table(value: &DeValue) -> bool {
    matches!(value, DeValue::Table(_))
}

fn read_words(field: &mut Reader) -> Result<WordsEntry, String> {
    let (values, known) = (field.texts("values")?, field.texts("known")?);
    match (
        field.maybe_text("like")?,
        values.is_empty(),
        known.is_empty(),
    ) {
        (Some(like), true, true) => Ok(WordsEntry::Like(like)),
        (None, false, true) => Ok(WordsEntry::Listed {
            values,
            is_closed: true,
        }),
        (None, true, false) => Ok(WordsEntry::Listed {
            values: known,
            is_closed: false,
        }),
        _ => Err(field.complain("needs one of `values`, `known` and `like`")),
    }
}

/// The words that a parameter takes: those the catalog lists, or the kind of them.
pub(super) type ParamWords<'e> = (&'e [String], Option<HostValues>);

/// The fields as Rust; what is wrong with one begins with `place`. `param` knows the words of
/// a parameter, named as in `like`.
pub(super) fn render<'e>(
    place: &str,
    returns: &[(String, FieldKind)],
    words: &BTreeMap<String, WordsEntry>,
    param: impl Fn(&str) -> Option<ParamWords<'e>>,
) -> Result<String, String> {
    let mut code = String::from("&[");
    for (path, kind) in returns {
        let words = match words.get(path) {
            None => "None".to_owned(),
            Some(WordsEntry::Listed { values, is_closed }) => code_of(values, None, *is_closed),
            Some(WordsEntry::Like(like)) => {
                let has_words =
                    |(values, listed): &ParamWords| !values.is_empty() || listed.is_some();
                let (values, listed) = param(like).filter(has_words).ok_or_else(|| {
                    format!("{place}: `{path}` is like `{like}`, which is no parameter with values")
                })?;
                code_of(values, listed, listed.is_none())
            }
        };
        let _ = write!(
            code,
            "Field {{ path: {path:?}, kind: FieldKind::{kind:?}, words: {words} }}, "
        );
    }
    code.push(']');
    Ok(code)
}

fn code_of(values: &[String], listed: Option<HostValues>, is_closed: bool) -> String {
    let listed = listed.map_or("None".to_owned(), |kind| {
        format!("Some(HostValues::{kind:?})")
    });
    format!("Some(Words {{ values: &{values:?}, listed: {listed}, is_closed: {is_closed} }})")
}
