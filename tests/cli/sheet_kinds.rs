//! Spreadsheets of the four kinds give the same rows, and refuse the same.

mod xlsb;

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{Desk, Sandbox, repository};
use xlsb::Cell;

/// The kinds of which there is a file, made by a spreadsheet program.
const KINDS: [&str; 3] = ["kinds.xlsx", "kinds.xls", "kinds.ods"];

/// What the sheet `Shown` shows.
const SHOWN: &str = r#"general "42"
decimals "9.50"
zeros "01234"
thousands "1234567.50"
euro "1234.50"
acct "-1234.50"
acct0 "0.00"
percent "19%"
percent2 "7.5%"
zipplus "50123-4567"
plus "+491701234567"
code "K-00042"
phone "(206) 555-1234"
negred "-5.00"
kg "5 kg"
long "491701234567"
third "0.333333333333333"
date 2026-11-23
moment 2026-11-23 08:05:00
time "08:05:00"
elapsed "36:00:00"
bool true
text "x"
dayonly 2026-11-23
"#;

/// An archive of those parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An `.ods` file whose only sheet has those rows, in XML.
fn ods(rows: &str) -> Vec<u8> {
    ods_of("", rows)
}

/// The same with those styles.
fn ods_of(styles: &str, rows: &str) -> Vec<u8> {
    let names = ["office", "table", "text", "style"]
        .map(|name| format!("xmlns:{name}=\"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0\""));
    let content = format!(
        "<office:document-content {}><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet><table:table table:name=\"Shown\">{rows}\
         </table:table></office:spreadsheet></office:body></office:document-content>",
        names.join(" ")
    );
    zipped(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("content.xml", content.as_bytes()),
    ])
}

fn fixture(desk: &Desk, name: &str) {
    let path = repository().join("tests/cli/fixtures").join(name);
    desk.file(name, std::fs::read(path).unwrap());
}

/// Reads sheets in one run, each by a call; gives the rows of each or its error, and what was said.
fn read<S: AsRef<str>>(desk: &Desk, calls: &[S]) -> (Vec<String>, String) {
    let one = |call: &S| {
        let call = call.as_ref();
        let print = if call.contains("Shown") {
            r#"let shown = `${row}`; print(row.what + " " + shown.split("\"value\": ")[1].split("}")[0])"#
        } else {
            "print(`${row.line()} ${row}`)"
        };
        format!(
            "try {{ for row in {call} {{ {print} }} }} catch (error) {{ print(`${{error.message}}\nhint: ${{error?.hint}}`) }}\n\
             print(\"---\");\n"
        )
    };
    let script: String = calls.iter().map(one).collect();
    desk.file("script.rhai", script);
    let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    let all = outcome.succeeded().split("---\n").map(str::to_owned);
    let mut all: Vec<String> = all.collect();
    all.truncate(calls.len());
    (all, outcome.stderr)
}

/// Each call with parts of what it says.
#[track_caller]
fn say<S: AsRef<str>>(desk: &Desk, calls: &[(S, &[&str])]) {
    let asked: Vec<&str> = calls.iter().map(|(call, _)| call.as_ref()).collect();
    let (said, _) = read(desk, &asked);
    for ((call, parts), said) in calls.iter().zip(said) {
        for part in *parts {
            assert!(
                said.contains(part),
                "{}: no {part:?} in:\n{said}",
                call.as_ref()
            );
        }
    }
}

