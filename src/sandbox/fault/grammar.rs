//! Reads specifications of faults: `KIND[=VALUE][@ACTION][:WHEN]`, with commas between.

use std::str::FromStr;
use std::time::Duration;

use super::call::{PROVISIONS, has_module};
use super::kind::{FaultKind, GatewayPage, Instead, Moment, Sender, Spoil, Total, Warning};
use crate::catalog::{self, similar};

/// On which of the calls it is for a rule strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// On each.
    Always,
    /// On that share, by the dice.
    Share(f64),
    /// From the first to the second, both included, counted from 1.
    Between(u64, u64),
    /// On every so manieth.
    Every(u64),
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// As it was written.
    pub text: String,
    /// What it does.
    pub kind: FaultKind,
    /// The only action it is for.
    pub action: Option<String>,
    /// Which calls it strikes.
    pub when: When,
}

/// The rules of a specification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(pub(super) Vec<Rule>);

/// A specification that cannot be read.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{rule}` is not a fault: {why}")]
pub struct FaultError {
    rule: String,
    why: String,
}

/// Every name, for suggestions.
const NAMES: &[&str] = &[
    "403-after",
    "404-after",
    "429",
    "500-after",
    "502-after",
    "503",
    "503-after",
    "503-late",
    "504-after",
    "520-after",
    "apache",
    "apache-after",
    "apache-late",
    "cloudflare",
    "cloudflare-after",
    "cloudflare-late",
    "content-type",
    "cut",
    "echo",
    "echo-hex",
    "empty",
    "empty-after",
    "empty-late",
    "empty-page",
    "html",
    "html-after",
    "html-late",
    "late",
    "latency",
    "latency-after",
    "limit",
    "modsecurity",
    "modsecurity-after",
    "modsecurity-late",
    "module-timeout",
    "module-timeout-after",
    "nginx",
    "nginx-after",
    "nginx-late",
    "php-warning",
    "problem",
    "problem-after",
    "problem-late",
    "reset-after",
    "reset-before",
    "reset-late",
    "shift",
    "slow",
    "storm",
    "total",
    "truncate",
    "warning",
];

/// What is above it limits nobody.
const MOST_CALLS: u32 = 1_000_000;
/// No list is longer.
const MOST_RECORDS: i64 = 1_000_000_000;
/// Nobody waits longer for a reply.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Of how many calls a storm strikes one that is not told otherwise.
const STORM_SHARE: f64 = 0.25;

/// What servers say of a module or gateway that did not answer in time.
pub const MODULE_WORDS: &[&str] = &[
    "cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received",
    "cURL error 28: Connection timed out after 10000 milliseconds",
    "CURL Error: 28 - Operation timed out after 60000 milliseconds with 0 out of 0 bytes received",
    "cURL error 56: Recv failure: Connection reset by peer",
];

impl Faults {
    /// Adds the rules of another specification after these.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The actions the rules are for, as they were written.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|rule| rule.action.as_deref())
    }
}

