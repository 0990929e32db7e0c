use crate::script::csv::open;
use crate::script::csv::opened::Opened;
use crate::script::csv::options::CsvOptions;
use crate::script::csv::rows::RowSource as _;
use crate::script::test_engine::TestEngine;

const EMAILS: &str = "let all = []; for row in csv(\"c.csv\") { all += row.email } all";

fn emails(content: impl AsRef<[u8]>) -> String {
    let bench = TestEngine::new();
    bench.file("c.csv", content);
    bench.text(EMAILS)
}

fn refusal(content: impl AsRef<[u8]>) -> String {
    let bench = TestEngine::new();
    bench.file("c.csv", content);
    bench.refusal(EMAILS)
}

#[test]
fn rows_come_in_order_whatever_the_delimiter() {
    assert_eq!(emails("email,a\nx,1\ny,2\n"), r#"["x", "y"]"#);
    assert_eq!(emails("email;a\nx;1\ny;2"), r#"["x", "y"]"#);
    assert_eq!(emails("a\temail\r\n1\tx\r\n2\ty\r\n"), r#"["x", "y"]"#);
    assert_eq!(emails("email\nx\ny\n"), r#"["x", "y"]"#);
}

#[test]
fn a_first_line_that_names_the_delimiter_is_no_header() {
    assert_eq!(emails("sep=;\r\nemail;a\r\nx;1,5\r\n"), r#"["x"]"#);
    assert_eq!(emails("\u{feff}SEP=|\nemail|a\nx|1\n"), r#"["x"]"#);
    assert_eq!(emails("\"sep=,\"\nemail,a\nx,1;2;3\n"), r#"["x"]"#);
    assert!(refusal("sep=;\nemail;a\nx\n").starts_with("`c.csv` line 3: 1 cell,"));
}

#[test]
fn the_usual_encodings_are_found_out() {
    let text = "email,name\nzoë@example.com,Zoë\n";
    let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let marked = format!("\u{feff}{text}");
        marked.encode_utf16().flat_map(order).collect()
    };
    let expected = r#"["zoë@example.com"]"#;
    assert_eq!(emails(text), expected);
    assert_eq!(emails(format!("\u{feff}{text}")), expected);
    assert_eq!(emails(utf_16(u16::to_le_bytes)), expected);
    assert_eq!(emails(utf_16(u16::to_be_bytes)), expected);
    assert_eq!(emails(b"email,name\nzo\xeb@example.com,Zo\xeb\n"), expected);
}

#[test]
fn a_named_encoding_is_used() {
    let bench = TestEngine::new();
    bench.file("c.csv", b"email\n\xcf\xf0\xe8\n");
    let script = "csv(\"c.csv\", #{ encoding: \"windows-1251\" }).next().email";
    assert_eq!(bench.text(script), "При");
}

#[test]
fn another_encoding_late_in_the_file_is_found_out() {
    let mut content = b"email\n".to_vec();
    content.extend_from_slice(&b"x@example.com\n".repeat(10_000));
    content.extend_from_slice(b"zo\xeb@example.com\n");
    let bench = TestEngine::new();
    bench.file("c.csv", content);
    assert_eq!(
        bench.text("csv(\"c.csv\").to_array()[10000].email"),
        "zoë@example.com"
    );
    assert_eq!(
        bench.heard.notes(),
        ["`c.csv`: guessed the encoding windows-1252"]
    );
}

#[test]
fn utf_8_with_a_stray_byte_is_refused_with_its_line() {
    let mut content = "email\nzoë@example.com\n".as_bytes().to_vec();
    content.extend_from_slice(b"zo\xeb@example.com\n");
    assert_eq!(
        refusal(content),
        "`c.csv` line 3 is not valid UTF-8; nothing was sent for its rows\n\
         hint: set its encoding with `csv(path, #{ encoding: \"…\" })` or `each --encoding …`; common: \
         `utf-8`, `windows-1252`, `windows-1250`, `windows-1251`, `shift_jis`, `utf-16le`"
    );
}

#[test]
fn a_byte_that_the_guessed_encoding_lacks_is_refused_with_its_line() {
    let refusal = refusal(b"email\nx\nzo\xeb\x81\n");
    assert!(
        refusal.starts_with("`c.csv` line 3 is not valid windows-1252; nothing"),
        "{refusal}"
    );
}

#[test]
fn cells_and_headers_are_trimmed_unless_told_otherwise() {
    let bench = TestEngine::new();
    bench.file("c.csv", " email , name\n  x ,\" y \"\n");
    assert_eq!(
        bench.text("csv(\"c.csv\").next()"),
        r#"#{"email": "x", "name": "y"}"#
    );
    assert_eq!(
        bench.text("csv(\"c.csv\", #{ trim: false }).next()"),
        r#"#{"email": "  x ", "name": " y "}"#
    );
}

#[test]
fn quoted_cells_keep_delimiters_quotes_and_line_ends() {
    let bench = TestEngine::new();
    bench.file("c.csv", "email,note\r\nx,\"a \"\"b\"\", c\nd\"\r\n");
    assert_eq!(bench.text("csv(\"c.csv\").next().note"), "a \"b\", c\nd");
}

#[test]
fn blank_lines_are_no_rows() {
    assert_eq!(emails("\nemail,a\n\nx,1\n   \n\ny,2\n\n"), r#"["x", "y"]"#);
}

#[test]
fn a_ragged_row_is_refused_with_its_line() {
    assert_eq!(
        refusal("email,a\r\nx,1\r\n\r\ny\r\n"),
        "`c.csv` line 4: 1 cell, but 2 columns; nothing was sent for its rows\n\
         hint: every row needs one cell per column, even if empty"
    );
    assert_eq!(
        refusal("email,a\nx,1,2\n"),
        "`c.csv` line 2: 3 cells, but 2 columns; nothing was sent for its rows\n\
         hint: put quotes around a cell that holds the delimiter"
    );
}

#[test]
fn a_header_with_a_double_or_an_empty_name_is_refused() {
    let hint =
        "; nothing was sent for its rows\nhint: every column needs a name of its own in the header";
    assert_eq!(
        refusal("email,a, email\n"),
        format!("`c.csv` line 1: columns 1 and 3 are both called `email`{hint}")
    );
    assert_eq!(
        refusal("\nemail,,b\n"),
        format!("`c.csv` line 2: column 2 has no name{hint}")
    );
}

#[test]
fn a_file_cut_off_in_a_quote_names_the_line_of_the_quote() {
    assert_eq!(
        refusal("email,a\nx,1\ny,\"cut\noff"),
        "`c.csv` line 3, column `a`: a quote is never closed; nothing was sent for its rows\n\
         hint: the file may be cut off; a quote inside a quoted cell is written twice"
    );
}

#[test]
fn a_huge_cell_is_refused_before_it_is_kept() {
    let content = format!("email,a\nx,{}\n", "y".repeat(10 << 20));
    assert_eq!(
        refusal(content),
        "`c.csv` line 2, column `a`: a cell is longer than 1 MB; nothing was sent for its rows\n\
         hint: look for a quote that is not closed where it should be"
    );
}

#[test]
fn an_empty_file_is_refused_and_a_header_alone_has_no_rows() {
    let empty = "`c.csv` is empty: a header line was expected; nothing was sent for its rows\n\
                 hint: the first line names the columns, such as `email,firstname`";
    assert_eq!(refusal(""), empty);
    assert_eq!(refusal(" \r\n\n"), empty);
    assert_eq!(refusal("\u{feff}"), empty);
    assert_eq!(emails("email,a\n"), "[]");
    assert_eq!(emails("email,a"), "[]");
}

#[test]
fn what_is_not_text_is_called_what_it_is() {
    let hint = "\nhint: if it is a spreadsheet, read it with `sheet(path)` in a script; for `each`, rename it \
         to end in .xlsx";
    assert_eq!(
        refusal(b"PK\x03\x04\0\0"),
        format!(
            "`c.csv` is not a CSV file but looks like a spreadsheet or a zip archive; nothing was sent for its rows{hint}"
        )
    );
    assert_eq!(
        refusal(b"\x7fELF\0\0\x01"),
        "`c.csv` is not a CSV file but looks like binary data; nothing was sent for its rows\n\
         hint: save it as CSV; if it is text, name its `encoding`"
    );
}

/// What the rows of a file give, and what is said of it.
fn told(content: impl AsRef<[u8]>) -> (String, Vec<String>) {
    let bench = TestEngine::new();
    bench.file("c.csv", content);
    (bench.text(EMAILS), bench.heard.notes())
}

#[test]
fn rows_of_separators_alone_are_skipped_and_counted() {
    let (emails, notes) = told("email,a\nx,1\n,\ny,2\n\"\", \n\u{a0},\u{200b}\n");
    assert_eq!(emails, r#"["x", "y"]"#);
    assert_eq!(
        notes,
        ["`c.csv`: skipped 3 rows with only separators (first: line 3)"]
    );
}

#[test]
fn a_header_that_comes_again_is_refused() {
    let expected = "`c.csv` line 3 repeats the header; nothing was sent for its rows\n\
        hint: remove the line, which may come from joining two files";
    assert_eq!(refusal("email,a\nx,1\n\u{feff}email,a\ny,2\n"), expected);
    assert_eq!(refusal("email,a,b\nx,1,2\nB,Email,A\n"), expected);
    assert_eq!(refusal("email,a\nx,1\nA,Email\n"), expected);
    assert_eq!(refusal("first_name,a\nx,1\nFirst Name,A\n"), expected);
    assert_eq!(emails("email,a\na,mail\nemail,b\n"), r#"["a", "email"]"#);
}

#[test]
fn what_a_spreadsheet_spoiled_is_refused_unless_it_is_wanted_as_it_is() {
    assert_eq!(
        refusal("email,vat no\nx,4.9E+11\n"),
        "`c.csv` line 2, column `vat no`: `4.9E+11` is a number in scientific notation, which \
         may have lost digits; nothing was sent for its rows\n\
         hint: format the column as text and fill it in again; to send it as is, use \
         `csv(path, #{ as_is: [\"vat no\"] })` or `each --as-is \"vat no\"`"
    );
    assert!(refusal("email\n#N/A\n").contains("line 2, column `email`: `#N/A` is an error"));
    let bench = TestEngine::new();
    bench.file("c.csv", "email,a\n#N/A,=\"01\"\n");
    assert_eq!(
        bench.text("csv(\"c.csv\", #{ as_is: \"email\" }).next()"),
        r##"#{"email": "#N/A", "a": "01"}"##
    );
    assert_eq!(
        bench.refusal("csv(\"c.csv\", #{ as_is: [\"emial\"] })"),
        "`c.csv` has no column `emial`, which `as_is` names; nothing was sent for its rows\n\
         hint: did you mean `email`?"
    );
}

#[test]
fn quotes_that_swallow_rows_are_refused_unless_the_column_is_taken_as_it_is() {
    let content = "id,email\n1,Bergen\n2,\"Oslo\n3,Cork\n4,Bonn\"\n6,Paris\n";
    assert_eq!(
        refusal(content),
        "`c.csv` line 3, column `email`: a quoted cell holds lines that look like rows, from line 4 \
         on; nothing was sent for its rows\n\
         hint: look for a stray quote there; to send it as is, use \
         `csv(path, #{ as_is: [\"email\"] })` or `each --as-is email`"
    );
    let bench = TestEngine::new();
    bench.file("c.csv", content);
    assert_eq!(
        bench.text("csv(\"c.csv\", #{ as_is: [\"email\"] }).count()"),
        "3"
    );
}

#[test]
fn invisible_characters_around_headers_and_cells_are_removed_and_said() {
    let (emails, notes) = told("\u{200b}email,a\njo@example.com\u{200b},1\u{a0}\n");
    assert_eq!(emails, r#"["jo@example.com"]"#);
    assert_eq!(
        notes,
        ["`c.csv`: removed invisible characters around 3 cells (first: line 1, column `email`)"]
    );
    let (_, notes) = told("email\njo\u{ad}hn@example.com\n");
    assert_eq!(
        notes,
        ["`c.csv`: kept invisible characters inside 1 cell \
          (line 2, column `email`: `jo<U+00AD>hn@example.com`)"]
    );
}

#[test]
fn what_is_written_while_it_is_read_is_refused_or_said() {
    let bench = TestEngine::new();
    let path = bench.folder.path().join("c.csv");
    let rows = |count: usize| format!("email,a\n{}", "x@example.com,1\n".repeat(count));
    let read = |change: &dyn Fn()| {
        std::fs::write(&path, rows(20_000)).unwrap();
        let rows = open(&bench.host, "c.csv", CsvOptions::default()).unwrap();
        assert!(rows.next_row().unwrap().is_some());
        change();
        let mut count = 1;
        loop {
            match rows.next_row() {
                Ok(Some(_)) => count += 1,
                Ok(None) => return Ok(count),
                Err(raised) => return Err(raised.to_string()),
            }
        }
    };
    let cut = read(&|| {
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_len(100_000).unwrap();
    });
    assert!(cut.unwrap_err().starts_with("`c.csv` was cut off at line "));
    let overwritten =
        read(&|| std::fs::write(&path, rows(20_000).replace("e.com", "e.org")).unwrap());
    assert!(
        overwritten
            .unwrap_err()
            .starts_with("`c.csv` was overwritten at line ")
    );
    let appended = read(&|| std::fs::write(&path, rows(20_002)).unwrap());
    assert_eq!(appended, Ok(20_000));
    let said = bench.heard.notes();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("`c.csv` grew by 32 bytes while it was read"));
    let other = bench.folder.path().join("d.csv");
    assert_eq!(
        read(&|| {
            std::fs::write(&other, rows(5)).unwrap();
            std::fs::rename(&other, &path).unwrap();
        }),
        Ok(20_000)
    );
}

#[test]
fn of_a_file_that_is_not_checked_the_rows_before_a_fault_are_given() {
    let bench = TestEngine::new();
    bench.file("c.csv", "email,a\nx,1\n,\ny\n");
    let opened = Opened::at(&bench.host.files, "c.csv", CsvOptions::default()).unwrap();
    let mut rows = opened.rows().unwrap();
    assert!(rows.next_row().unwrap().is_some());
    let fault = rows.next_row().unwrap_err().to_string();
    assert_eq!(fault, "`c.csv` line 4: 1 cell, but 2 columns");
    assert!(rows.next_row().unwrap().is_none());
}

#[test]
fn a_file_that_is_said_to_be_ascii_has_no_other_letter() {
    let bench = TestEngine::new();
    bench.file("c.csv", "email,city\nx,Bonn\ny,Köln\n");
    for name in ["ascii", "US-ASCII"] {
        let refusal = bench.refusal(&format!("csv(\"c.csv\", #{{ encoding: \"{name}\" }})"));
        assert!(
            refusal.starts_with("`c.csv` line 3 is not valid ASCII; nothing was sent"),
            "{refusal}"
        );
    }
    bench.file("c.csv", "email,city\nx,Bonn\n");
    let script = "csv(\"c.csv\", #{ encoding: \"ascii\" }).next().city";
    assert_eq!(bench.text(script), "Bonn");
}

#[test]
fn a_cell_that_lost_a_character_is_refused_and_a_formula_of_a_text_is_said() {
    let lost = refusal("email,a\nx,Z\u{fffd}rich\n");
    assert!(
        lost.starts_with(
            "`c.csv` line 2, column `a`: `Z\u{fffd}rich` has a character that was lost"
        ),
        "{lost}"
    );
    assert!(lost.contains("each --as-is a`"), "{lost}");
    let (_, notes) = told("email,a\nx,=\"0150\"\ny,=\"0151\"\n");
    assert_eq!(
        notes,
        ["`c.csv`: removed `=\"…\"` around 2 cells (first: line 2, column `a`: `=\"0150\"`)"]
    );
}

#[test]
fn a_header_that_is_spoiled_or_swallowed_rows_is_refused() {
    let lost = refusal("email,st\u{fffd}dt\nx,1\n");
    assert!(
        lost.starts_with("`c.csv` line 1: the column `st\u{fffd}dt` has a character that was lost"),
        "{lost}"
    );
    let swallowed = refusal("email,\"a\nx,1\ny\",2\n");
    assert!(
        swallowed.starts_with("`c.csv` line 1: the name of the column `a` holds lines"),
        "{swallowed}"
    );
    assert_eq!(emails("email,\"a\n(b)\"\nx,1\n"), r#"["x"]"#);
}

#[test]
fn a_header_of_a_joined_file_with_other_columns_is_refused_and_so_is_a_drawn_line() {
    let joined = refusal("email,a,b\nx,1,2\nemail,a,c\ny,3,4\n");
    assert!(
        joined.starts_with("`c.csv` line 3 repeats the header"),
        "{joined}"
    );
    let drawn = refusal("email,a\n-----,--\nx,1\n");
    assert!(
        drawn.starts_with("`c.csv` line 2 is a drawn line, not a row"),
        "{drawn}"
    );
    assert_eq!(emails("email,a\n-,-\n"), r#"["-"]"#);
}

#[test]
fn what_may_have_been_something_else_is_said() {
    let (emails, notes) = told("email,a\nKÃ¶ln,NULL\n'x',4917012345670000\n\u{1b}$B,1\n");
    assert_eq!(emails, "[\"KÃ¶ln\", \"'x'\", \"\\u{1b}$B\"]");
    assert_eq!(
        notes,
        [
            "`c.csv`: kept invisible characters inside 1 cell (line 4, column `email`: `<U+001B>$B`)",
            "`c.csv`: read as text 1 cell that may have been read in a wrong encoding earlier \
             (line 2, column `email`: `KÃ¶ln`)",
            "`c.csv`: read as text 1 cell that may stand for no value (line 2, column `a`: `NULL`)",
            "`c.csv`: read as text 1 cell with quotes or an apostrophe that may not be part of it \
             (line 3, column `email`: `'x'`)",
            "`c.csv`: read as text 1 cell whose digits after the fifteenth may be lost \
             (line 3, column `a`: `4917012345670000`)",
        ]
    );
}

#[test]
fn a_file_without_rows_is_said() {
    let (emails, notes) = told("email,a,x,1,y,2");
    assert_eq!((emails.as_str(), notes.len()), ("[]", 1));
    assert_eq!(notes, ["`c.csv` has a header and no rows"]);
}
