//! How many rows came to what, and how many writes.

use super::account::Account;
use super::escape::{Add as _, number};
use super::row_status::RowStatus;

/// How many rows came to what, as a bar and a list.
pub(super) fn shares(account: &Account, is_running: bool) -> String {
    let total = account.ended();
    let counts = &account.counts;
    let mut html = String::new();
    if total > 0 {
        html.push_str(&bar(account, total));
    }
    html.push_str("<ul class=\"tiles\">");
    let mut tile = |class: &str, count: u64, what: &str, remark: String| {
        html.add(format_args!(
            "<li class=\"{class}\"><b>{}</b><span>{what}</span><small>{remark}</small></li>",
            number(count)
        ));
    };
    if total > 0 {
        tile("all", total, "rows ended", String::new());
    }
    for status in RowStatus::ALL {
        let count = account.count(status);
        if count > 0 {
            let remark = share(count, total);
            tile(status.class(), count, status.word(), remark);
        }
    }
    let (begun, doubtful) = if is_running {
        (["running", "in progress"], ["running", "writes being sent"])
    } else {
        (["doubt", "interrupted"], ["doubt", "writes in doubt"])
    };
    let [class, what] = begun;
    if counts.begun > 0 {
        tile(class, counts.begun, what, String::new());
    }
    tile("writes", counts.writes, "writes applied", String::new());
    let [class, what] = doubtful;
    if counts.writes_in_doubt > 0 {
        tile(class, counts.writes_in_doubt, what, String::new());
    }
    html.push_str("</ul>");
    html
}

fn share(count: u64, total: u64) -> String {
    // Rounded so that only all is 100 % and only none is 0 %.
    let tenths = match count {
        _ if count == total => 1000,
        _ => ((count * 1000 + total / 2) / total.max(1)).clamp(1, 999),
    };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn bar(account: &Account, total: u64) -> String {
    const WIDTH: u64 = 1000;
    /// What is there can be seen, be it one row of a million.
    const LEAST: u64 = 5;
    let shares = RowStatus::ALL.map(|status| match account.count(status) {
        0 => 0,
        count => (count * WIDTH / total).max(LEAST),
    });
    let whole: u64 = shares.iter().sum();
    let mut html = format!(
        "<svg class=\"share\" viewBox=\"0 0 {whole} 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"how the rows ended\">"
    );
    let mut left = 0;
    for (status, share) in RowStatus::ALL.into_iter().zip(shares) {
        if share > 0 {
            html.add(format_args!(
                "<rect class=\"{}\" x=\"{left}\" width=\"{share}\" height=\"10\"><title>{} {}</title></rect>",
                status.class(),
                number(account.count(status)),
                status.word()
            ));
        }
        left += share;
    }
    html.push_str("</svg>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_a_hundred_per_cent_and_only_none_is_nothing() {
        assert_eq!(share(1, 100_000), "0.1 %");
        assert_eq!(share(99_999, 100_000), "99.9 %");
        assert_eq!(share(397, 100_000), "0.4 %");
        assert_eq!(share(7, 7), "100.0 %");
    }
}
