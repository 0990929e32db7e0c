//! `whmcsh profile test`: whether a server can be worked with, step by step.
//!
//! The first step that fails is named with its cure, and nothing comes after it:
//! going on after a refusal would get the address banned. Nothing but reads is sent.

mod report;
mod roles;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Terminal, interrupt};
use crate::client::{ActionRef, CallError, CallErrorKind, Client, Delivery, Params, Probe, Reply};
use crate::config::{Choice, Resolved};
use crate::error::{Exit, Failure};
use crate::files::reason;
use report::{DiagnosisReport, Step};

/// The cheapest call that proves that calls can be made.
const FIRST: &str = "WhmcsDetails";

/// Which server to test, and for what.
#[derive(Debug)]
pub struct DiagnosisOptions {
    /// Which server.
    pub choice: Choice,
    /// Scripts whose actions are tested too.
    pub scripts: Vec<PathBuf>,
    /// Whether to print JSON.
    pub json: bool,
}

/// Tests a server, and says what it found.
pub fn diagnose(options: &DiagnosisOptions, terminal: Terminal) -> Result<(), Failure> {
    let needs = roles::needs(&options.scripts)?;
    let cancel = interrupt::watch()?;
    let resolved = options.choice.resolve()?;
    let mut report = DiagnosisReport::new(&resolved, options.json, terminal);
    let server = resolved.server.clone();
    let found = reach(&resolved, &mut report).and_then(|probe| {
        let client = Client::new(server, cancel).once();
        let version = introduce(&client, &probe, &mut report)?;
        roles::test(needs.as_ref(), &client, &resolved, &mut report)?;
        Ok(version)
    });
    report.finish(found)
}

/// The steps before anything is sent: the name, and a connection.
fn reach(resolved: &Resolved, report: &mut DiagnosisReport) -> Result<Probe, Failure> {
    let server = &resolved.server;
    let name = &server.name;
    let probe = Probe::to_server(server)
        .map_err(|error| Failure::usage(error.to_string()).hint(error.hint()))?;
    if let Some(proxy) = probe.proxy() {
        for step in [Step::Dns, Step::Tcp] {
            report.passed_over(step, &format!("{proxy} is used instead"));
        }
        return Ok(probe);
    }
    let start = Instant::now();
    let addresses = probe.addresses().map_err(|error| {
        let ours = error.raw_os_error().is_none() && error.to_string().starts_with("it has");
        let failure = Failure::new(
            Exit::Server,
            format!(
                "no address was found for `{}`: {}",
                probe.host(),
                reason(&error)
            ),
        );
        report.failed(Step::Dns, start.elapsed());
        failure.hint(if ours && server.ip_version.is_some() {
            "remove `--ipv4` or `--ipv6`, or `ip` in the profile".to_owned()
        } else {
            format!(
                "check the host in the `url` of the profile `{name}`, and this machine's network"
            )
        })
    })?;
    if probe.is_address() {
        report.passed_over(Step::Dns, "the url has an address instead of a hostname");
    } else {
        let mut shown: Vec<String> = addresses
            .iter()
            .map(|address| address.ip().to_string())
            .collect();
        shown.dedup();
        report.passed(Step::Dns, &shown.join(", "), start.elapsed());
    }
    let start = Instant::now();
    match probe.connect(&addresses) {
        Ok(address) => report.passed(Step::Tcp, &address.to_string(), start.elapsed()),
        Err((address, error)) => {
            report.failed(Step::Tcp, start.elapsed());
            return Err(Failure::new(
                Exit::Server,
                format!("no connection to {address}: {}", reason(&error)),
            )
            .hint(format!(
                "check the port in the `url` of the profile `{name}`, that the web server runs, \
                 and that no firewall blocks it"
            )));
        }
    }
    Ok(probe)
}

/// The first call, which tells of encryption, of the web server, of the credentials
/// and of the version; gives what is known of that.
fn introduce(
    client: &Client,
    probe: &Probe,
    report: &mut DiagnosisReport,
) -> Result<Option<String>, Failure> {
    let action = crate::catalog::action(FIRST)
        .ok_or_else(|| Failure::usage(format!("the catalog has no `{FIRST}`")))?;
    let start = Instant::now();
    let result = client.call(&ActionRef::Known(action), &Params::new());
    let time = start.elapsed();
    let failed_at = result.as_ref().err().map(|error| failed_at(error, probe));
    tell_passed(failed_at, time, probe, report);
    match result {
        Ok(reply) => {
            let version = version(&reply);
            match &version {
                Some(version) => {
                    report.passed(Step::Version, &format!("WHMCS {version}"), Duration::ZERO);
                }
                None => report.passed_over(Step::Version, "the server does not report it"),
            }
            Ok(Some(
                version.unwrap_or_else(|| "of unknown version".to_owned()),
            ))
        }
        // The role need not have what only this test asks for.
        Err(error) if error.kind == CallErrorKind::Permission => {
            report.passed_over(Step::Version, &format!("the role may not call `{FIRST}`"));
            Ok(None)
        }
        Err(error) => {
            if let Some(step) = failed_at {
                report.failed(step, time);
            }
            Err(cure(&error, probe))
        }
    }
}

/// Tells the steps that a first call went through before it failed, or came back.
fn tell_passed(
    failed_at: Option<Step>,
    time: Duration,
    probe: &Probe,
    report: &mut DiagnosisReport,
) {
    let is_before = |step: Step| failed_at.is_none_or(|failed| step < failed);
    if is_before(Step::Tls) {
        if probe.is_tls() {
            report.passed(Step::Tls, "the certificate is trusted", Duration::ZERO);
        } else {
            report.passed_over(Step::Tls, "the url uses plain http");
        }
    }
    if is_before(Step::Http) {
        report.passed(Step::Http, "WHMCS answered", time);
    }
    if is_before(Step::Authentication) {
        report.passed(
            Step::Authentication,
            "the credentials are accepted",
            Duration::ZERO,
        );
    }
}

/// The step at which a first call fails with that error.
fn failed_at(error: &CallError, probe: &Probe) -> Step {
    match error.kind {
        CallErrorKind::Connection if error.delivery == Delivery::NotSent && probe.is_tls() => {
            Step::Tls
        }
        CallErrorKind::Connection if error.delivery == Delivery::NotSent => Step::Tcp,
        CallErrorKind::Auth | CallErrorKind::Ip => Step::Authentication,
        CallErrorKind::Permission | CallErrorKind::Api => Step::Version,
        _ => Step::Http,
    }
}

/// The failure with a hint that fits a first call better than a later one's.
fn cure(error: &CallError, probe: &Probe) -> Failure {
    let failure = Failure::of_call(error);
    if error.kind == CallErrorKind::Connection
        && error.delivery != Delivery::NotSent
        && !probe.is_tls()
    {
        return failure.hint(
            "the server may use TLS on this port: write https:// in the `url` of the profile",
        );
    }
    Failure {
        exit: Exit::Server,
        ..failure
    }
}

fn version(reply: &Reply) -> Option<String> {
    let version = reply.body.get("whmcs")?.get("version")?;
    version.as_str().map(str::to_owned)
}
