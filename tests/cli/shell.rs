//! The interactive shell, from a pipe.

use crate::support::{Desk, Sandbox};

fn typed(input: &str) -> crate::support::Outcome {
    Desk::new().whmcsh_fed(&["repl", "--sandbox"], input)
}

#[test]
fn values_are_printed_and_definitions_last() {
    let outcome = typed("let a = 2;\nfn twice(x) { x * 2 }\ntwice(a)\n\"é\"\n()\n");
    assert_eq!(outcome.succeeded(), "4\n\"é\"\n");
}

#[test]
fn a_line_may_go_on_until_its_brackets_close() {
    let outcome = typed("let m = #{\n  a: 1,\n  b: [2,\n 3],\n};\nm.b.len()\n");
    assert_eq!(outcome.succeeded(), "2\n");
}

#[test]
fn an_error_has_a_caret_and_ends_a_pipe() {
    let outcome = typed("1 + 1\nget_client(7)\nprint(\"never\")\n");
    let shown = outcome.failed(1);
    assert!(shown.contains("unknown function `get_client`"), "{shown}");
    assert!(
        shown.contains(" --> repl:2:1") && shown.contains("^^^^^^^^^^"),
        "{shown}"
    );
    assert_eq!(outcome.stdout, "2\n");
}

#[test]
fn actions_answer_as_in_a_script() {
    let sandbox = Sandbox::start();
    let outcome = sandbox
        .desk()
        .whmcsh_fed(&["repl"], "get_currencies().currencies.currency[0].code\n");
    assert_eq!(outcome.succeeded(), "\"USD\"\n");
}