impl FromStr for Faults {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        text.split(',')
            .map(str::trim)
            .map(|rule| {
                parse_rule(rule).map_err(|why| FaultError {
                    rule: rule.to_owned(),
                    why,
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn parse_rule(rule: &str) -> Result<Rule, String> {
    if rule.is_empty() {
        return Err("it is empty; separate rules with one comma".into());
    }
    let text = rule.to_owned();
    let (rest, when) = split_off(rule, ':');
    let (rest, action) = split_off(rest, '@');
    let (kind, value) = split_off(rest, '=');
    let kind = parse_kind(kind, value)?;
    let when = match (when, kind) {
        (Some(_), FaultKind::Limit(_)) => {
            return Err("it has its own timing, so it takes no `:WHEN`".into());
        }
        (Some(when), _) => parse_when(when)?,
        (None, FaultKind::Storm) => When::Share(STORM_SHARE),
        (None, _) => When::Always,
    };
    if let Some(why) = action.and_then(|action| never(kind, action)) {
        return Err(why);
    }
    Ok(Rule {
        text,
        kind,
        action: action.map(str::to_owned),
        when,
    })
}

/// Why a fault could never strike that action; one that does not exist is refused elsewhere.
fn never(kind: FaultKind, action: &str) -> Option<String> {
    let known = catalog::action(action)?;
    let list = known.list.as_ref();
    match kind {
        FaultKind::ModuleTimeout { .. } if !has_module(known) => Some(format!(
            "`{}` calls no module or gateway; {PROVISIONS} do",
            known.name
        )),
        FaultKind::Total(_) if list.is_none() => {
            Some(format!("`{}` does not return a list", known.name))
        }
        FaultKind::Shift(_) | FaultKind::EmptyPage if !list.is_some_and(|list| list.paged) => {
            Some(format!("`{}` does not return a list in pages", known.name))
        }
        _ => None,
    }
}

fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((text, rest)) => (text.trim(), Some(rest.trim())),
        None => (text, None),
    }
}

fn parse_kind(name: &str, value: Option<&str>) -> Result<FaultKind, String> {
    if let Some(kind) = parse_waiting(name, value).or_else(|| parse_list(name, value)) {
        return kind;
    }
    if let Some(kind) = parse_instead(name, value) {
        return kind;
    }
    let kind = match name {
        "cut" | "cut-after" => FaultKind::Spoil(Spoil::Cut),
        "truncate" | "truncate-after" => FaultKind::Spoil(Spoil::Truncate),
        "php-warning" | "php-warning-after" => FaultKind::Spoil(Spoil::PhpWarning),
        "content-type" | "content-type-after" => FaultKind::Spoil(Spoil::ContentType),
        "module-timeout" | "module-timeout-before" => module_timeout(false),
        "module-timeout-after" => module_timeout(true),
        "empty-page" => FaultKind::EmptyPage,
        "warning" => FaultKind::Warn(Warning::Plain),
        "echo" => FaultKind::Warn(Warning::Echo),
        "echo-hex" => FaultKind::Warn(Warning::EchoHex),
        "storm" => FaultKind::Storm,
        _ => return Err(unknown(name)),
    };
    match value {
        None => Ok(kind),
        Some(_) => Err("it takes no value".into()),
    }
}

const fn module_timeout(is_done: bool) -> FaultKind {
    FaultKind::ModuleTimeout {
        is_done,
        words: MODULE_WORDS[0],
    }
}

/// Faults that are a time.
fn parse_waiting(name: &str, value: Option<&str>) -> Option<Result<FaultKind, String>> {
    let time = |default| value.map_or(Ok(default), parse_wait);
    let half = Duration::from_millis(500);
    Some(match name {
        "latency" | "latency-before" => time(half).map(FaultKind::Latency),
        "late" => time(Duration::from_secs(5)).map(FaultKind::Latency),
        "latency-after" => time(half).map(FaultKind::Hold),
        "slow" | "slow-after" => {
            time(Duration::from_secs(2)).map(|over| FaultKind::Spoil(Spoil::Slow(over)))
        }
        _ => return None,
    })
}

/// Faults of lists, and of how many calls there may be, that are a number.
fn parse_list(name: &str, value: Option<&str>) -> Option<Result<FaultKind, String>> {
    let value = value.unwrap_or_default();
    Some(match name {
        "limit" => value
            .parse()
            .ok()
            .filter(|most| (1..=MOST_CALLS).contains(most))
            .map(FaultKind::Limit)
            .ok_or_else(|| {
                format!(
                    "say how many calls a second are let through, from 1 to {MOST_CALLS}, such as `limit=10`"
                )
            }),
        "shift" => parse_offset(value)
            .filter(|by| *by != 0)
            .map(FaultKind::Shift)
            .ok_or_else(|| {
                "say how many records leave (`shift=-1`) or enter (`shift=+1`) between pages".into()
            }),
        "total" => parse_total(value).map(FaultKind::Total).ok_or_else(|| {
            format!(
                "say by how much it is wrong (`total=+5`, `total=-5`), what it is instead (`total=7`), \
                 or how far it moves (`total=~3`); at most {MOST_RECORDS}"
            )
        }),
        _ => return None,
    })
}

fn parse_total(value: &str) -> Option<Total> {
    let fits = |number: &i64| (0..=MOST_RECORDS).contains(number);
    if let Some(far) = value.strip_prefix('~') {
        let far = far.parse().ok().filter(|far| *far > 0 && fits(far));
        return far.map(Total::Moves);
    }
    if value.starts_with(['+', '-']) {
        let offset = parse_offset(value).filter(|by| *by != 0);
        return offset.map(Total::Off);
    }
    value.parse().ok().filter(fits).map(Total::Is)
}

/// A number with its sign.
fn parse_offset(value: &str) -> Option<i64> {
    let number = value.strip_prefix(['+', '-'])?;
    let is_number = !number.is_empty() && number.len() < 10;
    let is_number = is_number && number.bytes().all(|digit| digit.is_ascii_digit());
    value.parse().ok().filter(|_| is_number)
}

/// Faults that send something else in the place of a reply.
fn parse_instead(name: &str, value: Option<&str>) -> Option<Result<FaultKind, String>> {
    let (base, when) = match name.rsplit_once('-') {
        Some((base, when @ ("before" | "after" | "late"))) => (base, when),
        _ => (name, ""),
    };
    // With `-late` the value is the time, and the status the usual one.
    let (time, value) = if when == "late" {
        (value, None)
    } else {
        (None, value)
    };
    let instead = match base {
        "reset" if !when.is_empty() => no_value(value).map(|()| Instead::Reset),
        "empty" => no_value(value).map(|()| Instead::Empty),
        "html" => page(Sender::Maintenance, 200, value),
        "apache" => page(Sender::Apache, 503, value),
        "nginx" => page(Sender::Nginx, 502, value),
        "cloudflare" => page(Sender::Cloudflare, 520, value),
        "modsecurity" => page(Sender::ModSecurity, 406, value),
        "problem" => page(Sender::Problem, 502, value),
        number if number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit()) => {
            bare_status(number, value)
        }
        _ => return None,
    };
    Some(instead.and_then(|instead| {
        let moment = match when {
            "after" => Moment::After,
            "late" => Moment::Late(time.map_or(Ok(Duration::from_secs(5)), parse_wait)?),
            _ => Moment::Before,
        };
        match (instead, moment) {
            (_, Moment::Before) => {}
            (Instead::Page(GatewayPage { status: 429, .. }), _) => {
                return Err(
                    "429 says that the call was not processed, so it cannot be carried out".into(),
                );
            }
            _ => {}
        }
        Ok(FaultKind::Instead(instead, moment))
    }))
}

fn no_value(value: Option<&str>) -> Result<(), String> {
    value.map_or(Ok(()), |_| Err("it takes no value".into()))
}

fn page(sender: Sender, usual: u16, value: Option<&str>) -> Result<Instead, String> {
    let status = value.map_or(Ok(usual), parse_status)?;
    Ok(Instead::Page(GatewayPage {
        sender,
        status,
        retry_after: None,
    }))
}

/// A page of some web server; the value is when to try again, which 429 and 503 always say.
fn bare_status(status: &str, value: Option<&str>) -> Result<Instead, String> {
    let status = parse_status(status)?;
    let usual = matches!(status, 429 | 503).then_some(Duration::from_secs(1));
    let retry_after = match value {
        Some(value) => Some(parse_time(value)?),
        None => usual,
    };
    Ok(Instead::Page(GatewayPage {
        sender: Sender::Server,
        status,
        retry_after,
    }))
}

fn unknown(name: &str) -> String {
    let near = similar(name, NAMES.iter().copied());
    match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => "no such kind of fault".into(),
    }
}

fn parse_status(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|status| (200..=599).contains(status))
        .ok_or_else(|| "the status is a number from 200 to 599".into())
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').unwrap_or(text), 1000),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .map(Duration::from_millis)
        .filter(|time| *time <= LONGEST)
        .ok_or_else(|| {
            let most = LONGEST.as_secs();
            format!("the time is a whole number with `ms` or `s`, at most {most}s, a day")
        })
}

