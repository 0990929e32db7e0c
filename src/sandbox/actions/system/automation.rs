//! `GetAutomationLog`: what the daily automation did.
//!
//! The log begins with the demo data's, which ends yesterday; days that pass when the clock is advanced add to it.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields};

/// The figures of a span of days, by day and task; today's when no day is told.
pub fn get_automation_log(call: &Call) -> Result<Answer, Refusal> {
    let day = |name: &str| {
        call.date(name)
            .unwrap_or_else(|| call.now.date())
            .to_string()
    };
    let start = format!("{} 00:00:00", day("startdate"));
    let end = format!("{} 23:59:59", day("enddate"));
    let last: Option<String> = call.db.value(
        "SELECT ran_at FROM automation_log ORDER BY ran_at DESC LIMIT 1",
        (),
    )?;
    let statistics = statistics(call, &start, &end)?;
    Ok(Answer::success()
        .with("currentDatetime", call.moment())
        .with("lastDailyCronInvocationTime", last.unwrap_or_default())
        .with("startdate", start)
        .with("enddate", end)
        .with("statistics", statistics))
}

fn statistics(call: &Call, start: &str, end: &str) -> rusqlite::Result<Fields> {
    let mut days: BTreeMap<String, BTreeMap<String, Fields>> = BTreeMap::new();
    let rows = call.db.rows(
        "SELECT substr(ran_at, 1, 10), namespace, name, value FROM automation_log \
         WHERE ran_at BETWEEN ?1 AND ?2 AND (?3 = '' OR namespace = ?3) ORDER BY id",
        params![start, end, call.text("namespace")],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    for (day, namespace, name, value) in rows {
        let (name, value): (String, i64) = (name, value);
        let tasks = days.entry(day).or_default();
        tasks.entry(namespace).or_default().push(&name, value);
    }
    let mut statistics = Fields::default();
    for (day, tasks) in days {
        let mut told = Fields::default();
        for (namespace, figures) in tasks {
            told.push(&namespace, figures);
        }
        statistics.push(&day, told);
    }
    Ok(statistics)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::{Fields, Value};
    use crate::sandbox::testing::{answer, change, is_complete, json, store};

    #[test]
    fn figures_are_grouped_by_day_and_task() {
        let store = store();
        change(
            &store,
            "INSERT INTO automation_log (ran_at, namespace, name, value) VALUES \
             ('2020-01-01 09:00:00', 'createinvoices', 'invoice.created', 4), \
             ('2020-01-02 09:00:00', 'createinvoices', 'invoice.created', 5), \
             ('2020-01-02 09:00:00', 'autosuspensions', 'suspended', 1)",
        );
        let told = |query: &str| {
            let text = json(&store, "GetAutomationLog", query);
            text.split_once("\"startdate\"")
                .expect("a span")
                .1
                .to_owned()
        };
        assert_eq!(
            told("startdate=2020-01-01&enddate=2020-01-02"),
            r#":"2020-01-01 00:00:00","enddate":"2020-01-02 23:59:59","statistics":{"2020-01-01":{"createinvoices":{"invoice.created":4}},"2020-01-02":{"autosuspensions":{"suspended":1},"createinvoices":{"invoice.created":5}}}}"#
        );
        assert_eq!(
            told("startdate=2020-01-02&enddate=2020-01-02&namespace=CreateInvoices"),
            r#":"2020-01-02 00:00:00","enddate":"2020-01-02 23:59:59","statistics":{"2020-01-02":{"createinvoices":{"invoice.created":5}}}}"#
        );
    }

    #[test]
    fn the_demo_log_has_a_week_that_ended_yesterday() {
        let store = store();
        let reply = answer(&store, "GetAutomationLog", "startdate=2020-01-01");
        is_complete("GetAutomationLog", &reply);
        let Some(Value::Map(days)) = reply.get("statistics") else {
            panic!("no statistics");
        };
        assert_eq!(Fields::iter(days).count(), 7);
        let last = reply.text("lastDailyCronInvocationTime");
        assert!(last < reply.text("currentDatetime"), "{last}");
    }
}
