//! Faults on order: what goes wrong, on which calls, and how often.
//!
//! A specification is read once, before the sandbox starts. Which calls it hits
//! depends on nothing but the seed and the order of the calls, so a test repeats.
//! Doing the damage is the server's business.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

/// The grammar, for `--help`.
pub const HELP: &str = "\
Rules separated by commas, each KIND[=VALUE][@ACTION][:WHEN].
  latency=300ms   answer that much later
  reset-before    close the connection; nothing was done
  reset-after     close the connection; the action was done
  cut             send half the body, then close the connection
  truncate        send half of the JSON as if it were whole
  html=503        send an HTML page with that status (200, 403, 503 …)
  php-warning     put a PHP warning before the reply
  429=2s          refuse for too many requests, with Retry-After
  503=2s          refuse as too busy, with Retry-After
  slow=2s         drip the reply over that time
  content-type    send the reply as text/html
WHEN is 5% (of calls, at random but seeded), #3 (the third call) or /10 (every
tenth); without it every call. With @ACTION only calls of that action count.
Of several faults that strike one call the first is done; latencies add to it.
With --fault-log FILE each call that was struck becomes a line of JSON: its
number, its action, the rules, and whether the action was carried out.
Example: reset-after@AddClient:#3,latency=1s:5%,429=2s:/50";

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    /// The answer comes later.
    Latency(Duration),
    /// The connection closes before the action is carried out.
    ResetBefore,
    /// The action is carried out and the connection closes without an answer.
    ResetAfter,
    /// The connection closes in the middle of the body.
    Cut,
    /// The body ends early but the HTTP message is whole.
    Truncate,
    /// An HTML page with that status; the action is not carried out.
    Html(u16),
    /// A PHP warning stands before the reply.
    PhpWarning,
    /// Turned away with that status; retry after that long. The action is not carried out.
    TurnedAway(u16, Duration),
    /// The reply drips over that time.
    Slow(Duration),
    /// The reply calls itself HTML.
    ContentType,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Always,
    Share(f64),
    Nth(u64),
    Every(u64),
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    /// As it was written.
    text: String,
    kind: FaultKind,
    action: Option<String>,
    when: When,
}

/// The rules of a specification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(Vec<Rule>);

/// A specification that cannot be read.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{rule}` is no fault: {why}")]
pub struct FaultError {
    rule: String,
    why: String,
}

/// The faults of a running sandbox, with their counters and dice.
#[derive(Debug)]
pub struct FaultPlan {
    rules: Vec<Rule>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    seen: Vec<u64>,
    dice: ChaCha8Rng,
}

/// What happens to one call: how long it waits, and what else goes wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mishap {
    /// How much later the call is answered.
    pub latency: Duration,
    /// The first other fault that struck.
    pub kind: Option<FaultKind>,
    /// The rules behind both, as they were written.
    pub rules: Vec<String>,
}

impl FaultKind {
    /// Whether the call's action is carried out all the same.
    pub const fn carries_out(self) -> bool {
        !matches!(
            self,
            Self::ResetBefore | Self::Html(_) | Self::TurnedAway(..)
        )
    }
}

impl Faults {
    /// Adds the rules of another specification after these.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The actions the rules are for, as they were written.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|rule| rule.action.as_deref())
    }

    /// Starts counting, with dice from that seed.
    pub fn into_plan(self, seed: u64) -> FaultPlan {
        FaultPlan {
            state: Mutex::new(State {
                seen: vec![0; self.0.len()],
                dice: ChaCha8Rng::seed_from_u64(seed),
            }),
            rules: self.0,
        }
    }
}

impl FaultPlan {
    /// Decides the next call's fate; every rule counts it, whether another struck or not.
    pub fn strike(&self, action: &str) -> Mishap {
        let mut mishap = Mishap::default();
        if self.rules.is_empty() {
            return mishap;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { seen, dice } = &mut *state;
        for (rule, seen) in self.rules.iter().zip(seen) {
            if rule
                .action
                .as_deref()
                .is_some_and(|name| !name.eq_ignore_ascii_case(action))
            {
                continue;
            }
            *seen += 1;
            let strikes = match rule.when {
                When::Always => true,
                When::Share(share) => dice.random_bool(share),
                When::Nth(nth) => *seen == nth,
                When::Every(step) => *seen % step == 0,
            };
            match rule.kind {
                _ if !strikes => continue,
                FaultKind::Latency(latency) => mishap.latency += latency,
                _ if mishap.kind.is_some() => continue,
                kind => mishap.kind = Some(kind),
            }
            mishap.rules.push(rule.text.clone());
        }
        mishap
    }
}

impl FromStr for Faults {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        text.split(',')
            .map(str::trim)
            .filter(|rule| !rule.is_empty())
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
    let text = rule.to_owned();
    let (rest, when) = split_off(rule, ':');
    let (rest, action) = split_off(rest, '@');
    let (kind, value) = split_off(rest, '=');
    Ok(Rule {
        text,
        kind: parse_kind(kind, value)?,
        action: action.map(str::to_owned),
        when: when.map_or(Ok(When::Always), parse_when)?,
    })
}

fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((text, rest)) => (text.trim(), Some(rest.trim())),
        None => (text, None),
    }
}

