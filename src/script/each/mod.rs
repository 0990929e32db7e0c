//! One call for every row of a file, written as a script.
//!
//! What `whmcsh each` is told becomes a `bulk` loop like any a user would write,
//! so that plan, journal, limits and resume are those of every run. Whatever all
//! rows would fail of is refused here, before the first.

mod condition;
mod file;
mod kind;
mod looking;
mod refusals;
mod secrets;
mod template;

use std::fmt::Write as _;

use serde_json::Value;

use crate::catalog::{self, FieldKind, ParamKind};
use crate::client::{ActionRef, Params};
use crate::error::Failure;
use crate::run::Allowed;
use crate::script::bulk::options::check_key;
use crate::script::diagnostic;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::host::Confinement;
use crate::script::load::Script;
use crate::script::raise::Raised;
use condition::{ROW, TakenColumns, columns_of};
use kind::FileKind;
use template::{Template, literal};

/// What stands in every reply and says nothing of its row.
const IDLE_FIELDS: [&str; 3] = ["message", "result", "status"];

/// Passes a row over that is not wanted.
const CHOOSE: &str = r#"    if type_of(chosen) != "bool" {
        fail("`--where` must be true or false: compare something, such as `city == \"Rome\"`");
    }
    if !chosen { skip("not chosen by `--where`") }"#;

/// The record as the file has it, where a condition sees another.
const UNFILLED: &str = "row_of_file";

/// The functions the loop uses.
const FUNCTIONS: &str = r#"fn keyed(text, name) {
    if text == "" { fail("the key `" + name + "` is empty; nothing was sent") }
}
fn given(text) { if text == "" { () } else { text } }
fn needed(text, name, hint) {
    if text == "" { fail("`" + name + "` would be empty; nothing was sent" + hint) }
    text
}
"#;

/// The same for records, whose values may be of any kind, and which may lack some.
const OF_RECORDS: &str = r#"fn empty(value) { type_of(value) == "()" || (type_of(value) == "string" && value == "") }
fn there(row, name) {
    if !(name in row) { fail("the record has no field `" + name + "`; nothing was sent") }
}
fn cell(row, name) {
    there(row, name);
    if empty(row[name]) { "" } else { row[name] }
}
fn sent(row, name) {
    there(row, name);
    if type_of(row[name]) == "()" {
        fail("`" + name + "` is null in the file, which may mean empty or unknown; nothing was sent (`\"\"` empties it, `--skip-empty` leaves it out)")
    }
    row[name]
}
fn any_cell(row, name) { if name in row { cell(row, name) } else { "" } }
fn in_text(value) {
    if type_of(value) in ["array", "map"] {
        fail("a list or a map cannot stand in a text; nothing was sent")
    }
    value.to_string()
}
fn filled(row) {
    for name in row.keys() { if empty(row[name]) { row[name] = ""; } }
    row
}
fn keyed(value, name) {
    if empty(value) { fail("the key `" + name + "` is empty; nothing was sent") }
}
fn given(value) { if empty(value) { () } else { value } }
fn needed(value, name, hint) {
    if empty(value) { fail("`" + name + "` would be empty; nothing was sent" + hint) }
    value
}
"#;

/// A call for every row of a file.
#[derive(Debug)]
pub struct Each<'a> {
    /// The file's path as it was given.
    pub file: &'a str,
    /// The column that tells rows apart; their numbers otherwise.
    pub key: Option<&'a str>,
    /// The sheet of a spreadsheet; its first otherwise.
    pub sheet: Option<&'a str>,
    /// How many rows at the top of a spreadsheet are passed over.
    pub skip: u32,
    /// Whether hidden rows and columns of a spreadsheet are left out.
    pub skips_hidden: bool,
    /// The encoding of a CSV file, where it was named.
    pub encoding: Option<&'a str>,
    /// What stands between the cells of a CSV file, where that was said.
    pub delimiter: Option<&'a str>,
    /// The columns of a CSV file that are taken as they stand.
    pub as_is: &'a [String],
    /// Which rows are taken; all of them otherwise.
    pub condition: Option<&'a str>,
    /// Whether parameters whose cells are empty are left out.
    pub skips_empty: bool,
    /// What is let pass although the catalog says otherwise.
    pub allowed: &'a Allowed,
    /// What is called.
    pub action: &'a ActionRef,
    /// Its parameters; columns stand in their texts as `{column}`.
    pub params: &'a Params,
}

