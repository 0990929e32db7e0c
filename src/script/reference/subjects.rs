//! In which order our functions are explained.

/// What is explained together: a title, a line about it, and names.
pub const SUBJECTS: &[(&str, &str, &[&str])] = &[
    (
        "Servers and clients",
        "Besides the actions themselves, which have [pages of their own](README.md).",
        &[
            "client_by_email",
            "upsert_client",
            "changed",
            "connect",
            "call",
        ],
    ),
    (
        "Loops over many rows at once",
        "See [bulk and resume](../bulk.md).",
        &["bulk", "skip", "fail", "counter", "add", "value", "gather"],
    ),
    (
        "Files and lists",
        "`rows` come from a file, `records` from a list of the server (such as `all_clients(#{ … \
         })`), and `frozen` ones from a list in a file. They are read when needed and only once. A \
         cell is `row.column` or `row[\"column\"]`; a column the file does not have is an error.",
        &[
            "csv",
            "sheet",
            "rows",
            "columns",
            "next",
            "count",
            "to_array",
            "to_map",
            "without_empty",
            "has",
            "line",
            "number",
        ],
    ),
    (
        "Groups, sums and order",
        "These take arrays, `rows` and `records`, and read them once.",
        &["group_by", "sum", "unique", "sort_by", "chunk"],
    ),
    (
        "Output and files",
        "Files appear complete or not at all.",
        &[
            "table",
            "log",
            "join",
            "write_csv",
            "csv_writer",
            "write",
            "close",
            "write_sheet",
            "write_json",
            "to_json",
            "write_text",
            "save_attachment",
        ],
    ),
    (
        "Input",
        "A script reads files in its own folder, in the working folder, and those named on the command line.",
        &["read_json", "parse_json", "read_text", "read_bytes", "env"],
    ),
    (
        "Money",
        "Money is decimal, never a float: `money(\"0.10\") * 3` is `0.30`. It compares and adds with numbers and \
         with text that is a plain number.",
        &[
            "money",
            "parse_money",
            "parse_percent",
            "as_money",
            "as_text",
            "format_money",
            "round",
        ],
    ),
    (
        "Days and moments",
        "Days compare, `day + 14` is a day, `later - earlier` a number of days. A reply holds them as text: \
         `date(service.nextduedate)`.",
        &[
            "today",
            "now",
            "date",
            "datetime",
            "add_days",
            "add_months",
            "add_years",
            "format",
            "year",
            "month",
            "day",
            "weekday",
            "hour",
            "minute",
            "second",
        ],
    ),
    (
        "Text",
        "Regular expressions are those of the Rust crate `regex`: found in linear time, without look-around and \
         backreferences.",
        &[
            "matches",
            "captures",
            "replace_all",
            "digits",
            "parse_bool",
            "base64",
            "unbase64",
            "unbase64_bytes",
        ],
    ),
    (
        "Whole numbers",
        "Write a power as `2 ** 3`; `^` between numbers is refused.",
        &["xor"],
    ),
    ("Passwords", "", &["random_password"]),
    (
        "Tests",
        "Only in files whose name ends with `_test.rhai`; see [testing](../testing.md). `server` is the \
         test's own server: every action can be called on it, as on a connection.",
        &[
            "given",
            "fault",
            "advance",
            "requests",
            "emails",
            "run_script",
            "assert",
            "assert_eq",
            "assert_ne",
            "assert_error",
            "assert_writes",
            "assert_no_writes",
            "assert_no_mail",
            "assert_snapshot",
        ],
    ),
];
