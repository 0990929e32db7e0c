//! Where secrets come from: the environment, a command, the file of the user's own.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::private::open_to_others;
use super::secret_command::from_command;
use crate::error::Failure;
use crate::files::reason;

/// What the name of a variable has behind it that names a file with the secret.
const FILE: &str = "_FILE";
/// What the name of a variable has behind it that holds a command for the secret.
const COMMAND: &str = "_COMMAND";

/// The variables a secret can stand in.
const VARIABLES: [&str; 3] = ["WHMCSH_SECRET", "WHMCSH_PASSWORD", "WHMCSH_ACCESS_KEY"];

/// The longest file of a secret, in bytes: more is another file.
const LONGEST: u64 = 64 * 1024;

/// What a profile says of a secret.
pub struct Written<'p> {
    /// The command that prints it.
    pub command: Option<&'p str>,
    /// The secret itself.
    pub value: Option<&'p SecretString>,
}

/// The secret of the environment, if that variable is meant for the profile, else of the
/// profile's command, else of its file.
pub fn fetch(
    what: &str,
    variable: Option<&str>,
    written: &Written,
) -> Result<Option<SecretString>, Failure> {
    if let Some(name) = variable
        && let Some(secret) = from_environment(what, name)?
    {
        return Ok(Some(secret));
    }
    if let Some(command) = written.command {
        return from_command(what, command).map(Some);
    }
    let value = written.value;
    Ok(value
        .filter(|secret| !secret.expose_secret().is_empty())
        .cloned())
}

/// The secret in `NAME`, in the file that `NAME_FILE` names, or printed by `NAME_COMMAND`.
fn from_environment(what: &str, name: &str) -> Result<Option<SecretString>, Failure> {
    let names = [
        name.to_owned(),
        format!("{name}{FILE}"),
        format!("{name}{COMMAND}"),
    ];
    let mut set = names
        .iter()
        .filter_map(|name| Some((name, variable(name)?)));
    let Some((first, value)) = set.next() else {
        return Ok(None);
    };
    if let Some((second, _)) = set.next() {
        let what = format!("`{first}` and `{second}` are both set");
        return Err(Failure::usage(what).hint("unset one of them"));
    }
    if *first == names[0] {
        Ok(Some(value.into()))
    } else if *first == names[1] {
        from_file(first, Path::new(&value)).map(Some)
    } else {
        from_command(what, &value).map(Some)
    }
}

/// The first line of a file, as of a command. Nothing of the file is repeated in errors.
fn from_file(variable: &str, path: &Path) -> Result<SecretString, Failure> {
    let failed = |why: &str| {
        let shown = path.display();
        Failure::usage(format!("the file `{shown}` of `{variable}` {why}"))
            .hint("the first line of that file is the secret")
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let unreadable = |error| failed(&format!("cannot be read: {}", reason(&error)));
    let file = File::open(path).map_err(unreadable)?;
    if let Some((can, mode)) = open_to_others(&file) {
        let shown = path.display();
        return Err(failed(&format!("{can} (mode {mode:04o})")).hint(format!(
            "make it private: `chmod 600 {shown}`; if a container mounts it, mount it with mode \
             0400 (Kubernetes: `defaultMode: 0400`)"
        )));
    }
    let read = file.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        return Err(failed("is larger than 64 kB"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| failed("is not UTF-8"))?;
    // Editors put it there, nobody sees it, and no secret begins with it.
    let text = text.trim_start_matches('\u{feff}');
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(line.to_owned().into()),
        _ if text.trim().is_empty() => Err(failed("is empty")),
        _ => Err(failed("begins with an empty line")),
    }
}

/// The files of the environment that hold secrets.
pub fn files() -> Vec<PathBuf> {
    let named = VARIABLES.map(|name| variable(&format!("{name}{FILE}")));
    named.into_iter().flatten().map(PathBuf::from).collect()
}

/// An environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
