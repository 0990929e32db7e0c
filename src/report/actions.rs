//! The writes by action: how many, what became of them, how long the server took.

use std::time::Duration;

use super::account::{Account, ActionStats};
use super::escape::{Add as _, Text, number};
use super::moment::span;
use crate::catalog::{self, Effect};

/// The parts of the little drawing of how long calls took.
const PARTS: usize = 32;
const WIDE: usize = 8;
const HIGH: u64 = 40;

/// One line an action.
pub(super) fn table(account: &Account) -> String {
    if account.actions.is_empty() {
        return "<p class=\"note\">The run made no writes.</p>".to_owned();
    }
    let range = Range::spanning(&account.actions);
    let mut html = String::from(
        "<div class=\"wide\"><table class=\"plain\"><thead><tr><th>action</th><th>effect</th>\
         <th class=\"num\">applied</th><th class=\"num\">refused</th><th class=\"num\">not sent</th>\
         <th class=\"num\">in doubt</th><th class=\"num\">median</th><th class=\"num\">95 %</th>\
         <th class=\"num\">slowest</th>",
    );
    if let Some(range) = &range {
        html.add(format_args!(
            "<th class=\"spread\"><span>{}</span><span>{}</span></th>",
            took(range.least),
            took(range.most)
        ));
    }
    html.push_str("</tr></thead><tbody>");
    for stats in &account.actions {
        html.push_str(&line(stats, range.as_ref()));
    }
    html.push_str("</tbody></table></div>");
    if range.is_none() {
        html.push_str("<p class=\"note\">The journal does not say how long the server took.</p>");
    }
    html
}

fn line(stats: &ActionStats, range: Option<&Range>) -> String {
    let count = |class: &str, count: u64| match count {
        0 => "<td class=\"num none\">–</td>".to_owned(),
        _ => format!("<td class=\"num {class}\">{}</td>", number(count)),
    };
    let time = |part: f64| {
        let time = quantile(&stats.micros, part).map_or("–".to_owned(), took);
        format!("<td class=\"num\">{time}</td>")
    };
    let mut html = format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td>{}{}{}{}{}{}{}",
        Text(&stats.action),
        catalog::action(&stats.action).map_or("", |action| effect(action.effect)),
        count("", stats.done),
        count("failed", stats.refused),
        count("failed", stats.not_sent),
        count("doubt", stats.in_doubt),
        time(0.5),
        time(0.95),
        time(1.0)
    );
    if let Some(range) = range {
        html.add(format_args!("<td>{}</td>", spread(&stats.micros, range)));
    }
    html.push_str("</tr>");
    html
}

const fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Create => "creates",
        Effect::Update => "updates",
        Effect::Delete => "deletes",
        Effect::Act => "acts",
    }
}

fn took(micros: u32) -> String {
    span(Duration::from_micros(u64::from(micros)))
}

/// The value that so large a part of the sorted ones does not pass.
fn quantile(sorted: &[u32], part: f64) -> Option<u32> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list that fits into memory"
    )]
    let place = ((sorted.len() as f64 * part).ceil() as usize).saturating_sub(1);
    Some(sorted[place.min(last)])
}

/// The shortest and the longest time of all actions: their drawings have one scale,
/// on which every part is so many times as long as the one before.
struct Range {
    least: u32,
    most: u32,
}

impl Range {
    fn spanning(actions: &[ActionStats]) -> Option<Self> {
        let least = actions
            .iter()
            .filter_map(|stats| stats.micros.first())
            .min()?;
        let most = actions
            .iter()
            .filter_map(|stats| stats.micros.last())
            .max()?;
        Some(Self {
            least: (*least).max(1),
            most: (*most).max(1),
        })
    }

    fn part(&self, micros: u32) -> usize {
        let log = |micros: u32| f64::from(micros.max(1)).ln();
        let whole = log(self.most) - log(self.least);
        if whole <= 0.0 {
            return PARTS / 2;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a few dozen parts"
        )]
        let part = ((log(micros) - log(self.least)) / whole * PARTS as f64) as usize;
        part.min(PARTS - 1)
    }
}

/// How the times of an action are spread.
fn spread(micros: &[u32], range: &Range) -> String {
    let mut parts = [0_u64; PARTS];
    for &micros in micros {
        parts[range.part(micros)] += 1;
    }
    let highest = parts.iter().max().copied().unwrap_or(0).max(1);
    let mut html = format!(
        "<svg class=\"spread\" viewBox=\"0 0 {} {HIGH}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"how long calls took\">",
        PARTS * WIDE
    );
    for (place, count) in parts.into_iter().enumerate() {
        if count > 0 {
            let high = (count * HIGH / highest).max(2);
            html.add(format_args!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{high}\"><title>{}</title></rect>",
                place * WIDE,
                HIGH - high,
                WIDE - 1,
                number(count)
            ));
        }
    }
    html.push_str("</svg>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_time_that_was_measured() {
        let times: Vec<u32> = (1..=100).collect();
        let of = |part| quantile(&times, part).unwrap();
        assert_eq!([of(0.5), of(0.95), of(1.0)], [50, 95, 100]);
        assert_eq!(quantile(&[7], 0.95), Some(7));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_shortest_and_the_longest_time_stand_at_the_ends() {
        let range = Range {
            least: 100,
            most: 100_000,
        };
        assert_eq!(range.part(100), 0);
        assert_eq!(range.part(100_000), PARTS - 1);
        assert_eq!(range.part(3_163), PARTS / 2);
        let one = Range { least: 5, most: 5 };
        assert_eq!(one.part(5), PARTS / 2);
    }
}
