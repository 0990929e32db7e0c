//! Decides what goes wrong with each call: by rule, by count, by dice.

use std::collections::{HashMap, VecDeque};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::call::Incoming;
use super::grammar::{Faults, MODULE_WORDS, Rule, When};
use super::kind::{FaultKind, Moment, Total};
use crate::sandbox::dice::DiceImage;

/// What a storm is made of. Waits are short: a storm is to be survived.
const STORM: &str = "reset-before,reset-after,reset-late=2s,cut,truncate,slow=400ms,php-warning,content-type,\
    empty,empty-after,html=200,html-after,html-after=503,403,403-after,404-after,408-after,500,500-after,502,502-after,\
    503,503-after,503-late=2s,504-after,520-after,429=1s,apache-after,nginx-after=504,nginx=502,cloudflare=522,\
    cloudflare-after=524,modsecurity,modsecurity-after=403,problem,problem-after,latency=300ms,latency-after=300ms,\
    late=2s,module-timeout,module-timeout-after,shift=-1,total=+3,total=-2,total=~2,empty-page,warning,echo,echo-hex";

/// The faults of a running sandbox, with their counters and dice.
#[derive(Debug)]
pub struct FaultPlan {
    state: Mutex<PlanState>,
}

#[derive(Debug)]
struct PlanState {
    rules: Vec<(Rule, RuleState)>,
    dice: ChaCha8Rng,
}

/// How far a plan has come: all that changes in it.
#[derive(Clone, Debug)]
pub struct PlanImage {
    rules: Vec<(Rule, RuleState)>,
    dice: DiceImage,
}

#[derive(Clone, Debug, Default)]
struct RuleState {
    /// How many calls it was for.
    seen: u64,
    /// When the calls of the last second came that a limit let through.
    admitted: VecDeque<Duration>,
    /// How many first records each list lacks by now.
    missing: HashMap<String, i64>,
}

/// What happens to one call: how long it takes, and what else goes wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mishap {
    /// How much later the action is carried out.
    pub wait: Duration,
    /// How much later still it is answered.
    pub hold: Duration,
    /// The first other fault that struck.
    pub kind: Option<FaultKind>,
    /// How many records the list it reads lacks at its start.
    pub missing: i64,
    /// Whether records left or entered the list just now.
    pub has_shifted: bool,
    /// The rules behind all this, as they were written.
    pub rules: Vec<String>,
}

impl Mishap {
    /// Whether the action is carried out, be it later.
    pub fn carries_out(&self) -> bool {
        self.kind.is_none_or(FaultKind::carries_out)
    }

    /// Whether the worst of it came when the action was carried out.
    pub fn is_after(&self) -> bool {
        match self.kind {
            Some(kind) => kind.is_after(),
            None => self.wait.is_zero(),
        }
    }

    /// How long after the call arrived the action is carried out.
    pub fn effect_after(&self) -> Duration {
        match self.kind {
            Some(FaultKind::Instead(_, Moment::Late(late))) => self.wait + late,
            _ => self.wait,
        }
    }
}

impl Faults {
    /// Starts counting, with dice from that seed.
    pub fn into_plan(self, seed: u64) -> FaultPlan {
        let state = PlanState {
            rules: self.uncounted().collect(),
            dice: ChaCha8Rng::seed_from_u64(seed),
        };
        FaultPlan {
            state: Mutex::new(state),
        }
    }

    /// The rules, none of which was for any call yet.
    fn uncounted(self) -> impl Iterator<Item = (Rule, RuleState)> {
        self.0.into_iter().map(|rule| (rule, RuleState::default()))
    }
}

/// What a storm may be.
fn storm() -> &'static [Rule] {
    static STORM_RULES: LazyLock<Faults> = LazyLock::new(|| {
        // The constant is a right specification; a test says so.
        STORM.parse().unwrap_or_default()
    });
    &STORM_RULES.0
}

impl FaultPlan {
    /// Whether nothing can ever go wrong.
    pub fn is_empty(&self) -> bool {
        self.lock().rules.is_empty()
    }

