//! The examples under the help of every command.
//!
//! One table, so that a test can hold every command to some and every example
//! to what can be typed.

use clap::Command;

/// A command, without the program's name, and its examples.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "",
        "  whmcsh init mine         a folder to start from
  whmcsh repl --sandbox    try calls on a server that forgets them
  whmcsh help start        the first ten minutes",
    ),
    (
        "run",
        "  whmcsh run onboard.rhai clients.csv --sandbox
  whmcsh run onboard.rhai clients.csv --profile main --rate 20/s
  whmcsh run onboard.rhai clients.csv --profile main,old --name onboard
  whmcsh run onboard.rhai clients.csv --resume 2026-11-24-onboard",
    ),
    (
        "plan",
        "  whmcsh plan update.rhai changes.csv
  whmcsh plan update.rhai changes.csv --out plan.json",
    ),
    ("plan approve", "  whmcsh plan approve plan.json --as Ann"),
    (
        "check",
        "  whmcsh check onboard.rhai
  whmcsh check scripts/onboard_clients.rhai scripts/clean_up.rhai
  whmcsh check onboard.rhai --format sarif > check.sarif",
    ),
    (
        "fmt",
        "  whmcsh fmt onboard.rhai
  whmcsh fmt scripts --check
  whmcsh fmt scripts --diff",
    ),
    (
        "test",
        "  whmcsh test
  whmcsh test scripts/close_inactive_test.rhai --filter keeps
  whmcsh test scripts --junit results.xml --fail-fast",
    ),
    ("lsp", "  whmcsh lsp"),
    (
        "repl",
        "  whmcsh repl --sandbox
  whmcsh repl --profile main
  echo 'get_clients().totalresults' | whmcsh repl --sandbox",
    ),
    (
        "call",
        "  whmcsh call GetClientsDetails clientid=7
  whmcsh call GetClients status=Active --all -o csv --fields id,email | sort
  whmcsh call AddOrder clientid=7 pid[0]=1 billingcycle[0]=monthly \\
      paymentmethod=banktransfer
  whmcsh call AddClient params=@client.json
  jq -n '{clientid: 7, groupid: 2}' | whmcsh call UpdateClient params=-
  whmcsh call GetStats --profiles @servers.txt -o csv",
    ),
    (
        "each",
        "  whmcsh each clients.csv -- UpdateClient clientid={id} groupid=3
  whmcsh each clients.csv --where 'status == \"Active\"' --plan -- \\
      AddClientNote userid={id} notes='Moved to {city}'
  whmcsh each debts.csv --where 'parse_money(balance) > 100' -- \\
      UpdateClient clientid={id} status=Inactive
  whmcsh each new.csv --key email --skip-empty -- AddClient email={email} \\
      firstname={first} lastname={last} 'customfields[3]={vat}'",
    ),
    (
        "freeze",
        "  whmcsh freeze GetClients status=Active --out active.jsonl
  whmcsh freeze debtors.rhai --out debtors.jsonl",
    ),
    (
        "actions",
        "  whmcsh actions
  whmcsh actions invoice
  whmcsh actions AddClient",
    ),
    (
        "sandbox",
        "  whmcsh sandbox --clients 500
  whmcsh sandbox --db shop.sqlite --latency 80
  whmcsh sandbox --load fixture.json --now 2026-12-01 -- npm test
  whmcsh sandbox --fault help",
    ),
    (
        "sandbox export",
        "  whmcsh sandbox export --db shop.sqlite > fixture.json
  whmcsh sandbox export --url http://127.0.0.1:8765/_sandbox --token letmein",
    ),
    (
        "runs",
        "  whmcsh runs
  whmcsh runs show 2026-11-24-onboard
  whmcsh run onboard.rhai clients.csv --resume 2026-11-24-onboard",
    ),
    (
        "runs list",
        "  whmcsh runs list
  whmcsh runs list --json",
    ),
    (
        "runs show",
        "  whmcsh runs show 2026-11-24-onboard
  whmcsh runs show 2026-11-24-onboard --writes",
    ),
    (
        "runs failed",
        "  whmcsh runs failed 2026-11-24-onboard
  whmcsh runs failed 2026-11-24-onboard -o csv",
    ),
    (
        "runs report",
        "  whmcsh runs report 2026-11-24-onboard
  whmcsh runs report 2026-11-24-onboard --out for_the_boss.html
  whmcsh runs report --name move",
    ),
    (
        "runs settle",
        "  whmcsh runs settle 2026-11-24-onboard --write 102 --not-done
  whmcsh runs settle 2026-11-24-onboard --row jo@example.com --done
  whmcsh runs settle 2026-11-24-onboard --write 102 --done \\
      --reply '{\"orderid\":21}'",
    ),
    (
        "runs undo",
        "  whmcsh runs undo 2026-11-24-update --dry-run
  whmcsh runs undo 2026-11-24-update",
    ),
    (
        "runs prune",
        "  whmcsh runs prune --dry-run
  whmcsh runs prune --older-than 8w --keep 20",
    ),
    (
        "profile",
        "  whmcsh profile add main --url https://billing.example.com --identifier ID
  whmcsh profile test main",
    ),
    (
        "profile add",
        "  whmcsh profile add main --url https://billing.example.com --identifier ID
  whmcsh profile add main --url https://billing.example.com --identifier ID \\
      --secret-command 'pass show whmcs' --access write",
    ),
    (
        "profile learn-fields",
        "  whmcsh profile learn-fields 7
  whmcsh profile learn-fields 7 --profile main --write",
    ),
    (
        "profile list",
        "  whmcsh profile list
  whmcsh profile list --json",
    ),
    (
        "profile test",
        "  whmcsh profile test
  whmcsh profile test main --script onboard.rhai",
    ),
    ("profile remove", "  whmcsh profile remove old"),
    (
        "init",
        "  whmcsh init mine
  cd mine && whmcsh run onboard.rhai clients.csv --sandbox
  whmcsh init --recipe list_overdue",
    ),
    ("definitions", "  whmcsh definitions .rhai"),
    (
        "completions",
        "  whmcsh completions bash > ~/.local/share/bash-completion/completions/whmcsh
  whmcsh completions zsh > ~/.zfunc/_whmcsh
  whmcsh completions fish > ~/.config/fish/completions/whmcsh.fish",
    ),
    (
        "man",
        "  whmcsh man | man -l -
  whmcsh man ~/.local/share/man/man1",
    ),
    (
        "help",
        "  whmcsh help run
  whmcsh help resume
  whmcsh help parse_money",
    ),
];

