//! A command that is to print the secret and does something else is named with what is wrong,
//! and nothing of what it printed is repeated.

use crate::canned::Canned;
use crate::support::{Desk, Outcome};

const SECRET: &str = "Canary/7&of<command>";

fn profile_test(command: &str) -> Outcome {
    let server = Canned::saying(|_| r#"{"result":"error","message":"no"}"#.to_owned());
    let desk = Desk::new();
    let config = desk.file(
        "config.toml",
        format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"i\"\nsecret_command = '''{command}'''\n",
            server.address
        ),
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&config, mode).unwrap();
    desk.whmcsh(["profile", "test", "--config", config.to_str().unwrap()])
}

#[test]
fn nothing_of_what_the_command_printed_is_repeated_and_why_it_failed_is() {
    for (command, why) in [
        ("echo 'SECRET'; exit 3", "it ended with exit status: 3"),
        (
            "echo 'SECRET'; echo 'no SECRET key' >&2; exit 3",
            "no (secret) key",
        ),
        (
            "echo 'no SECRET key' >&2; echo 'SECRET'; exit 3",
            "no (secret) key",
        ),
        (
            "set -x; echo 'SECRET'; exit 3",
            "it ended with exit status: 3",
        ),
        (
            "echo one; echo 'SECRET'; echo 'it is SECRET' >&2; exit 3",
            "it is (secret)",
        ),
        ("echo; echo 'SECRET'", "the first line it printed is empty"),
        ("echo 'an agent is missing' >&2", "an agent is missing"),
        ("true", "it printed nothing"),
        ("printf 'SECRET\\377'", "its output is not UTF-8"),
        ("echo 'SECRET'; kill -9 $$", "it ended with signal: 9"),
        ("Canary/7", "it ended with exit status: 127"),
        (
            "echo 'SECRET'; echo 'warning: SECRET' >&2",
            "warning: (secret)",
        ),
    ] {
        let outcome = profile_test(&command.replace("SECRET", SECRET));
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(told.contains(why), "{command}: {told}");
        assert!(!told.contains("Canary"), "{command}: {told}");
        assert!(
            outcome.code.is_some_and(|code| code > 0),
            "{command}: {told}"
        );
    }
}
