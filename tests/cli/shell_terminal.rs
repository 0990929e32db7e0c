//! The interactive shell, on a terminal: keys, colours, paste, Ctrl-C.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;

use vt100::Color;

use crate::shell_commands::with_profiles;
use crate::support::{Desk, Sandbox};
use crate::tty::Tty;

const PROMPT: &str = "sandbox>";
const UP: &str = "\x1b[A";
const LEFT: &str = "\x1b[D";

/// A shell on a sandbox of its own, at its prompt.
fn shell(desk: &Desk) -> Tty {
    let mut tty = Tty::start(desk, &["repl", "--sandbox"]);
    tty.is_at(PROMPT);
    tty
}

fn history(desk: &Desk) -> std::path::PathBuf {
    desk.folder().join(".local/state/whmcsh/history")
}

#[test]
fn names_parameters_and_fields_are_completed() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.types("get_currenc\t").sees("get_currencies(");
    tty.types(").cur\t").sees("get_currencies().currencies");
    tty.types("\x03").is_at(PROMPT);
    tty.types("add_client(#{ firstn\t").sees("#{ firstname: ");
    tty.types("\"A\",\rlastn\t").sees("lastname: ");
    // All that are left: those it needs come first.
    tty.types("\"B\",\r\t");
    // The last of them: by then all are drawn.
    let screen = tty.sees("cvv");
    let listed = screen.split("lastname: \"B\",").nth(1).unwrap();
    assert!(!listed.contains("firstname*"), "{screen}");
    // They are listed down the columns, so that the first begins every line.
    let is_listed = |line: &&str| line.contains("   ") && !line.starts_with(' ');
    let lines = listed.lines().filter(is_listed);
    let mut first = lines.filter_map(|line| line.split_whitespace().next());
    assert!(
        listed.contains("groupid") && first.all(|name| name.ends_with('*')),
        "{screen}"
    );
    tty.types("\x03").is_at(PROMPT);
    tty.types("\x04");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn profiles_files_and_commands_are_completed() {
    let sandbox = Sandbox::start();
    let desk = with_profiles(&sandbox);
    desk.file("data/clients.csv", "email\njo@example.com\n");
    let mut tty = Tty::start(&desk, &["repl", "--profile", "look"]);
    let prompt = format!("look {} read-only>", sandbox.host());
    tty.is_at(&prompt);
    tty.types("connect(\"li\t").sees("connect(\"live\"");
    tty.types("\x03").is_at(&prompt);
    tty.types("csv(\"da\tcl\t").sees("csv(\"data/clients.csv\"");
    tty.types("\x03").is_at(&prompt);
    tty.types(":us\tli\t").sees(":use live");
    tty.types("\r").is_at(&format!("live {}>", sandbox.host()));
}

#[test]
fn the_keys_of_a_variable_are_completed() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("let rows = [#{ colour: 1, size: 2 }];")
        .is_at(PROMPT);
    tty.types("for r in rows { r.col\t").sees("r.colour");
}

#[test]
fn a_hint_says_how_a_function_is_called() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.types("csv(").sees("csv(path: string");
    assert!(tty.look_of("csv(path").is_dim);
    tty.types("\x03").is_at(PROMPT);
    tty.types("add_client(").sees("needs firstname, lastname");
    tty.types("#{ email: ").sees("string: ");
}

#[test]
fn earlier_lines_come_back_and_can_be_changed() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("1111 + 1").sees("1112");
    tty.types(UP).is_at(&format!("{PROMPT} 1111 + 1"));
    tty.types(LEFT)
        .types("2")
        .is_at(&format!("{PROMPT} 1111 + 21"));
    tty.types("\r").sees("1132");
    drop(tty);
    let mut tty = shell(&desk);
    tty.types(UP).is_at(&format!("{PROMPT} 1111 + 21"));
}

