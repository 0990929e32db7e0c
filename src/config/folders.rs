//! Where the user's own files are: the configuration, and what is kept of runs.
//!
//! The variables of whmcsh come first, then those of the XDG base directory specification,
//! on every system, then the usual places under the home folder.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Failure;

/// The variable that names the configuration file.
const CONFIG: &str = "WHMCSH_CONFIG";
/// The variable that names the folder of what is kept.
const STATE: &str = "WHMCSH_STATE";

/// The folder of this program among those of others.
const OURS: &str = "whmcsh";

/// One of the user's folders.
struct Folder {
    /// What is in it, as users call it.
    holds: &'static str,
    /// The variable by which the XDG specification moves it.
    xdg: &'static str,
    /// Where it is under the home folder.
    under_home: &'static str,
}

const SETTINGS: Folder = Folder {
    holds: "the configuration",
    xdg: "XDG_CONFIG_HOME",
    under_home: if cfg!(target_os = "macos") {
        "Library/Application Support"
    } else {
        ".config"
    },
};

const KEPT: Folder = Folder {
    holds: "runs",
    xdg: "XDG_STATE_HOME",
    under_home: if cfg!(target_os = "macos") {
        "Library/Application Support"
    } else {
        ".local/state"
    },
};

/// What the environment says of folders.
struct Surroundings {
    /// The variable of whmcsh.
    ours: Option<PathBuf>,
    /// The variable of the XDG specification.
    xdg: Option<PathBuf>,
    /// The home folder.
    home: Option<PathBuf>,
}

/// The configuration file: `WHMCSH_CONFIG`, else `whmcsh/config.toml` among the user's settings.
///
/// # Errors
///
/// Without a home folder, or where a path is relative.
pub fn default_path() -> Result<PathBuf, Failure> {
    let around = Surroundings::from_env(CONFIG, SETTINGS.xdg);
    match around.ours {
        // As `--config` it may be relative: it is read, not kept.
        Some(file) => Ok(file),
        None => Ok(SETTINGS.path(CONFIG, around)?.join("config.toml")),
    }
}

/// Whether the user named the configuration file in the environment.
pub fn is_config_named() -> bool {
    variable(CONFIG).is_some()
}

/// The folder of all that is kept: `WHMCSH_STATE`, else `whmcsh` in the user's state folder.
///
/// # Errors
///
/// Without a home folder, or where a path is relative.
pub fn state_folder() -> Result<PathBuf, Failure> {
    KEPT.path(STATE, Surroundings::from_env(STATE, KEPT.xdg))
}

/// The folder of all runs.
///
/// # Errors
///
/// As [`state_folder`].
pub fn runs_folder() -> Result<PathBuf, Failure> {
    Ok(state_folder()?.join("runs"))
}

impl Surroundings {
    fn from_env(ours: &str, xdg: &str) -> Self {
        Self {
            ours: variable(ours),
            // The specification has relative paths ignored.
            xdg: variable(xdg).filter(|path| path.is_absolute()),
            home: home(),
        }
    }
}

impl Folder {
    /// Ours among those, absolute: a relative one would be another in every working folder.
    /// Runs would not be found again, and somebody else's configuration read.
    fn path(&self, variable: &str, around: Surroundings) -> Result<PathBuf, Failure> {
        let relative = |name: &str, path: &Path| {
            let (holds, path) = (self.holds, path.display());
            Failure::usage(format!(
                "cannot keep {holds} in `{path}`: `{name}` is a relative path"
            ))
        };
        let Surroundings { ours, xdg, home } = around;
        match (ours, xdg, home) {
            (Some(ours), ..) if ours.is_absolute() => Ok(ours),
            (Some(ours), ..) => {
                Err(relative(variable, &ours).hint(format!("set `{variable}` to a full path")))
            }
            (None, Some(xdg), _) => Ok(xdg.join(OURS)),
            (None, None, Some(home)) if home.is_absolute() => {
                Ok(home.join(self.under_home).join(OURS))
            }
            (None, None, Some(home)) => {
                Err(relative("HOME", &home).hint("set `HOME` to the full path of the home folder"))
            }
            (None, None, None) => {
                let holds = self.holds;
                let what = format!("there is no home folder to keep {holds} in");
                Err(Failure::usage(what).hint(format!(
                    "set `{variable}` or `HOME` to a path that stays when this process ends"
                )))
            }
        }
    }
}

/// The home folder of the variable, else of the user's entry in the system's list. A variable
/// that is set to nothing says that there is none.
fn home() -> Option<PathBuf> {
    let is_empty = env::var_os("HOME").is_some_and(|home| home.is_empty());
    env::home_dir().filter(|_| !is_empty)
}

/// A variable of the environment that is set to something.
fn variable(name: &str) -> Option<PathBuf> {
    let value = env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(ours: Option<&str>, xdg: Option<&str>, home: Option<&str>) -> Surroundings {
        Surroundings {
            ours: ours.map(PathBuf::from),
            xdg: xdg.map(PathBuf::from),
            home: home.map(PathBuf::from),
        }
    }

    #[test]
    fn our_variable_comes_before_the_one_of_all_programs_and_that_before_home() {
        let path = |around| KEPT.path(STATE, around).map_err(|failure| failure.what);
        let all = around(Some("/kept"), Some("/state"), Some("/home/ann"));
        assert_eq!(path(all), Ok("/kept".into()));
        let two = around(None, Some("/state"), Some("/home/ann"));
        assert_eq!(path(two), Ok("/state/whmcsh".into()));
        let xdg_alone = around(None, Some("/state"), None);
        assert_eq!(path(xdg_alone), Ok("/state/whmcsh".into()));
        let home = path(around(None, None, Some("/home/ann"))).unwrap();
        assert!(home.starts_with("/home/ann") && home.ends_with("whmcsh"));
    }

    #[test]
    fn a_folder_that_nobody_would_find_again_is_refused_with_what_to_set() {
        let refused = |around| {
            let failure = KEPT.path(STATE, around).unwrap_err();
            (failure.what, failure.hint.unwrap_or_default())
        };
        let (what, hint) = refused(around(Some("kept"), None, Some("/home/ann")));
        assert_eq!(
            what,
            "cannot keep runs in `kept`: `WHMCSH_STATE` is a relative path"
        );
        assert_eq!(hint, "set `WHMCSH_STATE` to a full path");
        let (what, _) = refused(around(None, None, Some("ann")));
        assert_eq!(what, "cannot keep runs in `ann`: `HOME` is a relative path");
        let (what, hint) = refused(around(None, None, None));
        assert_eq!(what, "there is no home folder to keep runs in");
        assert!(hint.contains("`WHMCSH_STATE`"), "{hint}");
    }
}
