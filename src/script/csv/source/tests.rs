use crate::script::workbench::Workbench;

const EMAILS: &str = "let all = []; for row in csv(\"c.csv\") { all += row.email } all";

fn emails(content: impl AsRef<[u8]>) -> String {
    let bench = Workbench::new();
    bench.file("c.csv", content);
    bench.text(EMAILS)
}

fn refusal(content: impl AsRef<[u8]>) -> String {
    let bench = Workbench::new();
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
    let bench = Workbench::new();
    bench.file("c.csv", b"email\n\xcf\xf0\xe8\n");
    let script = "csv(\"c.csv\", #{ encoding: \"windows-1251\" }).next().email";
    assert_eq!(bench.text(script), "При");
}

#[test]
fn another_encoding_late_in_the_file_is_named_with_its_line() {
    let mut content = b"email\n".to_vec();
    content.extend_from_slice(&b"x@example.com\n".repeat(10_000));
    content.extend_from_slice(b"zo\xeb@example.com\n");
    assert_eq!(
        refusal(content),
        "`c.csv` line 10002 is not valid UTF-8\n\
         hint: name the file's encoding: `csv(path, #{ encoding: \"windows-1252\" })`"
    );
}

#[test]
fn cells_and_headers_are_trimmed_unless_told_otherwise() {
    let bench = Workbench::new();
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
    let bench = Workbench::new();
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
        "`c.csv` line 4: 1 cell, but 2 columns\n\
         hint: every row needs as many cells as there are columns, empty ones too"
    );
    assert_eq!(
        refusal("email,a\nx,1,2\n"),
        "`c.csv` line 2: 3 cells, but 2 columns\n\
         hint: put quotes around a cell that holds the delimiter"
    );
}

#[test]
fn a_header_with_a_double_or_an_empty_name_is_refused() {
    let hint = "\nhint: every column needs a name of its own in the header";
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
        "`c.csv` line 3: a quote is opened and never closed\n\
         hint: the file may be cut off; a quote inside a quoted cell is written twice"
    );
}

#[test]
fn a_huge_cell_is_refused_before_it_is_kept() {
    let content = format!("email,a\nx,{}\n", "y".repeat(10 << 20));
    assert_eq!(
        refusal(content),
        "`c.csv` line 2: a cell is longer than 1 MB\n\
         hint: look for a quote that is not closed where it should be"
    );
}

#[test]
fn an_empty_file_is_refused_and_a_header_alone_has_no_rows() {
    let empty = "`c.csv` is empty: a header line was expected\n\
                 hint: the first line names the columns, such as `email,firstname`";
    assert_eq!(refusal(""), empty);
    assert_eq!(refusal(" \r\n\n"), empty);
    assert_eq!(refusal("\u{feff}"), empty);
    assert_eq!(emails("email,a\n"), "[]");
    assert_eq!(emails("email,a"), "[]");
}

#[test]
fn what_is_not_text_is_called_what_it_is() {
    let hint = "\nhint: if it is a spreadsheet, read it with `sheet(path)`";
    assert_eq!(
        refusal(b"PK\x03\x04\0\0"),
        format!("`c.csv` is not a CSV file but looks like a spreadsheet or a zip archive{hint}")
    );
    assert_eq!(
        refusal(b"\x7fELF\0\0\x01"),
        "`c.csv` is not a CSV file but looks like binary data\n\
         hint: save it as CSV; if it is text, name its `encoding`"
    );
}