#[test]
fn ctrl_c_clears_the_line_and_stops_a_running_one() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.types("let abandoned = [1,").sees("[1,");
    tty.types("\x03").is_at(PROMPT);
    tty.enters("print(\"began\"); loop {}").sees("\nbegan");
    tty.types("\x03").sees("error: interrupted");
    tty.is_at(PROMPT);
    tty.enters("40 + 2").sees("42");
    tty.types("\x04");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn ctrl_d_typed_while_a_line_runs_ends_the_shell_once_it_has_run() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("print(\"began\"); sleep(0.3); print(\"done\")")
        .sees("\nbegan");
    tty.types("\x04").sees("\ndone");
    assert_eq!(tty.ends(), 0);
}

#[test]
fn a_polite_kill_ends_a_shell_that_waits() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.types("let half = ").sees("let half =");
    tty.is_asked_to_end();
    assert_eq!(tty.ends(), 130);
    assert!(tty.written().contains("\x1b[?2004l"));
}

#[test]
fn a_polite_kill_ends_a_shell_whose_line_runs_once_it_has_stopped() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("print(\"began\"); loop {}").sees("\nbegan");
    tty.is_asked_to_end().sees("error: interrupted");
    assert_eq!(tty.ends(), 130);
}

#[test]
fn a_line_goes_on_until_its_brackets_close() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("let m = #{")
        .enters("a: 20,")
        .enters("};")
        .is_at(PROMPT);
    tty.enters("m.a + 1").sees("\n21\n");
}

#[test]
fn two_hundred_pasted_lines_are_one() {
    let desk = Desk::new();
    let mut text = String::from("let total = 0;\n");
    for n in 0..99 {
        let _ = writeln!(text, "// line {n}\ntotal += {n};");
    }
    text.push_str("total");
    assert_eq!(text.lines().count(), 200);
    let mut tty = shell(&desk);
    tty.pastes(&text).sees("total += 98;");
    tty.types("\r").sees("\n4851\n");
    tty.is_at(PROMPT);
    tty.types(UP).sees("total += 98;");
}

#[test]
fn pasted_lines_may_begin_with_a_command() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.pastes(":json\nlet a = [#{ id: 41 }];\na").sees("\na");
    tty.types("\r").sees("\"id\": 41");
}

#[test]
fn words_have_colours_and_brackets_their_partners() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.types("let a = (\"x\")").sees("(\"x\")");
    assert_ne!(tty.look_of("let").colour, Color::Default);
    assert_eq!(tty.look_of("a =").colour, Color::Default);
    assert!(
        tty.written().contains("\x1b[1;4m(\x1b[0m"),
        "{:?}",
        tty.written()
    );
}

#[test]
fn nothing_is_coloured_where_that_is_not_wanted() {
    let sandbox = Sandbox::start();
    let desk = with_profiles(&sandbox).variable("NO_COLOR", "1");
    let mut tty = Tty::start(&desk, &["repl", "--profile", "live"]);
    let prompt = format!("live {}>", sandbox.host());
    tty.is_at(&prompt);
    tty.types("csv(").sees("  // csv(path: string");
    tty.types("\x03").is_at(&prompt);
    tty.enters("get_clients()").sees("totalresults: 6");
    tty.is_at(&prompt);
    tty.enters("let = 1").sees("error:");
    let written = tty.written();
    let is_number = |letter: char| letter.is_ascii_digit() || letter == ';';
    let mut codes = written.split("\x1b[").skip(1);
    assert!(
        !codes.any(|code| code.trim_start_matches(is_number).starts_with('m')),
        "{written:?}"
    );
}

#[test]
fn a_table_is_no_wider_than_the_terminal() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("get_clients(#{ limitnum: 2 })");
    let screen = tty.sees("totalresults: 6; clients.client:");
    assert!(screen.contains("┆ firstname"), "{screen}");
    tty.is_at(PROMPT);
    tty.enters("get_orders(#{ limitnum: 2 })");
    let screen = tty.sees("`:json` shows all");
    assert!(screen.contains("more columns: "), "{screen}");
    // A line that were wider would go on in the next.
    let frames = screen.lines().filter(|line| line.starts_with('┌'));
    assert!(
        frames.clone().count() > 0 && frames.clone().all(|line| line.ends_with('┐')),
        "{screen}"
    );
}

