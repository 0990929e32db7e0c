//! The servers that one command names, checked before anything is sent to any of them.

use std::fs;
use std::net::IpAddr;

use crate::command::execution::names;
use crate::config::{Choice, Profile};
use crate::error::Failure;
use crate::files::reason;
use crate::run::FLEET;
use crate::run::journal::Reading;

/// What begins the name of a file with a profile a line.
const FILE: char = '@';
/// What begins a line, or the rest of one, that is for people.
const COMMENT: char = '#';

/// One of the servers.
#[derive(Clone, Debug)]
pub struct FleetServer {
    /// Its profile.
    pub profile: String,
    /// Its host.
    pub host: String,
    /// The path of WHMCS there.
    path: String,
    /// Whether real customers are behind it.
    pub is_production: bool,
}

/// The profiles that a list names: `a,b,c`, or `@FILE` with one a line.
///
/// # Errors
///
/// If the file cannot be read, or there is none, or one of them twice.
pub fn profiles(list: &str) -> Result<Vec<String>, Failure> {
    let (text, separator) = match list.strip_prefix(FILE) {
        Some(path) => (read(path)?, '\n'),
        None => (list.to_owned(), ','),
    };
    let without_comment = |line: &str| match line.find(COMMENT).filter(|_| separator == '\n') {
        Some(at) => line[..at].trim().to_owned(),
        None => line.trim().to_owned(),
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut profiles: Vec<String> = text.split(separator).map(without_comment).collect();
    if separator == '\n' {
        profiles.retain(|profile| !profile.is_empty());
    }
    if profiles.is_empty() || profiles.iter().any(String::is_empty) {
        let what = format!("`{list}` names no profile in one place; nothing was sent");
        return Err(Failure::usage(what).hint(format!(
            "write `{FLEET} a,b,c`, or `{FLEET} @FILE` with one profile per line"
        )));
    }
    for (at, profile) in profiles.iter().enumerate() {
        if profiles[..at].contains(profile) {
            let what = format!("profile `{profile}` is listed twice; nothing was sent");
            return Err(Failure::usage(what).hint("name each server once"));
        }
    }
    Ok(profiles)
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let why = reason(&error);
        Failure::usage(format!(
            "cannot read the profiles in `{path}`: {why}; nothing was sent"
        ))
    })
}

/// The servers of these profiles.
///
/// # Errors
///
/// If one of them is not known, or two are the same server.
pub fn servers(profiles: &[String], choice: &Choice) -> Result<Vec<FleetServer>, Failure> {
    let file = choice.load()?;
    let server = |name: &String| {
        let profile = file.choose(Some(name)).map_err(nothing_sent)?;
        server(profile).map_err(nothing_sent)
    };
    let servers: Vec<FleetServer> = profiles.iter().map(server).collect::<Result<_, _>>()?;
    for (at, server) in servers.iter().enumerate() {
        let mut earlier = servers[..at].iter();
        if let Some(same) = earlier.find(|earlier| earlier.is_at(&server.host, &server.path)) {
            let what = format!(
                "profiles `{}` and `{}` are the same server, `{}{}`, where everything would be \
                 done twice; nothing was sent",
                same.profile, server.profile, server.host, server.path
            );
            return Err(Failure::usage(what).hint("leave out one of them"));
        }
    }
    Ok(servers)
}

fn nothing_sent(failure: Failure) -> Failure {
    Failure {
        what: format!("{}; nothing was sent", failure.what),
        ..failure
    }
}

fn server(profile: &Profile) -> Result<FleetServer, Failure> {
    let endpoint = profile.endpoint()?;
    Ok(FleetServer {
        profile: profile.name.clone(),
        host: endpoint.host(),
        path: endpoint.path().to_owned(),
        is_production: profile.is_production(),
    })
}

/// A host with its port as it is compared: this machine by one name, and no dot at the end.
fn one_spelling(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host.as_str(), ""),
    };
    let name = name.trim_end_matches('.');
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let address = address.map(|address| address.to_canonical());
    let name = match address {
        Some(address) if address.is_loopback() => "localhost".to_owned(),
        Some(address) => address.to_string(),
        None => name.to_owned(),
    };
    format!("{name}:{port}")
}

impl FleetServer {
    fn is_at(&self, host: &str, path: &str) -> bool {
        one_spelling(&self.host) == one_spelling(host) && self.path == path
    }