#[test]
fn the_same_sheet_gives_the_same_rows_in_every_kind_of_file() {
    let desk = Desk::new();
    for kind in KINDS {
        fixture(&desk, kind);
    }
    let (shown, _) = read(
        &desk,
        &KINDS.map(|kind| format!("sheet(\"{kind}\", \"Shown\")")),
    );
    for (kind, shown) in KINDS.iter().zip(shown) {
        assert_eq!(shown, SHOWN, "{kind}");
    }
    let row = |what, cell| vec![Cell::Text(what), cell];
    let rows = [
        row("what", Cell::Text("value")),
        row("general", Cell::Number(42.0, "General")),
        row("decimals", Cell::Number(9.5, "0.00")),
        row("zeros", Cell::Number(1234.0, "00000")),
        row("thousands", Cell::Number(1_234_567.5, "#,##0.00")),
        row("euro", Cell::Number(1234.5, "#,##0.00\\ \"€\"")),
        row("percent", Cell::Number(0.19, "0%")),
        row("zipplus", Cell::Number(501_234_567.0, "00000\\-0000")),
        row("plus", Cell::Number(491_701_234_567.0, "\"+\"0")),
        row("negred", Cell::Number(-5.0, "0.00;[Red]0.00")),
        row("date", Cell::Number(46_349.0, "yyyy-mm-dd")),
        row("elapsed", Cell::Number(1.5, "[h]:mm")),
        row("bool", Cell::Truth(true)),
    ];
    desk.file("shown.xlsb", xlsb::workbook(&rows, None, None));
    let (shown, _) = read(&desk, &["sheet(\"shown.xlsb\", \"Shown\")"]);
    let shown = &shown[0];
    assert_eq!(shown.lines().count(), rows.len() - 1, "{shown}");
    for line in shown.lines() {
        assert!(SHOWN.lines().any(|wanted| wanted == line), "{line}");
    }
}

#[test]
fn what_cannot_be_told_is_refused_in_every_kind_of_file() {
    let desk = Desk::new();
    let mut calls: Vec<(String, &[&str])> = Vec::new();
    for kind in KINDS {
        fixture(&desk, kind);
        let sheets: [(&str, &[&str]); 8] = [
            (
                "\"Merged\"",
                &["the cells B2:B4 are merged (column `company`)", "unmerge"],
            ),
            (
                "\"Error\"",
                &[
                    "cell B2 (column `city`) shows the error #N/A",
                    "as_is: [\"city\"] })` or `each --as-is city`",
                ],
            ),
            (
                "\"Power\"",
                &[
                    "cell B2 (column `code`) is shown as a power of ten",
                    "no row of the sheet was sent",
                ],
            ),
            (
                "\"Fraction\"",
                &[
                    "cell B2 (column `code`) is shown as a fraction",
                    "number format",
                ],
            ),
            (
                "\"Thousands\"",
                &[
                    "cell B2 (column `code`) is shown in thousands",
                    "number format",
                ],
            ),
            (
                "\"Nothing\"",
                &[
                    "cell B2 (column `code`) holds `0`, which its format",
                    "hides",
                ],
            ),
            (
                "#{ sheet: \"Power\", as_is: [\"code\"] }",
                &["\"code\": \"491701234567\""],
            ),
            (
                "\"Power\", #{ as_is: [\"cod\"] }",
                &["no column `cod`", "did you mean `code`?"],
            ),
        ];
        let call = |(options, parts)| (format!("sheet(\"{kind}\", {options})"), parts);
        calls.extend(sheets.into_iter().map(call));
    }
    let rows = |cell| {
        let header = vec![Cell::Text("id"), Cell::Text("city")];
        [header, vec![Cell::Number(3.0, "0"), cell]]
    };
    desk.file(
        "merged.xlsb",
        xlsb::workbook(&rows(Cell::Empty), Some((1, 2)), None),
    );
    desk.file(
        "error.xlsb",
        xlsb::workbook(&rows(Cell::Error(0x17)), None, None),
    );
    calls.push((
        "sheet(\"merged.xlsb\")".into(),
        &["the cells A2:B3 are merged (column `id`)"],
    ));
    calls.push((
        "sheet(\"error.xlsb\")".into(),
        &["cell B2 (column `city`) shows the error #REF!"],
    ));
    say(&desk, &calls);
}

