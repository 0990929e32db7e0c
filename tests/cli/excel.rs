//! CSV files as Excel exports them in Europe, and files that appear whole or not at all.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::Desk;

/// What a script makes of a price list with semicolons and decimal commas.
const TOTAL: &str = r#"
let total = parse_money("0");
for row in csv("prices.csv") { total += parse_money(row.preis); print(`${row.name}: ${row.preis}`); }
print(total);
"#;
const LIST: &str = "name;preis\r\nGroß;1.234,56\r\nMüller & Söhne;0,44\r\n";
const READ: &str = "Groß: 1.234,56\nMüller & Söhne: 0,44\n1235.00\n";

#[track_caller]
fn reads(content: impl AsRef<[u8]>, expected: &str) {
    let desk = Desk::new();
    desk.file("prices.csv", content);
    desk.file("script.rhai", TOTAL);
    let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    assert_eq!(outcome.succeeded(), expected);
}

/// The text in Windows-1252, as far as it needs no table.
fn windows_1252(text: &str) -> Vec<u8> {
    let byte = |letter| match letter {
        '€' => 0x80,
        letter => u8::try_from(u32::from(letter)).unwrap(),
    };
    text.chars().map(byte).collect()
}

#[test]
fn semicolons_and_decimal_commas_in_windows_1252() {
    reads(windows_1252(LIST), READ);
}

#[test]
fn a_price_may_carry_a_euro_sign_in_windows_1252() {
    let list = LIST.replace("0,44", "0,44 €");
    reads(windows_1252(&list), &READ.replace("0,44", "0,44 €"));
}

#[test]
fn excel_s_unicode_text_is_utf_16_with_tabs() {
    let text = format!("\u{feff}{}", LIST.replace(';', "\t"));
    let bytes =
        |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    reads(bytes(u16::to_le_bytes), READ);
    reads(bytes(u16::to_be_bytes), READ);
}

#[test]
fn utf_8_with_and_without_its_mark() {
    reads(LIST, READ);
    reads(format!("\u{feff}{LIST}"), READ);
}

#[test]
fn a_first_line_that_names_the_separator() {
    reads(format!("sep=;\r\n{LIST}"), READ);
    reads(windows_1252(&format!("sep=;\r\n{LIST}")), READ);
    reads(format!("sep=|\r\n{}", LIST.replace(';', "|")), READ);
}

/// Writes far more than can be written before the script is killed, over an old file.
fn killed_half_way(script: &str) -> Desk {
    let desk = Desk::new();
    desk.file("out", "old\n");
    desk.file("script.rhai", script);
    let mut child = desk
        .command()
        .args(["run", "script.rhai", "--sandbox"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_begun = || {
        let entries = std::fs::read_dir(desk.folder()).unwrap();
        entries.flatten().any(|entry| {
            entry.file_name().to_string_lossy().ends_with(".part")
                && entry.metadata().is_ok_and(|found| found.len() > 10_000)
        })
    };
    let begun = Instant::now();
    while !is_begun() && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let was_begun = is_begun();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(was_begun, "nothing was being written");
    desk
}

#[test]
fn a_csv_file_killed_half_way_is_the_old_one() {
    let desk = killed_half_way(
        "let out = csv_writer(\"out\", [\"id\"]);\nloop { out.write(#{ id: \"0123456789\" }); }",
    );
    let left = std::fs::read_to_string(desk.folder().join("out")).unwrap();
    assert_eq!(left, "old\n");
}

#[test]
fn a_file_that_cannot_be_completed_leaves_the_old_one_and_nothing_else() {
    for call in [
        "write_csv(\"out\", [#{ id: 1 }, #{ id: || 1 }])",
        "write_json(\"out\", [1, || 1])",
    ] {
        let desk = Desk::new();
        desk.file("out", "old\n");
        desk.file("script.rhai", call);
        let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
        outcome.failed(1);
        let left = std::fs::read_to_string(desk.folder().join("out")).unwrap();
        assert_eq!(left, "old\n", "{call}");
        let entries = std::fs::read_dir(desk.folder()).unwrap().flatten();
        let parts = entries.filter(|entry| entry.file_name().to_string_lossy().contains(".part"));
        assert_eq!(parts.count(), 0, "{call}");
    }
}

#[test]
fn a_disk_that_is_full_leaves_the_old_file() {
    for (script, limit) in [
        ("write_csv(\"out\", big)", 64),
        ("write_json(\"out\", big)", 64),
    ] {
        let desk = Desk::new();
        desk.file("out", "old\n");
        let text =
            format!("let big = []; for n in 0..20000 {{ big.push(#{{ id: n }}); }} {script};");
        desk.file("script.rhai", text);
        // A limit on the size of files is met like a full disk.
        let binary = desk.command();
        let line = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec {} run script.rhai --sandbox",
            binary.get_program().to_string_lossy()
        );
        let output = std::process::Command::new("bash")
            .args(["-c", &line])
            .current_dir(desk.folder())
            .env("HOME", desk.folder())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{error}");
        assert!(error.contains("`out` cannot be written"), "{error}");
        let left = std::fs::read_to_string(desk.folder().join("out")).unwrap();
        assert_eq!(left, "old\n");
        let entries = std::fs::read_dir(desk.folder()).unwrap().flatten();
        let parts = entries.filter(|entry| entry.file_name().to_string_lossy().contains(".part"));
        assert_eq!(parts.count(), 0, "{script}");
    }
}
