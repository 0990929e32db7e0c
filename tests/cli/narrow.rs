//! A terminal of 80 columns: nothing is wider, and no name is broken in two.

use crate::support::{Desk, Sandbox};
use crate::tty::Tty;

/// What the binary says on such a terminal, line by line.
fn lines(desk: Desk, arguments: &[&str]) -> Vec<String> {
    let desk = desk.variable("PAGER", "cat");
    let mut tty = Tty::start(&desk, arguments);
    assert_eq!(tty.ends(), 0);
    let written = tty.written();
    let lines = written.lines().map(|line| line.trim_end().to_owned());
    let lines: Vec<String> = lines.collect();
    for line in &lines {
        let is_narrow = line.chars().count() <= 80;
        assert!(is_narrow || line.contains('\x1b'), "{arguments:?}: {line}");
    }
    lines
}

#[test]
fn actions_are_listed_and_explained_within_it() {
    let listed = lines(Desk::new(), &["actions"]);
    assert!(
        listed.len() > whmcsh::catalog::actions().len(),
        "{listed:?}"
    );
    for name in ["AddClient", "AddOrder", "UpdateClientProduct"] {
        let page = lines(Desk::new(), &["actions", name]);
        assert!(page.iter().any(|line| line == "optional"), "{page:?}");
    }
    let page = lines(Desk::new(), &["help", "GetClients"]);
    assert!(page[0].starts_with("GetClients: "), "{page:?}");
}

#[test]
fn runs_are_listed_within_it_with_their_names_whole() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("clients.csv", "id\n1\n");
    let call = [
        "each",
        "clients.csv",
        "--",
        "UpdateClient",
        "clientid={id}",
        "groupid=1",
    ];
    desk.whmcsh(call).succeeded();
    let name = desk.whmcsh(["runs", "list", "--json"]).json()[0]["id"].clone();
    let name = name.as_str().unwrap().to_owned();
    let listed = lines(desk, &["runs"]);
    assert!(listed.iter().any(|line| line.contains(&name)), "{listed:?}");
    let left_out = listed.last().unwrap();
    assert!(left_out.starts_with("left out, since the window is narrow: "));
    assert!(left_out.ends_with("script"), "{left_out}");
}

#[test]
fn records_are_a_line_each_with_the_columns_there_is_room_for() {
    let page = lines(Desk::new(), &["call", "GetClients", "--sandbox"]);
    let of_martin = |line: &&String| line.contains("martin@price-beier");
    let martin = page.iter().find(of_martin).unwrap();
    assert!(
        martin.contains("Martin") && martin.ends_with('│'),
        "{martin}"
    );
    assert!(
        page.iter()
            .any(|line| line.ends_with("`-o json` shows all")),
        "{page:?}"
    );
}

#[test]
fn a_table_of_a_script_is_cut_there_and_whole_in_a_pipe() {
    let desk = Desk::new();
    desk.file("wide.rhai", "table(all_invoices().to_array());");
    let whole = desk.whmcsh(["run", "wide.rhai", "--sandbox"]);
    let header = whole.succeeded().lines().nth(1).unwrap().to_owned();
    assert!(header.contains(" updated_at ") && header.contains(" id "));
    let shown = lines(desk, &["run", "wide.rhai", "--sandbox"]);
    assert!(shown[1].starts_with("│ id ┆ userid ┆"), "{shown:?}");
    assert!(shown.last().unwrap().ends_with("`| less -S` shows all"));
}

#[test]
fn a_plan_is_folded_between_words() {
    let desk = Desk::new();
    desk.file(
        "note.rhai",
        "//! A note.\nadd_client_note(#{ userid: 1, notes: \"one two three four five six seven eight nine ten eleven\" });\n\
         update_client(#{ clientid: 1, address1: \"Long Street of Many Words 12\", address2: \"Second Floor, Third Door\", city: \"Bergen\" });",
    );
    let plan = lines(desk, &["plan", "note.rhai", "--sandbox"]);
    assert!(
        plan.iter()
            .any(|line| line.starts_with("  UpdateClient clientid=1")),
        "{plan:?}"
    );
}