#[test]
fn a_formula_without_a_result_and_an_error_of_ods_are_refused() {
    let desk = Desk::new();
    let cell = |about: &str, text: &str| {
        format!("<table:table-cell {about}><text:p>{text}</text:p></table:table-cell>")
    };
    let text = |text| cell("office:value-type=\"string\"", text);
    let file = |name: &str, cell: &str| {
        let header = text("id") + &text("city");
        let row = text("3") + cell;
        let rows = format!(
            "<table:table-row>{header}</table:table-row><table:table-row>{row}</table:table-row>"
        );
        desk.file(name, ods(&rows));
    };
    file(
        "formula.ods",
        "<table:table-cell table:formula=\"of:=1+1\"/>",
    );
    let number = "table:formula=\"of:=NA()\" office:value-type=\"float\" office:value=\"0\"";
    file("error.ods", &cell(number, "#N/A"));
    file(
        "nothing.ods",
        &cell("table:formula=\"of:=&quot;&quot;\"", ""),
    );
    // What is shown is all there is without a style.
    let percentage = "office:value-type=\"percentage\" office:value=\"0.19\"";
    file("bare.ods", &cell(percentage, "19 %"));
    file("lies.ods", &cell(percentage, "20 %"));
    say(
        &desk,
        &[
            (
                "sheet(\"formula.ods\")",
                &[
                    "cell B2 (column `city`) has a formula whose value is not in the file",
                    "save it as .xlsx",
                ],
            ),
            (
                "sheet(\"formula.ods\", #{ as_is: [\"city\"] })",
                &["cell B2 (column `city`) has a formula"],
            ),
            (
                "sheet(\"error.ods\")",
                &["cell B2 (column `city`) shows the error #N/A"],
            ),
            ("sheet(\"nothing.ods\")", &["\"city\": \"\""]),
            ("sheet(\"bare.ods\")", &["\"city\": \"19%\""]),
            (
                "sheet(\"lies.ods\")",
                &["cell B2 (column `city`) shows `20 %`, but holds 0.19"],
            ),
        ],
    );
}