/// A time that makes a difference.
fn parse_wait(text: &str) -> Result<Duration, String> {
    match parse_time(text)? {
        Duration::ZERO => Err("a time of zero changes nothing".into()),
        time => Ok(time),
    }
}

fn parse_when(text: &str) -> Result<When, String> {
    let count = |text: &str| text.parse::<u64>().ok().filter(|count| *count > 0);
    let when = if let Some(share) = text.strip_suffix('%') {
        let share = share.parse::<f64>().ok();
        share
            .filter(|share| *share > 0.0 && *share <= 100.0)
            .map(|share| When::Share(share / 100.0))
    } else if let Some(nth) = text.strip_prefix('#') {
        let (first, last) = nth.split_once('-').unwrap_or((nth, nth));
        count(first)
            .zip(count(last))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| When::Between(first, last))
    } else {
        text.strip_prefix('/').and_then(count).map(When::Every)
    };
    when.ok_or_else(|| {
        "after the colon comes a share above 0, such as `5%`, or `#3`, `#3-5` or `/10`".into()
    })
}

#[cfg(test)]
mod tests {
    use super::super::kind::{FaultKind, GatewayPage, Instead, Moment, Sender, Spoil, Total};
    use super::{Faults, NAMES};
    use std::time::Duration;

    fn kind(spec: &str) -> FaultKind {
        spec.parse::<Faults>().expect(spec).0[0].kind
    }

    fn page(sender: Sender, status: u16) -> Instead {
        Instead::Page(GatewayPage {
            sender,
            status,
            retry_after: None,
        })
    }