    /// The rules as they were written.
    pub fn rules(&self) -> Vec<String> {
        let state = self.lock();
        state
            .rules
            .iter()
            .map(|(rule, _)| rule.text.clone())
            .collect()
    }

    /// Takes other rules in the place of all; their counts begin anew, the dice go on.
    pub fn replace(&self, faults: Faults) {
        self.lock().rules = faults.uncounted().collect();
    }

    /// Takes more rules, beside those there are.
    pub fn extend(&self, faults: Faults) {
        self.lock().rules.extend(faults.uncounted());
    }

    /// How far it has come.
    pub fn image(&self) -> PlanImage {
        let state = self.lock();
        PlanImage {
            rules: state.rules.clone(),
            dice: DiceImage::take(&state.dice),
        }
    }

    /// Goes on from where it was.
    pub fn restore(&self, image: &PlanImage) {
        *self.lock() = PlanState {
            rules: image.rules.clone(),
            dice: image.dice.dice(),
        };
    }

    fn lock(&self) -> MutexGuard<'_, PlanState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides the next call's fate; every rule counts it, whether another struck or not.
    pub fn strike(&self, call: &Incoming<'_>) -> Mishap {
        let mut mishap = Mishap::default();
        let mut state = self.lock();
        let PlanState { rules, dice } = &mut *state;
        for (rule, state) in rules.iter_mut() {
            let is_for = rule
                .action
                .as_deref()
                .is_none_or(|name| name.eq_ignore_ascii_case(call.action));
            if !is_for || !can_strike(rule.kind, call) || !state.strikes(rule, call.at, dice) {
                continue;
            }
            if rule.kind != FaultKind::Storm {
                mishap.add(rule.kind, &rule.text, call, state, dice);
                continue;
            }
            let possible: Vec<&Rule> = storm()
                .iter()
                .filter(|rule| can_strike(rule.kind, call))
                .collect();
            if let Some(one) = possible.choose(dice) {
                let text = format!("{}: {}", rule.text, one.text);
                mishap.add(one.kind, &text, call, state, dice);
            }
        }
        if let Some(list) = &call.list {
            mishap.missing = rules
                .iter()
                .map(|(rule, state)| state.missing(rule, &list.query, call.action))
                .sum();
        }
        mishap
    }
}

/// Whether a fault has anything to do with a call.
fn can_strike(kind: FaultKind, call: &Incoming<'_>) -> bool {
    let list = call.list.as_ref();
    match kind {
        FaultKind::ModuleTimeout { .. } => call.has_module,
        FaultKind::Total(_) => list.is_some(),
        FaultKind::EmptyPage => list.is_some_and(|list| list.is_paged),
        FaultKind::Shift(_) => list.is_some_and(|list| list.is_paged && list.start > 0),
        _ => true,
    }
}

impl RuleState {
    /// Counts a call; whether the rule strikes it.
    fn strikes(&mut self, rule: &Rule, at: Duration, dice: &mut ChaCha8Rng) -> bool {
        self.seen += 1;
        if let FaultKind::Limit(most) = rule.kind {
            return self.is_over(most, at);
        }
        match rule.when {
            When::Always => true,
            When::Share(share) => dice.random_bool(share),
            When::Between(first, last) => (first..=last).contains(&self.seen),
            When::Every(step) => self.seen.is_multiple_of(step),
        }
    }

    /// Whether that many calls were let through within the last second; if not, this one is.
    fn is_over(&mut self, most: u32, at: Duration) -> bool {
        let second = Duration::from_secs(1);
        while self
            .admitted
            .front()
            .is_some_and(|then| at.saturating_sub(*then) >= second)
        {
            self.admitted.pop_front();
        }
        let is_over = self.admitted.len() >= usize::try_from(most).unwrap_or(usize::MAX);
        if !is_over {
            self.admitted.push_back(at);
        }
        is_over
    }

