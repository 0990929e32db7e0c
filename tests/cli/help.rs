//! Help in the terminal: commands, chapters, functions, man pages, definitions.

use crate::support::Desk;

/// The topics the program says it has.
fn topics(desk: &Desk) -> Vec<String> {
    let help = desk.whmcsh(["--help"]);
    let (_, topics) = help.succeeded().split_once("help TOPIC`:\n").unwrap();
    let topics = topics.lines().take_while(|line| !line.is_empty());
    topics
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_topic_is_a_page_80_columns_wide() {
    let desk = Desk::new().variable("COLUMNS", "80");
    let topics = topics(&desk);
    for known in ["scripting", "bulk", "resume", "safety", "sandbox"] {
        assert!(topics.iter().any(|topic| topic == known), "{topics:?}");
    }
    for topic in topics {
        let page = desk.whmcsh(["help", &topic]);
        let page = page.succeeded();
        assert!(page.lines().count() > 20, "{topic}: {page}");
        for line in page.lines() {
            // The screens of a killed run are as wide as they are.
            let is_screen = topic == "resume" && line.starts_with("    ");
            let is_narrow = line.chars().count() <= 80;
            assert!(is_narrow || is_screen, "{topic}: {line}");
            for markdown in ["](", "```", "<!--", "**"] {
                // Between blanks it is a power.
                let is_there = line.replace(" ** ", " ").contains(markdown);
                assert!(!is_there, "{topic}: {line}");
            }
        }
    }
}

#[test]
fn help_on_a_command_is_what_the_command_says_itself() {
    let desk = Desk::new();
    for words in [&["run"][..], &["runs", "settle"], &["profile", "add"]] {
        let asked = desk.whmcsh([&["help"], words].concat());
        let said = desk.whmcsh([words, &["-h"]].concat());
        assert_eq!(asked.succeeded(), said.succeeded());
        assert!(asked.stdout.contains("\nExamples:\n  whmcsh "), "{words:?}");
    }
    assert_eq!(
        desk.whmcsh(["help"]).succeeded(),
        desk.whmcsh(["-h"]).succeeded()
    );
}

#[test]
fn the_sandbox_is_a_command_and_a_chapter() {
    let page = Desk::new().whmcsh(["help", "sandbox"]);
    let (usage, chapter) = page.succeeded().split_once("\nThe sandbox\n").unwrap();
    assert!(usage.contains("--listen <ADDR>"), "{usage}");
    assert!(chapter.contains("Starting it"), "{chapter}");
}

#[test]
fn a_topic_that_is_a_function_too_shows_both() {
    let page = Desk::new().whmcsh(["help", "bulk"]);
    let page = page.succeeded();
    assert!(page.starts_with("bulk(rows: array|rows|records|gathered, work: function)"));
    assert!(page.contains("\nBulk loops\n"), "{page}");
}

#[test]
fn a_topic_that_is_a_function_of_the_language_shows_itself() {
    let page = Desk::new().whmcsh(["help", "start"]);
    assert!(page.succeeded().starts_with("The first ten minutes\n"));
    let own = Desk::new().whmcsh(["help", "push"]);
    assert!(
        own.succeeded()
            .starts_with("push(array: array, item: ?) -> ()\n")
    );
}

#[test]
fn functions_and_actions_are_explained_by_any_of_their_names() {
    let desk = Desk::new();
    let money = desk.whmcsh(["help", "parse_money"]);
    assert!(
        money
            .succeeded()
            .starts_with("parse_money(amount: string) -> decimal\n"),
        "{}",
        money.stdout
    );
    for name in ["GetClients", "get_clients", "all_clients"] {
        let page = desk.whmcsh(["help", name]);
        assert!(page.succeeded().starts_with("GetClients: "), "{name}");
        assert!(page.stdout.ends_with("\n  }\n"), "{}", page.stdout);
    }
}

#[test]
fn functions_are_listed_and_searched_and_those_of_the_language_explained() {
    let desk = Desk::new();
    let all = desk.whmcsh(["help", "functions"]);
    for name in ["group_by", "write_sheet", "sub_string"] {
        let is_there = all
            .succeeded()
            .lines()
            .any(|line| line.trim().starts_with(name));
        assert!(is_there, "{name}: {}", all.stdout);
    }
    let found = desk.whmcsh(["help", "--find", "Duplicate"]);
    let found = found.succeeded();
    assert!(
        found.contains("Topics\n") || found.contains("Functions\n"),
        "{found}"
    );
    let money = desk.whmcsh(["help", "--find", "credit"]);
    assert!(money.succeeded().contains("Actions\n"), "{}", money.stdout);
    assert!(money.stdout.contains("  add_credit "), "{}", money.stdout);
    let none = desk.whmcsh(["help", "--find", "xyzzy"]);
    assert!(
        none.failed(2)
            .starts_with("error: nothing in the help mentions `xyzzy`\n"),
        "{}",
        none.stderr
    );
    let trim = desk.whmcsh(["help", "trim"]);
    assert!(
        trim.succeeded()
            .contains("Takes the blanks around the text itself away."),
        "{}",
        trim.stdout
    );
}

#[test]
fn what_has_no_help_gets_a_suggestion() {
    let outcome = Desk::new().whmcsh(["help", "resmue"]);
    assert_eq!(
        outcome.failed(2),
        "error: there is no help on `resmue`\nhint: did you mean `whmcsh help resume`?\n"
    );
}

#[test]
fn man_pages_are_printed_or_written_one_a_command() {
    let desk = Desk::new();
    let main = desk.whmcsh(["man"]);
    assert!(main.succeeded().contains(".TH whmcsh 1"), "{}", main.stdout);
    desk.whmcsh(["man", "pages"]).succeeded();
    let page =
        |name: &str| std::fs::read_to_string(desk.folder().join("pages").join(name)).unwrap();
    assert!(page("whmcsh-run.1").contains("max\\-deletes"));
    assert!(page("whmcsh-run.1").contains(".SH EXAMPLES\nExamples:"));
    assert!(page("whmcsh-runs-settle.1").contains("not\\-done"));
}

#[test]
fn definitions_name_every_parameter_of_an_action() {
    let desk = Desk::new();
    desk.whmcsh(["definitions", "defs"]).succeeded();
    let text = std::fs::read_to_string(desk.folder().join("defs/__static__.d.rhai")).unwrap();
    let about = "Custom field values, by the number of the field or its name in the profile";
    assert!(text.contains(&format!("/// - `customfields` (map): {about}\n")));
    let again = desk.whmcsh(["definitions", "defs"]);
    assert_eq!(again.stderr, "wrote the definitions to defs\n");
}
