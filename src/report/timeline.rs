//! Rows a second over the time of each pass, and where rows failed.
//!
//! A run without rows shows its writes. A row that a later pass did again stands
//! in that pass only, for the journal keeps what became of it last.

use super::account::Account;
use super::escape::{Add as _, Text, counted, number};
use super::moment::Zone;
use super::row_status::{Event, RowStatus};

/// The most bars of a chart.
const BARS: i64 = 90;
/// How long a bar may be, in milliseconds.
const WIDTHS: [i64; 18] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    1_800_000, 3_600_000, 10_800_000, 21_600_000, 86_400_000,
];
/// Charts that are shown; of a run with more passes, those of the last.
const CHARTS: usize = 6;
/// Units of the drawing: a bar is so wide, and the highest so high.
const BAR: u64 = 10;
const HIGH: f64 = 120.0;

/// One bar: what ended in its time.
#[derive(Clone, Copy, Default)]
struct Bar([u64; 5]);

impl Bar {
    fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    fn count(&self, status: RowStatus) -> u64 {
        self.0[status as usize]
    }

    fn troubled(&self) -> u64 {
        self.count(RowStatus::Failed) + self.count(RowStatus::InDoubt)
    }
}

/// The chart of every pass, or why there is none.
pub(super) fn charts(account: &Account) -> String {
    let (events, what) = if account.rows.is_empty() {
        (&account.writes, "write")
    } else {
        (&account.rows, "row")
    };
    let mut html = String::new();
    if events.is_empty() {
        let why = if account.untimed > 0 {
            "An earlier version of whmcsh wrote the journal of this run and did not record when \
             rows ended, so there is no timeline."
        } else {
            "No row or write ended, so there is no timeline."
        };
        return format!("<p class=\"note\">{why}</p>");
    }
    let passes = by_pass(account, events);
    let hidden = passes.len().saturating_sub(CHARTS);
    for (number, began, events) in passes.iter().skip(hidden) {
        let title = (account.passes.len() > 1).then(|| format!("Pass {number}"));
        html.push_str(&chart(*began, events, what, title, &account.zone));
    }
    if hidden > 0 {
        html.add(format_args!(
            "<p class=\"note\">Not shown: {hidden} earlier passes.</p>"
        ));
    }
    if account.passes.len() > 1 {
        html.push_str("<p class=\"note\">A row that was done again is shown in its last pass.</p>");
    }
    if account.untimed > 0 {
        html.add(format_args!(
            "<p class=\"note\">Not shown: {} rows and writes from a pass by an earlier version of \
             whmcsh, which did not record their times.</p>",
            number(account.untimed)
        ));
    }
    html
}

/// The passes in which anything ended: their numbers, when they began, what ended.
fn by_pass<'e>(account: &Account, events: &'e [Event]) -> Vec<(usize, i64, &'e [Event])> {
    let began: Vec<i64> = account.passes.iter().map(|pass| pass.began).collect();
    let mut passes = Vec::new();
    let mut from = 0;
    for (place, &began_at) in began.iter().enumerate() {
        let next = began.get(place + 1).copied().unwrap_or(i64::MAX);
        let to = from + events[from..].partition_point(|event| event.at < next);
        if to > from {
            let first = events[from].at.min(began_at);
            passes.push((place + 1, first, &events[from..to]));
        }
        from = to;
    }
    passes
}

fn chart(began: i64, events: &[Event], what: &str, title: Option<String>, zone: &Zone) -> String {
    let last = events.last().map_or(began, |event| event.at);
    let width = width(last - began);
    let bars = bars(began, width, events);
    let highest = bars.iter().map(Bar::total).max().unwrap_or(0);
    let top = nice(rate(highest, width));
    let title = title.map_or_else(String::new, |title| format!("<b>{}</b> ", Text(&title)));
    let mut html = format!(
        "<figure class=\"chart\"><figcaption>{title}{}{}</figcaption>\
         <div class=\"scale\"><span>{}</span><span>{}</span><span>0</span></div>",
        counted(events.len() as u64, what),
        speed(
            events.len() as u64,
            last - began,
            rate(highest, width),
            what
        ),
        short(top),
        short(top / 2.0)
    );
    let wide = bars.len() as u64 * BAR;
    html.add(format_args!(
        "<svg class=\"bars\" viewBox=\"0 0 {wide} {HIGH}\" preserveAspectRatio=\"none\" \
         role=\"img\" aria-label=\"{what}s per second over time\"><path class=\"line\" d=\"M0 \
         0H{wide}M0 {0}H{wide}M0 {HIGH}H{wide}\"/>",
        HIGH / 2.0
    ));
    let mut at = began;
    for (place, bar) in bars.iter().enumerate() {
        if bar.total() > 0 {
            html.push_str(&drawn(place as u64 * BAR, bar, at, width, top, zone));
        }
        at += width;
    }
    html.push_str("</svg>");
    html.push_str(&troubles(&bars));
    html.push_str("<div class=\"ticks\">");
    let span = at - began;
    for quarter in 0..=4 {
        let at = began + span * quarter / 4;
        let clock = match span {
            ..8_000 => zone.exact(at),
            _ => zone.clock(at),
        };
        html.add(format_args!("<span>{}</span>", Text(&clock)));
    }
    html.push_str("</div></figure>");
    html
}