/// The command line with the examples of every command below its options.
pub(super) fn with_examples(command: Command) -> Command {
    illustrated(command, "")
}

fn illustrated(command: Command, path: &str) -> Command {
    let mut command = command;
    let names: Vec<String> = command
        .get_subcommands()
        .map(|inner| inner.get_name().to_owned())
        .collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(&name, |inner| illustrated(inner, path.trim()));
    }
    match EXAMPLES.iter().find(|(of, _)| *of == path) {
        Some((_, lines)) => {
            let title = if path.is_empty() {
                "First steps"
            } else {
                "Examples"
            };
            command.after_help(format!("{title}:\n{lines}"))
        }
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::whole::whole;

    /// The commands in a line of a shell, each as words; `'…'` is one word.
    fn commands(line: &str) -> Vec<Vec<String>> {
        let mut commands = vec![vec![String::new()]];
        let mut is_quoted = false;
        for letter in line.chars() {
            let Some(words) = commands.last_mut() else {
                unreachable!("there is always one");
            };
            match letter {
                '\'' => is_quoted = !is_quoted,
                '|' | '&' | '>' if !is_quoted => commands.push(vec![String::new()]),
                ' ' if !is_quoted => words.push(String::new()),
                _ => words.last_mut().unwrap().push(letter),
            }
        }
        for words in &mut commands {
            words.retain(|word| !word.is_empty());
        }
        commands.retain(|words| words.first().is_some_and(|word| word == "whmcsh"));
        commands
    }

    /// Every command with what stands below its help.
    fn illustrated_commands() -> Vec<(String, String)> {
        fn look(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
            let below = command.get_after_help().map(ToString::to_string);
            found.push((path.to_owned(), below.unwrap_or_default()));
            for inner in command.get_subcommands() {
                look(inner, format!("{path} {}", inner.get_name()).trim(), found);
            }
        }
        let mut found = Vec::new();
        look(&whole(), "", &mut found);
        found
    }

    #[test]
    fn every_command_has_examples_that_fit_a_terminal() {
        for (path, below) in illustrated_commands() {
            let is_shown = below.contains(&format!("  whmcsh {path}"));
            assert!(is_shown, "`{path}` has no examples");
            for line in below.lines() {
                assert!(line.chars().count() <= 78, "{path}: {line}");
            }
        }
    }

    #[test]
    fn every_example_can_be_typed() {
        let mut typed = 0;
        for (path, below) in illustrated_commands() {
            for line in below.replace("\\\n", "").lines() {
                let mut line = line.trim_start();
                if path.is_empty() {
                    // What stands behind the first steps says what they are for.
                    line = line.split("    ").next().unwrap();
                }
                for words in commands(line) {
                    if let Err(error) = whole().try_get_matches_from(&words) {
                        panic!("{line}: {error}");
                    }
                    typed += 1;
                }
            }
        }
        assert!(typed > 50, "{typed}");
    }

    #[test]
    fn the_examples_stand_below_the_help() {
        let mut whole = whole();
        let run = whole.find_subcommand_mut("run").unwrap();
        let help = run.render_help().to_string();
        assert!(
            help.trim_end().ends_with("--resume 2026-11-24-onboard"),
            "{help}"
        );
    }
}