    /// How many first records a list lacks by this rule; those that will enter are not there before.
    fn missing(&self, rule: &Rule, query: &str, action: &str) -> i64 {
        let at_first = match (rule.kind, rule.action.as_deref()) {
            (FaultKind::Shift(_), Some(name)) if !name.eq_ignore_ascii_case(action) => 0,
            (FaultKind::Shift(by), _) => by.max(0),
            _ => 0,
        };
        self.missing.get(query).copied().unwrap_or(at_first)
    }

    /// Lets records leave or enter a list; whether any did.
    fn shift(&mut self, by: i64, query: &str) -> bool {
        if by < 0 {
            *self.missing.entry(query.to_owned()).or_default() -= by;
            return true;
        }
        // Those that were to enter are there from now on.
        self.missing.insert(query.to_owned(), 0).is_none()
    }
}

impl Mishap {
    fn add(
        &mut self,
        kind: FaultKind,
        text: &str,
        call: &Incoming<'_>,
        state: &mut RuleState,
        dice: &mut ChaCha8Rng,
    ) {
        match (kind, &call.list) {
            (FaultKind::Latency(wait), _) => self.wait += wait,
            (FaultKind::Hold(hold), _) => self.hold += hold,
            (FaultKind::Shift(by), Some(list)) if state.shift(by, &list.query) => {
                self.has_shifted = true;
            }
            (FaultKind::Shift(_), _) => return,
            _ if self.kind.is_some() => return,
            (kind, _) => self.kind = Some(settled(kind, dice)),
        }
        self.rules.push(text.to_owned());
    }
}

