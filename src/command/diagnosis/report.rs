//! What a test of a server found, step by step.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::shown_address;
use crate::command::Terminal;
use crate::config::Resolved;
use crate::error::Failure;

/// What is tested, in that order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Step {
    /// The host's name has an address.
    Dns,
    /// The address takes connections.
    Tcp,
    /// The connection is encrypted, and the certificate trusted.
    Tls,
    /// A reply of WHMCS comes back.
    Http,
    /// The credentials and the address we come from are accepted.
    Authentication,
    /// Which WHMCS it is.
    Version,
    /// The role has what a script calls.
    Permissions,
}

impl Step {
    const fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Authentication => "authentication",
            Self::Version => "version",
            Self::Permissions => "permissions",
        }
    }
}

/// The steps so far; each is told as it ends.
pub(super) struct DiagnosisReport {
    profile: String,
    url: String,
    json: bool,
    terminal: Terminal,
    steps: Vec<Value>,
}

impl DiagnosisReport {
    pub fn new(resolved: &Resolved, json: bool, terminal: Terminal) -> Self {
        Self {
            profile: resolved.server.name.clone(),
            url: shown_address(&resolved.server.url),
            json,
            terminal,
            steps: Vec::new(),
        }
    }

    /// A step that went well.
    pub fn passed(&mut self, step: Step, detail: &str, time: Duration) {
        self.add(step, "ok", detail, time);
    }

    /// A step that could not be tested, or need not be.
    pub fn passed_over(&mut self, step: Step, why: &str) {
        self.add(step, "-", why, Duration::ZERO);
    }

    /// The step that failed; the failure itself is told at the end.
    pub fn failed(&mut self, step: Step, time: Duration) {
        self.add(step, "failed", "", time);
    }

    fn add(&mut self, step: Step, outcome: &str, detail: &str, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let took = match millis {
            0 => String::new(),
            millis => format!("({millis} ms)"),
        };
        if !self.json {
            let words: Vec<&str> = [detail, &took]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect();
            let line = format!("  {:<15} {outcome:<7} {}", step.word(), words.join(" "));
            self.terminal.note(line.trim_end());
        }
        let outcome = if outcome == "-" {
            "not tested"
        } else {
            outcome
        };
        self.steps.push(json!({
            "step": step.word(), "outcome": outcome, "detail": detail, "seconds": time.as_secs_f64(),
        }));
    }

    /// Says whether the server can be worked with, and which version it has.
    pub fn finish(self, found: Result<Option<String>, Failure>) -> Result<(), Failure> {
        let Self { profile, url, .. } = &self;
        if self.json {
            let failure = found.as_ref().err();
            let told = json!({
                "profile": profile, "url": url, "works": found.is_ok(), "steps": self.steps,
                "version": found.as_ref().ok(),
                "exit": failure.map_or(0, |failure| failure.exit as u8),
                "error": failure.map(Failure::as_json),
            });
            self.terminal.data(&format!("{told:#}"));
        }
        let version = found?;
        if !self.json {
            self.terminal.data(&match version {
                Some(version) => format!("profile `{profile}` works: {url} is WHMCS {version}"),
                None => format!("profile `{profile}` works: {url} accepted the credentials"),
            });
        }
        Ok(())
    }
}