#[test]
fn a_zero_that_stands_for_a_result_is_refused_and_one_that_was_computed_is_read() {
    let desk = Desk::new();
    let sheet = "<worksheet><sheetData>\
        <row r=\"1\"><c r=\"A1\" t=\"str\"><v>id</v></c><c r=\"B1\" t=\"str\"><v>city</v></c></row>\
        <row r=\"2\"><c r=\"A2\"><f>1-1</f><v>0</v></c><c r=\"B2\"><f>UPPER(A1)</f><v>0</v></c></row>\
        </sheetData></worksheet>";
    desk.file("computed.xlsx", xlsx(sheet, "A9:B9"));
    let calculation = "<calcPr fullCalcOnLoad=\"1\"/>";
    desk.file("stands.xlsx", xlsx_of(calculation, sheet, "A9:B9"));
    fixture(&desk, "filled.xls");
    let refusal = "value may not be in the file, which stores 0 for it";
    say(
        &desk,
        &[
            (r#"sheet("computed.xlsx")"#, &[r#"2 #{"id": "0""#]),
            (
                r#"sheet("stands.xlsx")"#,
                &["cell A2 (column `id`)", refusal, "each --as-is id"],
            ),
            (
                r#"sheet("stands.xlsx", #{ as_is: ["id", "city"] })"#,
                &[r#"2 #{"id": "0", "city": "0"}"#],
            ),
            (
                r#"sheet("filled.xls")"#,
                &["cell B2 (column `city`)", refusal, "save it as .xlsx"],
            ),
            (
                r#"sheet("filled.xls", #{ as_is: ["city"] })"#,
                &[r#""owed": "0""#, r#""owed": "5""#],
            ),
        ],
    );
}

#[test]
fn remarks_and_blanks_of_ods_are_read_as_its_text_says() {
    let desk = Desk::new();
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>no</text:p></office:annotation>\
             {text}</table:table-cell>"
        )
    };
    let rows = format!(
        "<table:table-row>{}</table:table-row><table:table-row table:number-rows-repeated=\"2\">{}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/>\
         </table:table-row>",
        cell("<text:p>city</text:p>"),
        cell(
            "<text:p>a <text:span>b</text:span><text:s text:c=\"2\"/>c</text:p><text:p>d&amp;e</text:p>"
        ),
    );
    desk.file("a.ods", ods(&rows));
    let row = "#{\"city\": \"a b  c\\nd&e\"}\n";
    let (said, _) = read(&desk, &["sheet(\"a.ods\")"]);
    assert_eq!(said[0], format!("2 {row}3 {row}"));
}

#[test]
fn what_is_hidden_is_said_and_left_out_if_asked() {
    let desk = Desk::new();
    let rows = ["Shown", "1", "2"].map(|id| vec![Cell::Text(id)]);
    desk.file("a.xlsb", xlsb::workbook(&rows, None, Some(1)));
    let mut calls = vec!["sheet(\"a.xlsb\")".to_owned()];
    for kind in KINDS {
        fixture(&desk, kind);
        calls.push(format!("sheet(\"{kind}\", \"Hidden\")"));
        calls.push(format!(
            "sheet(\"{kind}\", #{{ sheet: \"Hidden\", hidden: \"skip\" }})"
        ));
        calls.push(format!("sheet(\"{kind}\", \"Secret\")"));
        calls.push(format!("sheet(\"{kind}\", #{{ header: [\"a\", \"b\"] }})"));
    }
    let (read, said) = read(&desk, &calls);
    assert!(
        said.contains("1 hidden row is read (hidden or filtered out; row 2)"),
        "{said}"
    );
    let skipped = "2 #{\"id\": \"1\", \"city\": \"c1\"}\n5 #{\"id\": \"4\", \"city\": \"c4\"}\n";
    for (at, kind) in KINDS.iter().enumerate() {
        assert_eq!(read[at * 4 + 1].lines().count(), 4, "{kind}");
        assert_eq!(read[at * 4 + 2], skipped, "{kind}");
        let hidden = format!("`{kind}`, sheet `Hidden`");
        for part in [
            format!(
                "{hidden}: 2 hidden rows are read (hidden or filtered out; the first is row 3)"
            ),
            format!("{hidden}: hidden columns are read: `note`"),
            format!("{hidden}: 1 row with nothing but formatting is skipped"),
            format!("{hidden}: 2 hidden rows are skipped"),
            format!("{hidden}: hidden columns are skipped: B"),
            format!("`{kind}`: the sheet `Secret` is hidden"),
            format!("`{kind}` has 9 sheets (1 hidden); reading `Shown`"),
        ] {
            assert!(said.contains(&part), "no {part:?} in {said}");
        }
    }
}

/// An `.xlsx` file of one sheet, in XML, with a table over those cells, the last row of which
/// has its totals.
fn xlsx(sheet: &str, table: &str) -> Vec<u8> {
    xlsx_of("", sheet, table)
}

/// The same with more of the workbook.
fn xlsx_of(workbook: &str, sheet: &str, table: &str) -> Vec<u8> {
    let kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"r1\" Type=\"{kinds}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let parts = [
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"r1\"/></sheets>{workbook}</workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relation("worksheet", "worksheets/sheet1.xml"),
        ),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
        (
            "xl/worksheets/_rels/sheet1.xml.rels",
            relation("table", "../tables/table1.xml"),
        ),
        (
            "xl/tables/table1.xml",
            format!("<table name=\"T\" ref=\"{table}\" totalsRowCount=\"1\"/>"),
        ),
    ];
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    zipped(&parts)
}