/// A fault with what the dice have to say about it.
fn settled(kind: FaultKind, dice: &mut ChaCha8Rng) -> FaultKind {
    match kind {
        FaultKind::Total(Total::Moves(far)) => {
            FaultKind::Total(Total::Off(dice.random_range(-far..=far)))
        }
        FaultKind::ModuleTimeout { is_done, words } => FaultKind::ModuleTimeout {
            is_done,
            words: MODULE_WORDS.choose(dice).copied().unwrap_or(words),
        },
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::Incoming;
    use super::super::grammar::Faults;
    use super::super::kind::{FaultKind, Spoil, Total};
    use super::{Mishap, STORM};
    use crate::sandbox::form;
    use std::time::Duration;

    fn fates(spec: &str, calls: &[&str]) -> Vec<Mishap> {
        let plan = spec.parse::<Faults>().expect("reads").into_plan(7);
        calls
            .iter()
            .map(|call| {
                let (action, query) = call.split_once('?').unwrap_or((call, ""));
                let request = form::decode(query.as_bytes());
                plan.strike(&Incoming::new(action, &request, Duration::ZERO))
            })
            .collect()
    }

    fn kinds(spec: &str, calls: &[&str]) -> Vec<bool> {
        let fates = fates(spec, calls);
        fates.iter().map(|fate| fate.kind.is_some()).collect()
    }

    #[test]
    fn the_nth_call_of_an_action_is_hit() {
        let calls = ["AddClient", "GetClients", "AddClient", "AddClient"];
        assert_eq!(
            kinds("reset-after@addclient:#2", &calls),
            [false, false, true, false]
        );
        assert_eq!(
            kinds("reset-after@addclient:#2-3", &calls),
            [false, false, true, true]
        );
    }

    #[test]
    fn every_nth_call_is_hit_and_latency_adds_to_others() {
        let fates = fates(
            "cut:/2,late=10ms, latency=5ms:#2,latency-after=7ms",
            &["a", "a"],
        );
        assert_eq!(fates[0].wait, Duration::from_millis(10));
        assert_eq!(fates[1].wait, Duration::from_millis(15));
        assert_eq!(fates[1].hold, Duration::from_millis(7));
        assert_eq!(fates[1].kind, Some(FaultKind::Spoil(Spoil::Cut)));
        assert_eq!(
            fates[1].rules,
            ["cut:/2", "late=10ms", "latency=5ms:#2", "latency-after=7ms"]
        );
    }

    #[test]
    fn of_two_faults_on_one_call_the_first_is_done_and_told() {
        let fates = fates("cut:#1,reset-before:/1", &["a", "a"]);
        assert_eq!(fates[0].kind, Some(FaultKind::Spoil(Spoil::Cut)));
        assert_eq!(fates[0].rules, ["cut:#1"]);
        assert_eq!(fates[1].rules, ["reset-before:/1"]);
    }

    #[test]
    fn a_share_repeats_with_the_seed() {
        let calls = vec!["a"; 2000];
        let first = fates("cut:10%", &calls);
        assert_eq!(first, fates("cut:10%", &calls));
        let hits = first.iter().filter(|fate| fate.kind.is_some()).count();
        assert!((120..280).contains(&hits), "{hits}");
    }

    #[test]
    fn a_module_times_out_only_where_one_is_asked() {
        let calls = [
            "AddClient",
            "ModuleCreate",
            "DomainRenew",
            "GetClients",
            "CapturePayment",
        ];
        assert_eq!(
            kinds("module-timeout-after", &calls),
            [false, true, true, false, true]
        );
    }

    #[test]
    fn a_limit_lets_so_many_calls_through_in_any_second() {
        let plan = "limit=2".parse::<Faults>().expect("reads").into_plan(7);
        let request = form::decode(b"");
        let hits = [0, 10, 20, 990, 1000, 1005, 1011, 3000].map(|millis| {
            let at = Duration::from_millis(millis);
            plan.strike(&Incoming::new("a", &request, at))
                .kind
                .is_some()
        });
        assert_eq!(hits, [false, false, true, true, false, true, false, false]);
    }

    #[test]
    fn records_leave_a_list_for_good_and_enter_it_once() {
        let calls = [
            "GetClients",
            "GetClients?limitstart=25",
            "GetClients?limitstart=50",
            "GetClients?search=x",
            "GetClients",
            "GetOrders",
        ];
        let missing = |spec: &str| -> Vec<i64> {
            fates(spec, &calls)
                .iter()
                .map(|fate| fate.missing)
                .collect()
        };
        assert_eq!(missing("shift=-2@GetClients"), [0, 2, 4, 0, 4, 0]);
        assert_eq!(missing("shift=+3@GetClients"), [3, 0, 0, 3, 0, 0]);
        assert_eq!(missing("shift=-1@GetClients:#2"), [0, 0, 1, 0, 1, 0]);
        let shifted: Vec<_> = fates("shift=+3", &calls)
            .iter()
            .map(|fate| fate.has_shifted)
            .collect();
        assert_eq!(shifted, [false, true, false, false, false, false]);
    }

    #[test]
    fn a_total_moves_by_the_dice() {
        let fates = fates("total=~2", &["GetClients"; 40]);
        let mut seen: Vec<_> = fates
            .iter()
            .map(|fate| match fate.kind {
                Some(FaultKind::Total(Total::Off(by))) => by,
                other => panic!("{other:?}"),
            })
            .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [-2, -1, 0, 1, 2]);
    }

    #[test]
    fn a_storm_has_everything_that_can_strike_a_call_and_says_what_it_was() {
        STORM.parse::<Faults>().expect("reads");
        let calls: Vec<_> = ["AddClient", "GetClients?limitstart=25", "ModuleCreate"]
            .into_iter()
            .cycle()
            .take(6_000)
            .collect();
        let first = fates("storm:100%", &calls);
        assert_eq!(first, fates("storm:100%", &calls));
        for part in STORM.split(',').map(str::trim) {
            let told = format!("storm:100%: {part}");
            let told = first.iter().any(|fate| fate.rules == [told.as_str()]);
            assert!(told, "{part} never struck");
        }
        let quiet = fates("storm", &calls);
        let hits = quiet.iter().filter(|fate| !fate.rules.is_empty()).count();
        assert!((1_200..1_800).contains(&hits), "{hits}");
    }
}
