//! Reads and checks what calls must be like: what they need, which lists belong
//! together, which updates set only what they are given.
//!
//! What is said to be proved must be proved by one of the action's own refusals.

use std::fmt::Write as _;

use toml::de::DeValue;

use super::super::kinds::{Effect, Format};
use super::entry::{Demands, ParamEntry};
use super::reader::Reader;

/// What is demanded of one parameter; with it the Rust that says so.
pub(super) fn read_demands(fields: &mut Reader) -> Result<(Demands, String), String> {
    let (unless, alias) = (fields.texts("unless")?, fields.texts("alias")?);
    let format = match fields.maybe_text("format")? {
        None => "None".to_owned(),
        Some(word) => {
            let format = Format::from_word(&word)
                .ok_or_else(|| fields.complain(&format!("has an unknown format `{word}`")))?;
            format!("Some(Format::{format:?})")
        }
    };
    let (idle, narrows, commas) = (
        fields.flag("idle")?,
        fields.flag("narrows")?,
        fields.flag("commas")?,
    );
    let inner = fields.texts("inner")?;
    let mut proofs = [None, None, None];
    if let Some(mut proof) = fields.table("proof")? {
        for (proved, name) in proofs.iter_mut().zip(["required", "values", "format"]) {
            *proved = proof.maybe_text(name)?;
        }
        proof.finish()?;
    }
    let [required, values, form] = &proofs;
    let code = format!(
        "unless: &{unless:?}, alias: &{alias:?}, format: {format}, idle: {idle}, \
         narrows: {narrows}, commas: {commas}, inner: &{inner:?}, \
         proof: Proof {{ required: {required:?}, values: {values:?}, format: {form:?} }}"
    );
    let demands = Demands {
        others: unless.into_iter().chain(alias).collect(),
        proofs: proofs.into_iter().flatten().collect(),
    };
    Ok((demands, code))
}

/// What is demanded of the calls of an action, as Rust.
pub(super) fn read(
    fields: &mut Reader,
    effect: Effect,
    params: &[ParamEntry],
    errors: &[String],
) -> Result<String, String> {
    let known = Known { params, errors };
    for param in params {
        known.are_params(fields, &param.demands.others)?;
        known.are_errors(fields, &param.demands.proofs)?;
    }
    let mut code = String::from("needs: &[");
    for need in fields.tables("needs")? {
        code += &known.need(need)?;
    }
    code += "], parallel: &[";
    for lists in fields.tables("parallel")? {
        code += &known.parallel(lists)?;
    }
    code += "], exclusive: &[";
    for names in known.exclusive(fields)? {
        // Writing to a string cannot fail, here and below.
        let _ = write!(code, "&{names:?}, ");
    }
    let sets = fields.flag("sets")?;
    if sets && effect != Effect::Update {
        return Err(fields.complain("has `sets` but is not an update"));
    }
    let _ = write!(code, "], sets: {sets}");
    Ok(code)
}

/// What an action has, for what refers to it.
struct Known<'k> {
    params: &'k [ParamEntry],
    errors: &'k [String],
}

impl Known<'_> {
    fn need(&self, mut fields: Reader) -> Result<String, String> {
        let one_of = texts_of_texts(&mut fields, "one_of")?;
        for names in &one_of {
            self.are_params(&fields, names)?;
        }
        if one_of.is_empty() {
            return Err(fields.complain("has a need of nothing: say it in `one_of`"));
        }
        let mut when = Vec::new();
        if let Some(mut table) = fields.table("when")? {
            let names: Vec<String> = table.fields.iter().map(|(name, _)| name.clone()).collect();
            self.are_params(&table, &names)?;
            for name in names {
                let values = table.texts(&name)?;
                when.push((name, values));
            }
        }
        let proof = self.proof(&mut fields)?;
        fields.finish()?;
        let rendered = |names: &Vec<String>| format!("&{names:?}, ");
        let conditions =
            |(name, values): &(String, Vec<String>)| format!("({name:?}, &{values:?}), ");
        Ok(format!(
            "Need {{ one_of: &[{}], when: &[{}], proof: {proof:?} }}, ",
            one_of.iter().map(rendered).collect::<String>(),
            when.iter().map(conditions).collect::<String>(),
        ))
    }

    fn parallel(&self, mut fields: Reader) -> Result<String, String> {
        let (lead, lists) = (fields.texts("lead")?, fields.texts("lists")?);
        self.are_params(&fields, &lead)?;
        self.are_params(&fields, &lists)?;
        let with = fields.texts("with")?;
        self.are_params(&fields, &with)?;
        if lead.is_empty() || lists.is_empty() {
            return Err(fields.complain("has lists without a `lead`, or a lead without `lists`"));
        }
        let by_line = match fields.maybe_text("by")?.as_deref() {
            None => false,
            Some("line") => true,
            Some(other) => return Err(fields.complain(&format!("has lists by `{other}`"))),
        };
        let proof = self.proof(&mut fields)?;
        fields.finish()?;
        Ok(format!(
            "Parallel {{ lead: &{lead:?}, with: &{with:?}, lists: &{lists:?}, by_line: {by_line}, proof: {proof:?} }}, "
        ))
    }

    fn exclusive(&self, fields: &mut Reader) -> Result<Vec<Vec<String>>, String> {
        if !fields.has("exclusive") {
            return Ok(Vec::new());
        }
        let sets = texts_of_texts(fields, "exclusive")?;
        for names in &sets {
            self.are_params(fields, names)?;
        }
        Ok(sets)
    }

    fn proof(&self, fields: &mut Reader) -> Result<Option<String>, String> {
        let proof = fields.maybe_text("proof")?;
        self.are_errors(fields, proof.as_slice())?;
        Ok(proof)
    }

    fn are_params(&self, fields: &Reader, names: &[String]) -> Result<(), String> {
        let is_param = |name: &&String| self.params.iter().any(|param| param.name == **name);
        match names.iter().find(|name| !is_param(name)) {
            Some(name) => Err(fields.complain(&format!(
                "names `{name}` in what is demanded, which is no parameter"
            ))),
            None => Ok(()),
        }
    }

    fn are_errors(&self, fields: &Reader, proofs: &[String]) -> Result<(), String> {
        match proofs.iter().find(|proof| !self.errors.contains(proof)) {
            Some(proof) => Err(fields.complain(&format!(
                "is said to be proved by `{proof}`, which is none of its `errors`"
            ))),
            None => Ok(()),
        }
    }
}

/// An array of arrays of text.
fn texts_of_texts(fields: &mut Reader, key: &str) -> Result<Vec<Vec<String>>, String> {
    let refusal = fields.complain(&format!("needs an array of arrays of text in `{key}`"));
    let Some(DeValue::Array(items)) = fields.take(key) else {
        return Err(refusal);
    };
    let texts = |value: DeValue| match value {
        DeValue::Array(items) => items
            .into_iter()
            .map(|item| match item.into_inner() {
                DeValue::String(text) => Ok(text.into_owned()),
                _ => Err(refusal.clone()),
            })
            .collect(),
        _ => Err(refusal.clone()),
    };
    items
        .into_iter()
        .map(|item| texts(item.into_inner()))
        .collect()
}