impl Each<'_> {
    /// The script that makes the calls. `name` is what errors call it; the file is
    /// its first argument.
    pub fn script(&self, name: &str, files: &Confinement) -> Result<Script, Failure> {
        let kind = self.kind(files);
        let columns = self.columns(kind, files)?;
        if let Some(key) = self.key {
            self.has_column(&columns, key, "--key")?;
            check_key(key, self.secret_columns().contains(key)).map_err(failed)?;
        }
        self.check()?;
        let named = match self.condition {
            Some(condition) => {
                let is_text = kind == FileKind::Csv;
                columns_of(condition, &columns, is_text, files.clone())?
            }
            None => TakenColumns::default(),
        };
        let mut call = String::new();
        for (name, value) in self.params {
            let code = self.code((kind, &columns), name, value)?;
            let code = self.needed(name, value, code);
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(call, "        {}: {code},", literal(name));
        }
        let mut text = self.head(kind);
        let is_record = kind == FileKind::Records;
        if is_record && self.condition.is_some() {
            for name in &named.of_row {
                let _ = writeln!(text, "    there({ROW}, {});", literal(name));
            }
            let _ = writeln!(
                text,
                "    let {UNFILLED} = {ROW};\n    let {ROW} = filled({ROW});"
            );
        }
        for name in &named.bare {
            let _ = writeln!(text, "    let {name} = {};", self.describe(kind, name));
        }
        if let Some(condition) = self.condition {
            // On a line of its own: it may end in a comment, and errors show its line.
            let _ = writeln!(text, "    let chosen = (\n{condition}\n    );\n{CHOOSE}");
            if let Some(key) = self.key {
                let (value, key) = (self.describe(kind, key), literal(key));
                let _ = writeln!(text, "    keyed({value}, {key});");
            }
        }
        let (begin, end) = match self.action {
            ActionRef::Known(action) => (format!("{}(#{{", action.function), "})"),
            ActionRef::Other { name, .. } => (format!("call({}, #{{", literal(name)), "})"),
        };
        let _ = writeln!(
            text,
            "    let reply = {begin}\n{call}    {end};\n{}\n}});",
            self.returned()
        );
        Ok(Script::generated(name, text))
    }

    /// The functions it uses, and the beginning of its loop.
    fn head(&self, kind: FileKind) -> String {
        let mut options = Vec::new();
        if let Some(key) = self.key {
            options.push(format!("key: {}", literal(key)));
            // What is passed over needs no key.
            options.extend(self.condition.map(|_| "empty_keys: true".to_owned()));
        }
        let secret = self.secret_columns();
        let secret: Vec<String> = secret.iter().map(|name| literal(name)).collect();
        if !secret.is_empty() {
            options.push(format!("redact: [{}]", secret.join(", ")));
        }
        let options = match options.join(", ") {
            none if none.is_empty() => "#{}".to_owned(),
            options => format!("#{{ {options} }}"),
        };
        let functions = match kind {
            FileKind::Records => OF_RECORDS,
            FileKind::Csv | FileKind::Sheet => FUNCTIONS,
        };
        let (rows, reading) = (kind.function(), self.reading());
        format!("{functions}bulk({rows}(args[0]{reading}), {options}, |{ROW}| {{\n")
    }

    /// The expression of a row's cell for conditions, keys and within text, where null is
    /// empty.
    fn describe(&self, kind: FileKind, name: &str) -> String {
        match kind {
            FileKind::Csv | FileKind::Sheet => self.cell(kind, name),
            FileKind::Records if self.skips_empty => self.cell(kind, name),
            FileKind::Records => format!("cell({ROW}, {})", literal(name)),
        }
    }

    /// The expression of a row's cell. A record without it is told from one with an empty
    /// one, unless both are left out.
    fn cell(&self, kind: FileKind, name: &str) -> String {
        let name = literal(name);
        match kind {
            FileKind::Csv | FileKind::Sheet => format!("{ROW}[{name}]"),
            FileKind::Records if self.skips_empty => format!("any_cell({ROW}, {name})"),
            FileKind::Records if self.condition.is_some() => format!("sent({UNFILLED}, {name})"),
            FileKind::Records => format!("sent({ROW}, {name})"),
        }
    }

    /// What of the reply goes into the results: of a write its ids and other single
    /// values, of a read everything.
    fn returned(&self) -> String {
        let ActionRef::Known(action) = self.action else {
            return "    #{}".into();
        };
        if !action.is_write() {
            return "    reply.remove(\"result\");\n    reply".into();
        }
        let fields = action.returns.iter().filter(|field| {
            let is_single = !matches!(
                field.kind,
                FieldKind::List | FieldKind::Map | FieldKind::Secret
            );
            is_single && !field.path.contains(['.', '*']) && !IDLE_FIELDS.contains(&field.path)
        });
        let fields: Vec<String> = fields
            .map(|field| format!("{0}: reply[{0}]", literal(field.path)))
            .collect();
        format!("    #{{ {} }}", fields.join(", "))
    }

    /// The expression of a value, at whatever depth.
    fn code(
        &self,
        (kind, columns): (FileKind, &[String]),
        name: &str,
        value: &Value,
    ) -> Result<String, Failure> {
        match value {
            Value::Null => Ok("()".into()),
            Value::Bool(truth) => Ok(truth.to_string()),
            Value::Number(number) => Ok(literal(&number.to_string())),
            Value::String(text) => {
                let template = parse(name, text)?;
                for column in template.columns() {
                    self.has_column(columns, column, name)?;
                }
                let code = template.code(|column| match (kind, template.is_mixed()) {
                    (FileKind::Records, true) => {
                        format!("in_text({})", self.describe(kind, column))
                    }
                    _ => self.cell(kind, column),
                });
                let may_be_empty = self.skips_empty && template.literal().is_none();
                Ok(if may_be_empty {
                    format!("given({code})")
                } else {
                    code
                })
            }
            Value::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| self.code((kind, columns), name, item));
                Ok(format!(
                    "[{}]",
                    items.collect::<Result<Vec<_>, _>>()?.join(", ")
                ))
            }
            Value::Object(map) => {
                let entries = map.iter().map(|(key, value)| {
                    if key.contains('{') {
                        return Err(Failure::usage(format!(
                            "`{name}[{key}]`: a column cannot be part of a name, only of a value"
                        )));
                    }
                    Ok(format!(
                        "{}: {}",
                        literal(key),
                        self.code((kind, columns), name, value)?
                    ))
                });
                Ok(format!(
                    "#{{ {} }}",
                    entries.collect::<Result<Vec<_>, _>>()?.join(", ")
                ))
            }
        }
    }

    /// An empty number or a missing parameter is never meant: such a row fails, and
    /// nothing of it is sent.
    fn needed(&self, name: &str, value: &Value, code: String) -> String {
        let ActionRef::Known(action) = self.action else {
            return code;
        };
        let is_templated = value.as_str().is_some_and(|text| text.contains('{'));
        let hint = match catalog::parameter(action, name).filter(|_| is_templated) {
            // Without it, the call would be about all there is.
            Some(param) if param.narrows => "",
            Some(param) if param.required && (self.skips_empty || param.kind == ParamKind::Int) => {
                ""
            }
            Some(param) if param.kind == ParamKind::Int && !self.skips_empty => {
                " (`--skip-empty` leaves it out)"
            }
            _ => return code,
        };
        let plain = code.strip_prefix("given").unwrap_or(&code);
        format!("needed({plain}, {}, {})", literal(name), literal(hint))
    }

    fn has_column(&self, columns: &[String], name: &str, user: &str) -> Result<(), Failure> {
        if columns.iter().any(|column| column == name) {
            return Ok(());
        }
        let mut hint = suggestion(name, columns.iter().map(String::as_str));
        if self.is_named_sheet() && columns.len() == 1 {
            hint.push_str("; if that is a title, skip it with `--skip 1`");
        }
        Err(Failure::usage(format!(
            "`{}` has no column `{name}`, which `{user}` asks for; nothing was sent",
            self.file
        ))
        .hint(hint))
    }
}

