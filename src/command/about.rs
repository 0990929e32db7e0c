//! `whmcsh run SCRIPT --help`: the lines a script begins with.

use std::path::Path;

use super::Terminal;
use crate::error::Failure;
use crate::files::reason;
use crate::script::{ArgumentKind, Declared, Script, declaration, usage};

/// Prints what the script's `//!` lines say.
///
/// # Errors
/// A script that cannot be read.
pub fn about(script: &Path, terminal: Terminal) -> Result<(), Failure> {
    let shown = script.display();
    let text = std::fs::read_to_string(script)
        .map_err(|error| Failure::usage(format!("cannot read `{shown}`: {}", reason(&error))))?;
    let loaded = Script::from_text(shown.to_string(), &*text);
    let declared = loaded.declared()?;
    match header(&text) {
        Some(header) => terminal.data(&header),
        None if !declared.is_empty() => {}
        None => terminal.data(&format!(
            "{shown} has no description: lines that begin with `//!` at its top are shown here"
        )),
    }
    if !declared.is_empty() {
        if !loaded
            .help()
            .lines()
            .any(|line| line.trim_start().starts_with("usage:"))
        {
            let called = usage(&shown.to_string(), &declared);
            terminal.data(&format!("\nusage: {called}"));
        }
        terminal.data(&format!("\narguments:\n{}", arguments(&declared)));
    }
    terminal.note("`whmcsh run --help` shows the options of every script");
    Ok(())
}

/// What each argument of a script is.
fn arguments(declared: &[Declared]) -> String {
    let option = |argument: &Declared| match argument.kind {
        ArgumentKind::Flag => format!("--{}", argument.option()),
        ref kind => format!("--{} {}", argument.option(), kind.placeholder()),
    };
    let options: Vec<String> = declared.iter().map(option).collect();
    let width = options.iter().map(|option| option.chars().count()).max();
    let width = width.unwrap_or_default();
    let lines = declared.iter().zip(&options).map(|(argument, option)| {
        let need = match &argument.default {
            _ if argument.kind == ArgumentKind::Flag => "",
            Some(default) => &format!(" [default: {default}]"),
            None if argument.is_required => " (required)",
            None => "",
        };
        let about = format!("{}{need}", argument.about);
        format!("  {option:width$}  {}", about.trim())
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The text of the `//!` lines at the top, without their marks and what they declare.
fn header(script: &str) -> Option<String> {
    let script = script.strip_prefix('\u{feff}').unwrap_or(script);
    let lines = script
        .lines()
        .skip_while(|line| line.trim().is_empty() || line.starts_with("#!"))
        .map_while(|line| line.trim().strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .filter(|line| declaration(line).is_none());
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn a_header_is_the_marked_lines_at_the_top() {
        let script =
            "#!/usr/bin/env whmcsh\n\n//! Does it.\n//!\n//!   usage: x\n// why\n//! not this\n";
        assert_eq!(header(script).unwrap(), "Does it.\n\n  usage: x");
    }

    #[test]
    fn a_script_may_have_none() {
        assert_eq!(header("let x = 1;\n//! late\n"), None);
        assert_eq!(header("//!\n"), None);
        assert_eq!(header(""), None);
    }
}