#[test]
fn what_has_no_size_the_totals_of_a_table_and_a_hidden_header_are_said() {
    let desk = Desk::new();
    let row = |number: u32, about: &str, first: &str, last: &str| {
        let cell = |column: &str, text: &str| {
            format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
        };
        format!(
            "<row r=\"{number}\" {about}>{}{}</row>",
            cell("A", first),
            cell("B", last)
        )
    };
    let rows = [
        row(1, "hidden=\"1\"", "id", "city"),
        row(2, "ht=\"0\" customHeight=\"1\"", "3", "NULL"),
        row(3, "", "Total", "1"),
    ];
    let sheet = format!(
        "<worksheet><cols><col min=\"2\" max=\"2\" width=\"0\"/></cols><sheetData>{}</sheetData></worksheet>",
        rows.concat()
    );
    desk.file("a.xlsx", xlsx(&sheet, "A1:B3"));
    let (read, said) = read(&desk, &["sheet(\"a.xlsx\")"]);
    assert_eq!(read[0].lines().count(), 2, "{}", read[0]);
    for part in [
        "1 hidden row is read (hidden or filtered out; row 2)",
        "hidden columns are read: `city`",
        "the header is in a hidden row (row 1)",
        "row 3 has the totals of a table and is read like any other row",
        "1 cell that may stand for no value (cell B2 (column `city`): `NULL`)",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

#[test]
fn rows_and_columns_of_ods_without_a_size_are_hidden_ones() {
    let desk = Desk::new();
    let style = |name: &str, family: &str, property: &str, size: &str| {
        format!(
            "<style:style style:name=\"{name}\" style:family=\"table-{family}\">\
             <style:table-{family}-properties style:{property}=\"{size}\"/></style:style>"
        )
    };
    let styles = [
        style("flat", "row", "row-height", "0cm"),
        style("ro1", "row", "row-height", "0.452cm"),
        style("narrow", "column", "column-width", "0in"),
    ];
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let row = |style: &str, id: &str| {
        let cells = cell(id) + &cell("x");
        format!("<table:table-row table:style-name=\"{style}\">{cells}</table:table-row>")
    };
    let columns = "<table:table-column/><table:table-column table:style-name=\"narrow\"/>";
    let rows = [row("ro1", "id"), row("flat", "1"), row("ro1", "2")].concat();
    desk.file(
        "flat.ods",
        ods_of(&styles.concat(), &format!("{columns}{rows}")),
    );
    let calls = [
        "sheet(\"flat.ods\")",
        "sheet(\"flat.ods\", #{ hidden: \"skip\" })",
    ];
    let (read, said) = read(&desk, &calls);
    assert!(
        said.contains("1 hidden row is read (hidden or filtered out; row 2)"),
        "{said}"
    );
    assert!(said.contains("hidden columns are read: `x`"), "{said}");
    assert_eq!(read[1], "3 #{\"id\": \"2\"}\n");
}

#[test]
fn each_takes_the_sheet_that_is_named_and_leaves_out_what_is_hidden() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    fixture(&desk, "kinds.xls");
    desk.file("a.csv", "id,city\n3,Bonn\n");
    let call = ["--", "UpdateClient", "clientid={id}", "city={city}"];
    let each = |options: &[&str]| desk.whmcsh([&["each"], options, &call[..]].concat());
    let outcome = each(&["kinds.xls", "--sheet", "Hidden", "--skip-hidden"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let reply = |id: &str| {
        desk.whmcsh([
            "call",
            "GetClientsDetails",
            &format!("clientid={id}"),
            "-o",
            "json",
        ])
        .json()
    };
    assert_eq!(reply("4")["city"], "c4");
    assert_ne!(reply("3")["city"], "c3");
    let refused = |options: &[&str], what: &str| {
        let outcome = each(options);
        assert!(outcome.failed(2).contains(what), "{}", outcome.stderr);
    };
    refused(&["kinds.xls", "--sheet", "Hiden"], "did you mean `Hidden`?");
    refused(
        &["a.csv", "--sheet", "Hidden"],
        "`a.csv` is not a spreadsheet; nothing was sent",
    );
}

#[test]
fn a_percentage_is_refused_where_a_number_is_wanted_and_read_where_asked() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let rows = [
        vec![Cell::Text("id"), Cell::Text("rate")],
        vec![Cell::Number(2.0, "0"), Cell::Number(0.19, "0%")],
    ];
    desk.file("a.xlsb", xlsb::workbook(&rows, None, None));
    let run = |rate: &str| {
        let call = "create_invoice(#{ userid: row.id, itemdescription: [\"Setup\"], itemamount: [\"100.00\"], \
                    itemtaxed: [true], taxrate: RATE });";
        let script = format!(
            "for row in sheet(\"a.xlsb\") {{ {} }}",
            call.replace("RATE", rate)
        );
        desk.file("script.rhai", script);
        desk.whmcsh(["run", "script.rhai"])
    };
    let outcome = run("row.rate");
    assert_ne!(outcome.code, Some(0));
    assert!(
        outcome.stderr.contains("parse_percent"),
        "{}",
        outcome.stderr
    );
    run("parse_percent(row.rate)").succeeded();
}

#[test]
fn a_workbook_that_is_open_elsewhere_is_said_to_be_and_its_lock_file_is_no_table() {
    let desk = Desk::new();
    for (kind, lock) in [
        ("xlsx", "~$kinds.xlsx"),
        ("xlsb", "~$kinds.xlsb"),
        ("xls", ".~lock.kinds.xls#"),
        ("ods", ".~lock.kinds.ods#"),
    ] {
        let name = format!("kinds.{kind}");
        if kind == "xlsb" {
            let rows = [[Cell::Text("a")], [Cell::Text("b")]].map(Vec::from);
            desk.file(&name, xlsb::workbook(&rows, None, None));
        } else {
            fixture(&desk, &name);
        }
        desk.file(lock, "somebody");
        desk.file("rows.rhai", format!("sheet(\"{name}\").columns"));
        let outcome = desk.whmcsh(["run", "rows.rhai", "--sandbox"]);
        let line = format!(
            "`{name}` is open in another program (`{lock}`): changes not saved there are not in its rows\n"
        );
        assert!(outcome.stderr.contains(&line), "{kind}: {}", outcome.stderr);
        let call = [
            "each",
            lock,
            "--sandbox",
            "--",
            "AddClientNote",
            "userid=1",
            "notes=x",
        ];
        let outcome = desk.whmcsh(call);
        let said = outcome.failed(2);
        assert!(
            said.contains("is the lock file of an open workbook"),
            "{kind}: {said}"
        );
        assert!(
            said.contains(&format!("name the workbook: `{name}`")),
            "{kind}: {said}"
        );
    }
}

#[test]
fn a_file_of_another_kind_than_its_name_says_is_refused_with_the_way_for_each_reader() {
    let desk = Desk::new();
    fixture(&desk, "kinds.xlsx");
    let sheet = std::fs::read(desk.folder().join("kinds.xlsx")).unwrap();
    let page = b"<html><table><tr><td>a</td></tr></table></html>".to_vec();
    let files: [(&str, Vec<u8>, &str); 8] = [
        (
            "lines.csv",
            b"{\"id\":1}\n{\"id\":2}\n".into(),
            "`rows(path)`; for `each`, rename it to end in .jsonl",
        ),
        (
            "lines.xlsx",
            b"{\"id\":1}\n{\"id\":2}\n".into(),
            "`rows(path)`; for `each`, rename it to end in .jsonl",
        ),
        (
            "array.csv",
            b"[{\"id\":1}]".into(),
            "`read_json(path)`; for `each`, write one object per line",
        ),
        (
            "table.jsonl",
            b"id,city\n1,Bonn\n".into(),
            "`csv(path)`; for `each`, rename it to end in .csv",
        ),
        (
            "table.ods",
            b"id,city\n1,Bonn\n".into(),
            "`csv(path)`; for `each`, rename it to end in .csv",
        ),
        (
            "sheet.csv",
            sheet.clone(),
            "`sheet(path)` in a script; for `each`, rename it to end in .xlsx",
        ),
        (
            "sheet.jsonl",
            sheet,
            "`sheet(path)` in a script; for `each`, rename it to end in .xlsx",
        ),
        ("page.csv", page, "save it as .xlsx or as CSV"),
    ];
    for (name, content, way) in files {
        desk.file(name, content);
        let call = [
            "each",
            name,
            "--sandbox",
            "--",
            "AddClientNote",
            "userid=1",
            "notes=x",
        ];
        let outcome = desk.whmcsh(call);
        let said = outcome.failed(2);
        assert!(said.contains(way), "{name}: {said}");
    }
}

#[test]
fn what_is_not_a_spreadsheet_is_called_what_it_is() {
    let desk = Desk::new();
    fixture(&desk, "kinds.xlsx");
    let whole = std::fs::read(desk.folder().join("kinds.xlsx")).unwrap();
    let spreadsheet_2003 =
        "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>";
    let locked =
        "<manifest:manifest xmlns:manifest=\"m\"><manifest:encryption-data/></manifest:manifest>";
    let files: [(&str, Vec<u8>, &str); 10] = [
        (
            "web.xls",
            b"\n<!DOCTYPE html><html><table><tr><td>id</td></tr></table>".into(),
            "a web page (HTML)",
        ),
        (
            "csv.xlsx",
            b"id,city\n1,Bonn\n".into(),
            "a text file such as CSV",
        ),
        (
            "old.xls",
            spreadsheet_2003.into(),
            "an XML file of Excel 2003",
        ),
        ("empty.xlsx", Vec::new(), "an empty file"),
        ("a.xlsx", b"\x1f\x8b\x08\0".into(), "packed with gzip"),
        ("letter.xlsx", zipped(&[("a.txt", b"x")]), "a zip archive"),
        (
            "cut.xlsx",
            whole[..whole.len() / 2].into(),
            "cannot be read: it is damaged",
        ),
        (
            "locked.ods",
            zipped(&[
                (
                    "mimetype",
                    b"application/vnd.oasis.opendocument.spreadsheet",
                ),
                ("META-INF/manifest.xml", locked.as_bytes()),
                ("content.xml", b"\x8f\x01"),
            ]),
            "is locked with a password",
        ),
        (
            "locked.xlsx",
            compound("EncryptedPackage"),
            "is locked with a password",
        ),
        (
            "letter.xls",
            compound("WordDocument"),
            "a file of another Office program",
        ),
    ];
    let calls: Vec<String> = files
        .iter()
        .map(|(name, ..)| format!("sheet(\"{name}\")"))
        .collect();
    for (name, bytes, _) in &files {
        desk.file(name, bytes);
    }
    let (said, _) = read(&desk, &calls);
    for ((name, _, what), said) in files.iter().zip(said) {
        for part in [&format!("`{name}`"), *what, "none of its rows was sent"] {
            assert!(said.contains(part), "{name}: {said}");
        }
    }
}

#[test]
fn a_damaged_workbook_is_refused_and_breaks_nothing() {
    let desk = Desk::new();
    let mut calls = Vec::new();
    for kind in KINDS {
        let path = repository().join("tests/cli/fixtures").join(kind);
        let whole = std::fs::read(path).unwrap();
        for part in 1..20 {
            let mut bytes = whole.clone();
            let from = bytes.len() * part / 20;
            let to = (from + 40).min(bytes.len());
            bytes[from..to].fill(0xF7);
            let name = format!("{part}-{kind}");
            desk.file(&name, bytes);
            calls.push(format!("sheet(\"{name}\", \"Shown\")"));
        }
    }
    let (_, said) = read(&desk, &calls);
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_text_that_is_too_long_and_a_cell_far_away_take_no_memory() {
    let desk = Desk::new();
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let header = format!("<table:table-row>{}</table:table-row>", cell("id"));
    let long = format!(
        "{header}<table:table-row>{}</table:table-row>",
        cell(&"x".repeat(5 << 20))
    );
    desk.file("long.ods", ods(&long));
    let far = format!(
        "{header}<table:table-row table:number-rows-repeated=\"1048574\"><table:table-cell/></table:table-row>\
         <table:table-row><table:table-cell table:number-columns-repeated=\"16383\"/>{}</table:table-row>",
        cell("x")
    );
    desk.file("far.ods", ods(&far));
    say(
        &desk,
        &[
            ("sheet(\"long.ods\")", &["holds a text of more than 4 MB"]),
            (
                "sheet(\"far.ods\")",
                &["cell XFD1048576 is outside the columns of the table"],
            ),
        ],
    );
}

/// A file of streams with one of that name, and nothing in it.
fn compound(stream: &str) -> Vec<u8> {
    let mut head = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    head.resize(24, 0);
    head.extend([0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    head.resize(44, 0);
    // One table in sector 0, the directory in sector 1, no small sectors, no further tables.
    let fields = [1_u32, 1, 0, 4096, 0xFFFF_FFFE, 0, 0xFFFF_FFFE, 0, 0];
    head.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    head.resize(512, 0xFF);
    let mut table: Vec<u8> = [0xFFFF_FFFD_u32, 0xFFFF_FFFE]
        .iter()
        .flat_map(|next| next.to_le_bytes())
        .collect();
    table.resize(512, 0xFF);
    let entry = |name: &str, kind: u8| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend([u8::try_from(name.len() * 2 + 2).unwrap(), 0, kind]);
        entry.resize(116, 0);
        entry.extend(0xFFFF_FFFE_u32.to_le_bytes());
        entry.resize(128, 0);
        entry
    };
    [
        head,
        table,
        entry("Root Entry", 5),
        entry(stream, 2),
        vec![0; 256],
    ]
    .concat()
}

#[test]
fn a_title_is_passed_over_by_each_and_a_header_that_comes_again_is_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let row = |cells: &[&str]| {
        let cell = |text: &&str| {
            format!(
                "<table:table-cell office:value-type=\"string\" xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"><text:p>{text}</text:p></table:table-cell>"
            )
        };
        let cells: String = cells.iter().map(cell).collect();
        format!("<table:table-row>{cells}</table:table-row>")
    };
    let title = "<table:table-row><table:table-cell table:number-columns-spanned=\"2\"><text:p>Clients</text:p></table:table-cell></table:table-row>";
    let rows = [row(&["id", "city"]), row(&["3", "1E5"])].concat();
    desk.file("title.ods", ods(&format!("{title}{rows}")));
    let again = row(&["ID", "City"]);
    desk.file("joined.ods", ods(&format!("{rows}{again}{rows}")));
    desk.file("a.csv", "id,city\n3,Bonn\n");
    let each = |options: &[&str]| {
        let call = [
            "--plan",
            "--",
            "UpdateClient",
            "clientid={id}",
            "city={city}",
        ];
        desk.whmcsh([&["each"], options, &call].concat())
    };
    let title = each(&["title.ods"]);
    let hint = "if that is a title, skip it with `--skip 1`";
    assert!(title.failed(2).contains(hint), "{}", title.stderr);
    let call = ["AddClientNote", "userid=1", "notes={Clients}"];
    let merged = desk.whmcsh([&["each", "title.ods", "--plan", "--"][..], &call].concat());
    let said = &merged.stderr;
    assert!(
        said.contains("are merged") && said.contains("each --skip 1"),
        "{said}"
    );
    let planned = each(&["title.ods", "--skip", "1"]);
    planned.succeeded();
    let command = "whmcsh each title.ods --skip=1 --";
    assert!(planned.stderr.contains(command), "{}", planned.stderr);
    let doubtful = "read as text 1 cell that may be numbers in scientific notation (cell B3 (column `city`): `1E5`)";
    assert!(planned.stderr.contains(doubtful), "{}", planned.stderr);
    let joined = each(&["joined.ods"]);
    assert!(
        joined
            .stderr
            .contains("row 3 repeats the header; no row of the sheet was sent"),
        "{}",
        joined.stderr
    );
    let csv = each(&["a.csv", "--skip", "1"]);
    assert!(
        csv.failed(2).contains("leave out `--sheet`, `--skip`"),
        "{}",
        csv.stderr
    );
}