fn parse(name: &str, text: &str) -> Result<Template, Failure> {
    Template::parse(text).map_err(|malformed| {
        Failure::usage(format!("the value of `{name}` {malformed}"))
            .hint("write a column as `{name}`, and a plain brace as `{{`")
    })
}

fn failed(raised: Raised) -> Failure {
    let words = diagnostic::of_raised(raised);
    words
        .hint
        .into_iter()
        .fold(Failure::usage(words.what), Failure::hint)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::action;

    /// The loop over `clients.csv`, without the functions in front of it.
    fn script(change: impl FnOnce(&mut Each), params: &Value) -> Result<String, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        file("clients.csv", "id,first name,city\n").unwrap();
        file(
            "clients.jsonl",
            "{\"id\":1,\"city\":null}\n{\"id\":2,\"first name\":\"A\"}\n",
        )
        .unwrap();
        let files = Confinement {
            working: folder.path().to_owned(),
            read: vec![folder.path().to_owned()],
            ..Confinement::default()
        };
        let action = ActionRef::Known(action("UpdateClient").unwrap());
        let mut each = Each {
            file: "clients.csv",
            key: None,
            sheet: None,
            skip: 0,
            skips_hidden: false,
            encoding: None,
            delimiter: None,
            as_is: &[],
            condition: None,
            skips_empty: false,
            allowed: &Allowed::default(),
            action: &action,
            params: params.as_object().unwrap(),
        };
        change(&mut each);
        let script = each.script("each UpdateClient", &files)?;
        let found = script.check(files, false);
        assert!(found.is_empty(), "{found:?}\n{}", script.text());
        let text = script.text();
        let text = text
            .strip_prefix(FUNCTIONS)
            .or(text.strip_prefix(OF_RECORDS));
        Ok(text.unwrap().to_owned())
    }

    #[test]
    fn records_are_asked_whether_they_have_what_a_call_takes() {
        let params = json!({"clientid": "{id}", "notes": "{first name}!", "city": "{city}"});
        let of_records = |each: &mut Each| {
            each.file = "clients.jsonl";
            each.key = Some("id");
            each.condition = Some("city != \"\" && row.id > 0");
        };
        let text = script(of_records, &params).unwrap();
        assert_eq!(
            text,
            r#"bulk(rows(args[0]), #{ key: "id", empty_keys: true }, |row| {
    there(row, "id");
    let row_of_file = row;
    let row = filled(row);
    let city = cell(row, "city");
    let chosen = (
city != "" && row.id > 0
    );
    if type_of(chosen) != "bool" {
        fail("`--where` must be true or false: compare something, such as `city == \"Rome\"`");
    }
    if !chosen { skip("not chosen by `--where`") }
    keyed(cell(row, "id"), "id");
    let reply = update_client(#{
        "clientid": needed(sent(row_of_file, "id"), "clientid", " (`--skip-empty` leaves it out)"),
        "notes": ("" + in_text(cell(row, "first name")) + "!"),
        "city": sent(row_of_file, "city"),
    });
    #{ "clientid": reply["clientid"] }
});
"#
        );
        let skipping = |each: &mut Each| {
            each.file = "clients.jsonl";
            each.skips_empty = true;
        };
        let text = script(skipping, &params).unwrap();
        assert!(
            text.contains(r#""city": given(any_cell(row, "city")),"#),
            "{text}"
        );
    }

    #[test]
    fn how_a_file_is_read_is_said_only_of_files_of_its_kind() {
        let params = json!({"clientid": "{id}"});
        let refused = |file: &'static str, change: fn(&mut Each)| {
            let refused = script(
                |each| {
                    each.file = file;
                    change(each);
                },
                &params,
            );
            refused.unwrap_err().to_string()
        };
        let delimited = refused("clients.jsonl", |each| each.delimiter = Some(";"));
        assert!(
            delimited.contains("`clients.jsonl` has a record per line")
                && delimited.contains("leave out `--delimiter`"),
            "{delimited}"
        );
        for change in [
            |each: &mut Each| each.encoding = Some("utf-8"),
            |each: &mut Each| each.skip = 1,
            |each: &mut Each| each.sheet = Some("A"),
        ] {
            let refused = refused("clients.jsonl", change);
            assert!(refused.contains("nothing was sent"), "{refused}");
        }
        let long = refused("clients.csv", |each| each.delimiter = Some(";;"));
        assert!(long.contains("must be one ASCII character"), "{long}");
        let tab = script(
            |each| each.delimiter = Some("tab"),
            &json!({"clientid": "1"}),
        );
        assert!(
            tab.unwrap()
                .contains(r#"csv(args[0], #{ delimiter: "\t" })"#)
        );
    }

    #[test]
    fn the_script_is_one_a_user_could_write() {
        let params = json!({"clientid": "{id}", "notes": "\"{first name}\" {{x}}", "taxexempt": true, "groupid": 3});
        let text = script(
            |each| {
                each.key = Some("id");
                each.condition = Some("city == \"Rom\" // by heart");
            },
            &params,
        );
        assert_eq!(
            text.unwrap(),
            r#"bulk(csv(args[0]), #{ key: "id", empty_keys: true }, |row| {
    let city = row["city"];
    let chosen = (
city == "Rom" // by heart
    );
    if type_of(chosen) != "bool" {
        fail("`--where` must be true or false: compare something, such as `city == \"Rome\"`");
    }
    if !chosen { skip("not chosen by `--where`") }
    keyed(row["id"], "id");
    let reply = update_client(#{
        "clientid": needed(row["id"], "clientid", " (`--skip-empty` leaves it out)"),
        "notes": ("" + "\"" + row["first name"] + "\" {x}"),
        "taxexempt": true,
        "groupid": "3",
    });
    #{ "clientid": reply["clientid"] }
});
"#
        );
    }

    #[test]
    fn empty_cells_are_left_out_where_that_was_asked_for() {
        let params = json!({"clientid": "{id}", "notes": "", "customfields": {"3": "{city}"}});
        let text = script(|each| each.skips_empty = true, &params).unwrap();
        let given = [
            r#""clientid": given(row["id"]),"#,
            r#""notes": "","#,
            r#""customfields": #{ "3": given(row["city"]) },"#,
        ];
        assert!(given.iter().all(|line| text.contains(line)), "{text}");
    }

    #[test]
    fn columns_of_secret_parameters_are_secret_and_no_key() {
        let text = script(
            |each| each.key = Some("id"),
            &json!({"clientid": "{id}", "password2": "pw-{city}"}),
        );
        let options = r#"#{ key: "id", redact: ["city"] }"#;
        assert!(text.as_ref().unwrap().contains(options), "{text:?}");
        let params = json!({"clientid": "{id}", "customfields": {"3": "x", "api_key": "{city}"}});
        let text = script(|_| (), &params).unwrap();
        assert!(text.contains(r#"#{ redact: ["city"] }"#), "{text}");
        let refused = script(|each| each.key = Some("city"), &params).unwrap_err();
        assert!(
            refused.what.contains("`city` cannot be the key"),
            "{}",
            refused.what
        );
    }

    #[test]
    fn a_secret_that_is_typed_is_refused_at_whatever_depth() {
        for params in [
            json!({"password2": "typed"}),
            json!({"password2": ["{city}", "typed"]}),
            json!({"password2": {"0": {"a": true}}}),
            json!({"customfields": {"api_key": 4711}}),
        ] {
            let refused = script(|_| (), &params).unwrap_err();
            assert!(refused.what.contains("is secret"), "{}", refused.what);
        }
        script(|_| (), &json!({"clientid": "{id}", "password2": ""})).unwrap();
    }

    #[test]
    fn a_column_cannot_stand_in_a_name() {
        let refused = script(
            |_| (),
            &json!({"clientid": "1", "customfields": {"{id}": "x"}}),
        )
        .unwrap_err();
        assert!(
            refused
                .what
                .ends_with("a column cannot be part of a name, only of a value")
        );
    }
}