#[test]
fn what_is_longer_than_the_screen_goes_through_the_pager() {
    let desk = Desk::new().variable("PAGER", "sed -n 's/^│ *19 .*/paged 19/p'");
    let mut tty = shell(&desk);
    tty.enters("let all = []; for n in 0..20 { all.push(#{ n: n }); }")
        .is_at(PROMPT);
    tty.enters("all").sees("\npaged 19\n");
    // What fits is shown as it is.
    tty.enters("[#{ n: 19 }]").sees("│ 19 │");
    let desk = Desk::new().variable("PAGER", "/no/such/pager 2>/dev/null");
    let mut tty = shell(&desk);
    tty.enters("let all = []; for n in 0..30 { all.push(#{ n: n }); }")
        .is_at(PROMPT);
    tty.enters("all").sees("│ 29 │");
}

#[test]
fn a_production_server_is_red_and_confirmed_once() {
    let sandbox = Sandbox::start();
    let desk = with_profiles(&sandbox);
    let mut tty = Tty::start(&desk, &["repl", "--profile", "live"]);
    let prompt = format!("live {}>", sandbox.host());
    let question = "type the hostname to continue:";
    tty.is_at(&prompt);
    assert_eq!(tty.look_of("live 127").colour, Color::Idx(1));
    tty.enters("add_client_note(#{ userid: 1, notes: \"a\" })")
        .is_at(question);
    tty.types("\x03").sees("not confirmed");
    tty.is_at(&prompt);
    tty.enters(":use live").sees("now at live");
    tty.is_at(&prompt);
    tty.enters("add_client_note(#{ userid: 1, notes: \"b\" }).result")
        .is_at(question);
    tty.enters(sandbox.host()).sees("\"success\"");
    tty.is_at(&prompt);
    tty.enters("add_client_note(#{ userid: 1, notes: \"c\" }).noteid + 4000")
        .sees("\n4002\n");
    tty.is_at(&prompt);
    tty.enters(":plan on")
        .is_at(&format!("live {} plan>", sandbox.host()));
}

#[test]
fn secrets_do_not_get_into_the_history() {
    let desk = Desk::new();
    // A history that others can read does not stay so.
    let path = desk.file(".local/state/whmcsh/history", "#V2\n");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut tty = shell(&desk);
    tty.enters("let pw = \"hunter2\";").is_at(PROMPT);
    tty.enters("let m = #{ password2: \"hunter3\" };")
        .is_at(PROMPT);
    tty.enters("let kept = 5;").is_at(PROMPT);
    tty.types("\x04");
    tty.ends();
    let text = std::fs::read_to_string(history(&desk)).unwrap();
    assert!(
        text.contains("let kept = 5;") && !text.contains("hunter"),
        "{text}"
    );
    let mode = std::fs::metadata(history(&desk))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_a_line_did_before_it_failed_can_be_used_and_saved() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("let note = add_client_note(#{ userid: 1, notes: `n` }); throw `no`")
        .sees("error: no");
    tty.is_at(PROMPT);
    tty.enters("note.noteid > 0").sees("true");
    tty.is_at(PROMPT);
    tty.enters(":save did.rhai").sees("saved `did.rhai`");
    tty.is_at(PROMPT);
    let saved = std::fs::read_to_string(desk.folder().join("did.rhai")).unwrap();
    let lines: Vec<&str> = saved.lines().skip(3).collect();
    assert_eq!(
        lines,
        [
            "let note = add_client_note(#{ userid: 1, notes: `n` });",
            "note.noteid > 0;"
        ]
    );
}

#[test]
fn an_error_leaves_the_shell_where_it_was() {
    let desk = Desk::new();
    let mut tty = shell(&desk);
    tty.enters("get_client(7)")
        .sees("unknown function `get_client`");
    tty.is_at(PROMPT);
    tty.enters(":plam").sees("did you mean `:plan`?");
    tty.is_at(PROMPT);
    tty.enters("exit");
    assert_eq!(tty.ends(), 0);
}