/// How fast it went; of less than a second nothing can be said.
fn speed(count: u64, span: i64, best: f64, what: &str) -> String {
    if span < 1_000 {
        return String::new();
    }
    let average = short(rate(count, span));
    format!(
        ": {average} {what}s per second on average, {} at most",
        short(best)
    )
}

/// How long the bars of a chart are.
fn width(span: i64) -> i64 {
    let fits = |width: &&i64| span / **width < BARS;
    WIDTHS.iter().find(fits).copied().unwrap_or(span / BARS + 1)
}

fn bars(began: i64, width: i64, events: &[Event]) -> Vec<Bar> {
    let place = |at: i64| usize::try_from((at - began) / width).unwrap_or(0);
    let last = events.last().map_or(0, |event| place(event.at));
    let mut bars = vec![Bar::default(); last + 1];
    for event in events {
        bars[place(event.at)].0[event.status as usize] += 1;
    }
    bars
}

/// One bar, its parts upon one another, with what it is of for whoever points at it.
fn drawn(left: u64, bar: &Bar, at: i64, width: i64, top: f64, zone: &Zone) -> String {
    let mut said = format!(
        "{}: {} per second",
        zone.clock(at),
        short(rate(bar.total(), width))
    );
    let mut parts = String::new();
    let mut y = HIGH;
    for status in RowStatus::ALL {
        let count = bar.count(status);
        if count > 0 {
            said.add(format_args!(", {} {}", number(count), status.word()));
            let high = rate(count, width) / top * HIGH;
            y -= high;
            parts.add(format_args!(
                "<rect class=\"{}\" x=\"{left}\" y=\"{y:.2}\" width=\"{}\" height=\"{high:.2}\"/>",
                status.class(),
                BAR - 1
            ));
        }
    }
    format!(
        "<g><title>{}</title><rect class=\"hit\" x=\"{left}\" y=\"0\" width=\"{BAR}\" height=\"{HIGH}\"/>{parts}</g>",
        Text(&said)
    )
}

/// Where rows failed or came to be in doubt, be it one among thousands.
fn troubles(bars: &[Bar]) -> String {
    if bars.iter().all(|bar| bar.troubled() == 0) {
        return String::new();
    }
    let mut html = format!(
        "<span class=\"strip\">failed</span><svg class=\"troubles\" viewBox=\"0 0 {} 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"when rows failed\">",
        bars.len() as u64 * BAR
    );
    for (place, bar) in bars.iter().enumerate() {
        if bar.troubled() > 0 {
            let class = match bar.count(RowStatus::Failed) {
                0 => RowStatus::InDoubt.class(),
                _ => RowStatus::Failed.class(),
            };
            let share = ratio(bar.troubled(), bar.total());
            html.add(format_args!(
                "<rect class=\"{class}\" x=\"{}\" width=\"{}\" height=\"10\" fill-opacity=\"{:.2}\"><title>{} of {}</title></rect>",
                place as u64 * BAR,
                BAR - 1,
                0.45 + 0.55 * share,
                number(bar.troubled()),
                number(bar.total())
            ));
        }
    }
    html.push_str("</svg>");
    html
}

/// So many in so many milliseconds, a second.
fn rate(count: u64, millis: i64) -> f64 {
    ratio(count, millis.unsigned_abs()) * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn, not counted")]
fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other.max(1) as f64
}

/// The next number above that halves well.
fn nice(highest: f64) -> f64 {
    let power = 10_f64.powf(highest.max(0.01).log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let fits = |step: &&f64| **step * power >= highest;
    steps.iter().find(fits).map_or(highest, |step| step * power)
}

/// A rate in as many digits as tell something.
fn short(rate: f64) -> String {
    match rate {
        0.0..0.1 => format!("{rate:.2}"),
        0.1..10.0 => {
            let text = format!("{rate:.1}");
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
        _ => format!("{rate:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_at_most_ninety_bars_and_none_shorter_than_a_tenth_of_a_second() {
        assert_eq!(width(0), 100);
        assert_eq!(width(8_999), 100);
        assert_eq!(width(9_000), 200);
        for span in [
            60_000,
            3_600_000,
            86_400_000,
            30 * 86_400_000,
            400 * 86_400_000,
        ] {
            assert!(span / width(span) < BARS, "{span}");
        }
    }

    #[test]
    fn every_event_is_in_one_bar() {
        let event = |at, status| Event { at, status };
        let events = [
            event(1_000, RowStatus::Done),
            event(1_099, RowStatus::Failed),
            event(1_100, RowStatus::InDoubt),
            event(1_999, RowStatus::Done),
        ];
        let bars = bars(1_000, 100, &events);
        let totals: Vec<u64> = bars.iter().map(Bar::total).collect();
        assert_eq!(totals, [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(bars[0].troubled() + bars[1].troubled(), 2);
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        let tops = [0.35, 1.0, 7.0, 23.0, 610.0].map(nice).map(short);
        assert_eq!(tops, ["0.4", "1", "8", "25", "800"]);
    }
}
