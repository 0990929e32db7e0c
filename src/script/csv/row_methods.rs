//! What a script can do with a row, and how it is shown.

use std::borrow::Cow;
use std::sync::Arc;

use rhai::{Array, Dynamic, FuncRegistration, ImmutableString, Module, NativeCallContext};

use crate::script::csv::records::cell_text;
use crate::script::csv::row::Row;
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::engine::sources::Sources;

impl Row {
    /// The text of the cell in that column, as the file has it unless a script assigned
    /// something else.
    pub(crate) fn shown_at(&self, place: usize) -> Cow<'_, str> {
        match self.assigned(place) {
            Some(value) if !self.is_of_file(place) || value.is_string() => {
                let text = cell_text(value).unwrap_or_else(|_| value.to_string());
                Cow::Owned(text)
            }
            _ => Cow::Borrowed(self.text_at(place)),
        }
    }

    /// The row as a script would write it, in the order of its columns.
    fn write(&self) -> String {
        let cell = |(column, cell): (&ImmutableString, Dynamic)| {
            let value = match cell_text(&cell) {
                Ok(text) if !cell.is_string() => text,
                _ => format!("{cell:?}"),
            };
            format!("{column:?}: {value}")
        };
        let cells: Vec<String> = self.cells().map(cell).collect();
        format!("#{{{}}}", cells.join(", "))
    }
}

/// Adds the row type and its methods.
pub(crate) fn register(module: &mut Module, sources: &Arc<Sources>) {
    module.set_custom_type::<Row>("row");
    register_cells(module, sources);
    register_methods(module);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |row: &mut Row| row.write());
    }
}

fn register_cells(module: &mut Module, sources: &Arc<Sources>) {
    let texts = Arc::clone(sources);
    FuncRegistration::new_index_getter()
        .with_volatility(true)
        .set_into_module(
            module,
            move |context: NativeCallContext, row: &mut Row, column: &str| -> Fallible<Dynamic> {
                row.read(column).or_else(|raised| {
                    if texts.is_asked(&context) {
                        Ok(Dynamic::UNIT)
                    } else {
                        Err(raised.into())
                    }
                })
            },
        );
    FuncRegistration::new_index_setter()
        .with_volatility(true)
        .set_into_module(module, |row: &mut Row, column: &str, value: Dynamic| {
            row.assign(column, value);
        });
    // Rhai gives every value a property `tag` of its own; a column goes before it.
    FuncRegistration::new_getter("tag")
        .with_volatility(true)
        .set_into_module(module, |row: &mut Row| -> Fallible<Dynamic> {
            Ok(row.read("tag")?)
        });
    FuncRegistration::new_setter("tag")
        .with_volatility(true)
        .set_into_module(module, |row: &mut Row, value: Dynamic| {
            row.assign("tag", value);
        });
}