    /// Refuses it where a run of that name was on the same server under another profile:
    /// under this one it would do everything again.
    pub fn is_not_renamed(&self, name: &str, runs: &[&Reading]) -> Result<(), Failure> {
        let is_its = |reading: &&&Reading| {
            let head = reading.head();
            let path = head.path.as_deref().unwrap_or(&self.path);
            self.is_at(&head.host, path)
        };
        let Some(reading) = runs.iter().find(is_its) else {
            return Ok(());
        };
        let began = &reading.head().profile;
        if *began == self.profile {
            return Ok(());
        }
        let what = format!(
            "run `{}` of `{name}` was on the same server as profile `{began}`; as `{}` it would be \
             done again; nothing was sent",
            reading.name(),
            self.profile
        );
        Err(Failure::usage(what).hint(format!(
            "name it `{began}` as before, or use another name such as `--name {name}-2`; {}",
            names::to_continue(reading).map_or_else(
                || "that run has nothing left to do".to_owned(),
                |command| format!("to resume that run alone: {command}")
            )
        )))
    }
}

/// Which of the hosts that were confirmed is each production server's; refuses a host that
/// none of them has.
///
/// # Errors
///
/// If nothing confirms a production server, or a confirmed host is of none of them.
pub fn confirmed(
    servers: &[FleetServer],
    yes: Option<&str>,
    ask: impl Fn(&FleetServer) -> Option<String>,
) -> Result<(), Failure> {
    let given: Vec<&str> = yes
        .iter()
        .flat_map(|hosts| hosts.split(','))
        .map(str::trim)
        .collect();
    let has = |host: &str| {
        servers
            .iter()
            .any(|server| server.host.eq_ignore_ascii_case(host))
    };
    if let Some(unknown) = given.iter().find(|host| !has(host)) {
        let what = format!("`{unknown}` is the hostname of none of the servers; nothing was sent");
        return Err(Failure::usage(what).hint(confirm_all(servers)));
    }
    let is_given = |server: &FleetServer| {
        let mut given = given.iter();
        given.any(|host| host.eq_ignore_ascii_case(&server.host))
    };
    for server in servers {
        if !server.is_production || is_given(server) {
            continue;
        }
        match ask(server).filter(|_| yes.is_none()) {
            Some(host) if host.eq_ignore_ascii_case(&server.host) => {}
            _ => {
                let what = format!(
                    "the production server `{}` of profile `{}` was not confirmed; nothing was sent",
                    server.host, server.profile
                );
                return Err(Failure::usage(what).hint(confirm_all(servers)));
            }
        }
    }
    Ok(())
}

fn confirm_all(servers: &[FleetServer]) -> String {
    let hosts = servers.iter().filter(|server| server.is_production);
    let hosts: Vec<&str> = hosts.map(|server| server.host.as_str()).collect();
    format!("confirm all of them with `--yes {}`", hosts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_each_profile_once() {
        assert_eq!(profiles("a, b").unwrap(), ["a", "b"]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "# all\na\n\n  b # the second\r\n").unwrap();
        assert_eq!(
            profiles(&format!("@{}", path.display())).unwrap(),
            ["a", "b"]
        );
        for wrong in ["a,,b", "", "a,b,a", "@/nowhere/list"] {
            let refused = profiles(wrong).unwrap_err();
            assert!(refused.what.ends_with("; nothing was sent"), "{refused}");
        }
    }

    #[test]
    fn every_production_server_is_confirmed_by_its_host() {
        let server = |profile: &str, is_production| FleetServer {
            profile: profile.into(),
            host: format!("{profile}.example.com"),
            path: String::new(),
            is_production,
        };
        let servers = [server("a", true), server("b", true), server("c", false)];
        let nobody = |_: &FleetServer| None;
        let with = |yes| confirmed(&servers, yes, nobody);
        assert!(with(Some("a.example.com, B.example.com")).is_ok());
        assert!(
            with(Some("a.example.com"))
                .unwrap_err()
                .what
                .contains("`b.example.com`")
        );
        assert!(
            with(None)
                .unwrap_err()
                .hint
                .unwrap()
                .contains("a.example.com,b.example.com")
        );
        assert!(
            with(Some("x.example.com"))
                .unwrap_err()
                .what
                .contains("none of the servers")
        );
        let typed = |server: &FleetServer| Some(server.host.clone());
        assert!(confirmed(&servers, None, typed).is_ok());
    }
}