    #[test]
    fn a_page_comes_before_or_after_the_action_or_long_before_it() {
        let busy = Instead::Page(GatewayPage {
            sender: Sender::Server,
            status: 503,
            retry_after: Some(Duration::from_secs(1)),
        });
        for (spec, instead, moment) in [
            ("503", busy, Moment::Before),
            ("503-before", busy, Moment::Before),
            ("503-after", busy, Moment::After),
            ("503-late=14s", busy, Moment::Late(Duration::from_secs(14))),
            ("403-after", page(Sender::Server, 403), Moment::After),
            ("520-after", page(Sender::Server, 520), Moment::After),
            (
                "html-after=500",
                page(Sender::Maintenance, 500),
                Moment::After,
            ),
            ("apache-after", page(Sender::Apache, 503), Moment::After),
            ("nginx=504", page(Sender::Nginx, 504), Moment::Before),
            (
                "cloudflare-after=524",
                page(Sender::Cloudflare, 524),
                Moment::After,
            ),
            (
                "modsecurity=403",
                page(Sender::ModSecurity, 403),
                Moment::Before,
            ),
            ("problem-after", page(Sender::Problem, 502), Moment::After),
            (
                "reset-late=2s",
                Instead::Reset,
                Moment::Late(Duration::from_secs(2)),
            ),
            ("empty-after", Instead::Empty, Moment::After),
        ] {
            assert_eq!(kind(spec), FaultKind::Instead(instead, moment), "{spec}");
        }
    }

    #[test]
    fn every_name_is_a_fault() {
        for name in NAMES {
            let spec = match *name {
                "limit" => "limit=3",
                "shift" => "shift=-1",
                "total" => "total=+1",
                name => name,
            };
            spec.parse::<Faults>().expect(spec);
        }
        assert_eq!(kind("truncate-after"), FaultKind::Spoil(Spoil::Truncate));
        assert_eq!(
            kind("late=14s"),
            FaultKind::Latency(Duration::from_secs(14))
        );
        assert_eq!(kind("total=~3"), FaultKind::Total(Total::Moves(3)));
        assert_eq!(kind("total=7"), FaultKind::Total(Total::Is(7)));
        assert_eq!(kind("total=-5"), FaultKind::Total(Total::Off(-5)));
    }

    #[test]
    fn nonsense_is_refused_with_the_rule_and_the_cure() {
        for (spec, cure) in [
            ("boom", "no such kind"),
            ("reset", "did you mean `reset-"),
            ("503-afer", "did you mean"),
            ("trunkate", "did you mean `truncate`?"),
            ("storms", "did you mean `storm`?"),
            ("cut=3", "no value"),
            ("cut:often", "`5%`"),
            ("cut:#0", "`5%`"),
            ("cut:#5-3", "`#3-5`"),
            ("cut:101%", "`5%`"),
            ("cut:0%", "above 0"),
            ("cut:-0%", "above 0"),
            ("", "it is empty"),
            ("slow=0s", "zero"),
            ("late=0ms", "zero"),
            ("latency=0", "zero"),
            ("latency-after=0s", "zero"),
            ("503-late=0s", "zero"),
            ("late=86401s", "at most 86400s"),
            ("latency-after=99999999999999999999s", "at most 86400s"),
            ("503=86401", "at most 86400s"),
            ("limit=1000001", "to 1000000"),
            ("limit=99999999999", "to 1000000"),
            ("total=+0", "`total=+5`"),
            ("total=-0", "`total=+5`"),
            ("total=9999999999", "at most 1000000000"),
            ("html=99", "200 to 599"),
            ("600", "200 to 599"),
            ("nginx=600", "200 to 599"),
            ("slow=x", "`ms` or `s`"),
            ("late=soon", "`ms` or `s`"),
            ("503-late=x", "`ms` or `s`"),
            ("429-after", "not processed"),
            ("nginx-after=429", "not processed"),
            ("limit", "`limit=10`"),
            ("limit=0", "`limit=10`"),
            ("limit=5:#3", "takes no `:WHEN`"),
            ("shift", "`shift=-1`"),
            ("shift=3", "`shift=+1`"),
            ("total", "`total=+5`"),
            ("total=+-5", "`total=+5`"),
            ("module-timeout-after@AddClient", "ModuleCreate"),
            ("shift=-1@AddClient", "in pages"),
            ("empty-page@GetCurrencies", "in pages"),
            ("total=+1@AddClient", "a list"),
        ] {
            let error = spec.parse::<Faults>().expect_err(spec).to_string();
            assert!(
                error.starts_with(&format!("`{spec}` is not a fault: ")),
                "{error}"
            );
            assert!(error.contains(cure), "{error}");
        }
        for spec in [",", "503,", ",503", "503,,cut"] {
            let error = spec.parse::<Faults>().expect_err(spec).to_string();
            assert!(error.contains("it is empty"), "{error}");
        }
    }
}