fn parse_kind(kind: &str, value: Option<&str>) -> Result<FaultKind, String> {
    let time = |default| value.map_or(Ok(default), parse_time);
    let kind = match kind {
        "latency" => return Ok(FaultKind::Latency(time(Duration::from_millis(500))?)),
        "429" => return Ok(FaultKind::TurnedAway(429, time(Duration::from_secs(1))?)),
        "503" => return Ok(FaultKind::TurnedAway(503, time(Duration::from_secs(1))?)),
        "slow" => return Ok(FaultKind::Slow(time(Duration::from_secs(2))?)),
        "html" => return parse_status(value.unwrap_or("200")).map(FaultKind::Html),
        "reset-before" => FaultKind::ResetBefore,
        "reset-after" => FaultKind::ResetAfter,
        "cut" => FaultKind::Cut,
        "truncate" => FaultKind::Truncate,
        "php-warning" => FaultKind::PhpWarning,
        "content-type" => FaultKind::ContentType,
        _ => {
            return Err(
                "the kinds are latency, reset-before, reset-after, cut, truncate, html, php-warning, \
                 429, 503, slow, content-type"
                    .into(),
            );
        }
    };
    match value {
        None => Ok(kind),
        Some(_) => Err("it takes no value".into()),
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
        .ok_or_else(|| "the time is a whole number with `ms` or `s`".into())
}

fn parse_when(text: &str) -> Result<When, String> {
    let count = |text: &str| text.parse::<u64>().ok().filter(|count| *count > 0);
    let when = if let Some(share) = text.strip_suffix('%') {
        let share = share.parse::<f64>().ok();
        share
            .filter(|share| (0.0..=100.0).contains(share))
            .map(|share| When::Share(share / 100.0))
    } else if let Some(nth) = text.strip_prefix('#') {
        count(nth).map(When::Nth)
    } else {
        text.strip_prefix('/').and_then(count).map(When::Every)
    };
    when.ok_or_else(|| "after the colon comes `5%`, `#3` or `/10`".into())
}

#[cfg(test)]
mod tests {
    use super::{FaultKind, Faults, Mishap};
    use std::time::Duration;

    fn strikes(spec: &str, calls: &[&str]) -> Vec<Mishap> {
        let plan = spec.parse::<Faults>().expect("reads").into_plan(7);
        calls.iter().map(|action| plan.strike(action)).collect()
    }

    #[test]
    fn the_nth_call_of_an_action_is_hit() {
        let fates = strikes(
            "reset-after@addclient:#2",
            &["AddClient", "GetClients", "AddClient", "AddClient"],
        );
        let hit: Vec<_> = fates.iter().map(|fate| fate.kind.is_some()).collect();
        assert_eq!(hit, [false, false, true, false]);
    }

    #[test]
    fn every_nth_call_is_hit_and_latency_adds_to_others() {
        let fates = strikes("429=2s:/2,latency=10ms, latency=5ms:#2", &["a", "a"]);
        assert_eq!(fates[0].latency, Duration::from_millis(10));
        assert_eq!(fates[1].latency, Duration::from_millis(15));
        assert_eq!(
            fates[1].kind,
            Some(FaultKind::TurnedAway(429, Duration::from_secs(2)))
        );
        assert_eq!(
            fates[1].rules,
            ["429=2s:/2", "latency=10ms", "latency=5ms:#2"]
        );
    }

    #[test]
    fn of_two_faults_on_one_call_the_first_is_done_and_told() {
        let fates = strikes("cut:#1,reset-before:/1", &["a", "a"]);
        assert_eq!(fates[0].kind, Some(FaultKind::Cut));
        assert_eq!(fates[0].rules, ["cut:#1"]);
        assert_eq!(fates[1].rules, ["reset-before:/1"]);
    }

    #[test]
    fn a_share_repeats_with_the_seed() {
        let calls = vec!["a"; 2000];
        let fates = strikes("cut:10%", &calls);
        assert_eq!(fates, strikes("cut:10%", &calls));
        let hits = fates.iter().filter(|fate| fate.kind.is_some()).count();
        assert!((120..280).contains(&hits), "{hits}");
    }

    #[test]
    fn nonsense_is_refused_with_the_rule_and_the_cure() {
        for (spec, cure) in [
            ("boom", "the kinds are"),
            ("cut=3", "no value"),
            ("cut:often", "`5%`"),
            ("cut:#0", "`5%`"),
            ("cut:101%", "`5%`"),
            ("html=99", "200 to 599"),
            ("slow=x", "`ms` or `s`"),
        ] {
            let error = spec.parse::<Faults>().expect_err(spec).to_string();
            assert!(error.starts_with(&format!("`{spec}`")), "{error}");
            assert!(error.contains(cure), "{error}");
        }
        assert_eq!("".parse(), Ok(Faults::default()));
    }
}