fn register_methods(module: &mut Module) {
    function(
        "has",
        &["row: row", "column: &str", "bool"],
        "Whether the row has that column, like `\"x\" in row`.\n```rhai\nfor row in \
         csv(\"clients.csv\") { print(row.has(\"email\")) }\n```",
    )
    .set_into_module(module, |row: &mut Row, column: &str| {
        row.place(column).is_some()
    });
    operator("contains").set_into_module(module, |row: &mut Row, column: &str| {
        row.place(column).is_some()
    });
    function(
        "columns",
        &["row: row", "array"],
        "The names of the row's columns, in the file's order.\n\
         ```rhai\n\
         print(csv(\"clients.csv\").next().columns())\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| {
        row.columns()
            .iter()
            .cloned()
            .map(Dynamic::from)
            .collect::<Array>()
    });
    function(
        "line",
        &["row: row", "int"],
        "The line of the file the row starts in.\n\
         ```rhai\n\
         for row in csv(\"clients.csv\") { print(`line ${row.line()}: ${row.email}`) }\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| row.line().cast_signed());
    function(
        "number",
        &["row: row", "int"],
        "The number of the row in the file, from 1, without the \
         header.\n```rhai\nprint(csv(\"clients.csv\").next().number())\n```",
    )
    .set_into_module(module, |row: &mut Row| row.number().cast_signed());
    function(
        "to_map",
        &["row: row", "map"],
        "The row as a map from column to cell.\n```rhai\nlet client = \
         csv(\"clients.csv\").next().to_map() + #{ country: \"DE\" };\n```",
    )
    .set_into_module(module, |row: &mut Row| row.to_map());
    function(
        "without_empty",
        &["row: row", "map"],
        "The row as a map, without the columns whose cell is empty.\n\
         ```rhai\n\
         let wanted = csv(\"clients.csv\").next().without_empty();\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| row.without_empty());
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;
    use crate::script::test_host::TestHost;

    fn bench() -> TestEngine {
        let bench = TestEngine::new();
        bench.file(
            "c.csv",
            "email,e mail,tag,zip\nx@example.com,second,gold,\n",
        );
        bench
    }

    fn row(expression: &str) -> String {
        bench().text(&format!("let row = csv(\"c.csv\").next(); {expression}"))
    }

    #[test]
    fn a_cell_is_a_property_or_an_index() {
        assert_eq!(row("row.email"), "x@example.com");
        assert_eq!(row("row[\"e mail\"]"), "second");
        assert_eq!(row("row.zip == \"\""), "true");
        assert_eq!(row("const r = row; r.email.len()"), "13");
    }

    #[test]
    fn a_column_called_tag_is_a_column() {
        assert_eq!(row("row.tag"), "gold");
        assert_eq!(row("row.tag = \"new\"; row.tag"), "new");
    }

    #[test]
    fn an_unknown_column_is_refused_with_a_suggestion() {
        let refusal =
            |expression| bench().refusal(&format!("let row = csv(\"c.csv\").next(); {expression}"));
        assert_eq!(
            refusal("row.emial"),
            "the row has no column `emial`\nhint: did you mean `email`?"
        );
        assert_eq!(
            refusal("row[\"vat number\"]"),
            "the row has no column `vat number`\n\
             hint: known: `email`, `e mail`, `tag`, `zip`"
        );
    }

    #[test]
    fn an_assignment_changes_only_this_copy() {
        assert_eq!(
            row("let copy = row; copy.email = \"y@example.com\"; row.email"),
            "x@example.com"
        );
        assert_eq!(row("row.email += \".org\"; row.email"), "x@example.com.org");
    }

    #[test]
    fn a_new_column_comes_last() {
        assert_eq!(
            row("row.pid = today(); row"),
            r#"#{"email": "x@example.com", "e mail": "second", "tag": "gold", "zip": "", "pid": 2026-11-23}"#
        );
        assert_eq!(
            row("let other = row; row.pid = 7; other.has(\"pid\")"),
            "false"
        );
    }

    #[test]
    fn a_cell_changed_in_place_stays_changed() {
        assert_eq!(row("row.email.make_upper(); row.email"), "X@EXAMPLE.COM");
    }

    #[test]
    fn a_row_says_which_columns_it_has() {
        assert_eq!(row("row.has(\"zip\")"), "true");
        assert_eq!(row("row.has(\"vat\")"), "false");
        assert_eq!(row("\"zip\" in row"), "true");
        assert_eq!(row("row.columns()"), r#"["email", "e mail", "tag", "zip"]"#);
    }

    #[test]
    fn a_row_becomes_a_map_with_or_without_its_empty_cells() {
        assert_eq!(row("row.to_map().zip == \"\""), "true");
        assert_eq!(
            row("row.without_empty()"),
            r#"#{"e mail": "second", "email": "x@example.com", "tag": "gold"}"#
        );
    }

    #[test]
    fn a_row_knows_its_line_and_its_number() {
        assert_eq!(row("row.line()"), "2");
        assert_eq!(row("row.number()"), "1");
    }

    #[test]
    fn a_column_that_may_not_be_there_is_asked_for() {
        let rig = TestHost::new();
        rig.file("a.csv", "city\nBonn\n");
        let printed = rig.printed(
            "for row in csv(\"a.csv\") { print(row?.town == ()); print(row?[\"town\"] == ()); print(row?.city); }",
        );
        assert_eq!(printed, ["true", "true", "Bonn"]);
        let failure = rig.failure("for row in csv(\"a.csv\") { print(row.town); }");
        assert!(failure.contains("no column `town`"), "{failure}");
    }
}
