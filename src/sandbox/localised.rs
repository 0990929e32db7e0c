//! Days as the server's own localisation has them written.

use jiff::civil::Date;

use super::call::Call;

/// What a day that fits neither is taken for: what the reference gives as its example.
const EXAMPLE: &str = "DD/MM/YYYY";

/// A day as `2026-11-23`, as the setting `DateFormat` has it written, or as `23/11/2026`.
pub fn day(call: &Call, text: &str) -> rusqlite::Result<Option<Date>> {
    if let Ok(day) = text.parse() {
        return Ok(Some(day));
    }
    Ok(written(&format(call)?, text).or_else(|| written(EXAMPLE, text)))
}

/// Two days, kept as `2026-11-23`, as the lines of invoices tell of a period: `(23/11/2026 - 22/12/2026)`.
pub fn period(call: &Call, first: &str, last: &str) -> rusqlite::Result<String> {
    let format = format(call)?;
    Ok(format!(
        "({} - {})",
        format_day(&format, first),
        format_day(&format, last)
    ))
}

fn format(call: &Call) -> rusqlite::Result<String> {
    let format = call
        .db
        .value("SELECT value FROM settings WHERE name = 'DateFormat'", ())?;
    Ok(format.unwrap_or_default())
}

/// A day in a format; as it is kept where the format lacks a part of it.
fn format_day(format: &str, day: &str) -> String {
    let names = ["YYYY", "MM", "DD"];
    if !names.iter().all(|name| format.contains(name)) {
        return day.to_owned();
    }
    let parts = names.iter().zip(day.split('-'));
    parts.fold(format.to_owned(), |text, (name, part)| {
        text.replace(name, part)
    })
}

fn written(format: &str, text: &str) -> Option<Date> {
    let parts = |text: &str| -> Vec<String> {
        let is_sign = |c: char| !c.is_ascii_alphanumeric();
        text.split(is_sign).map(str::to_owned).collect()
    };
    let (names, numbers) = (parts(format), parts(text));
    let number = |name: &str| -> Option<&String> {
        let at = names.iter().position(|own| own == name)?;
        numbers.get(at)
    };
    Date::new(
        number("YYYY")?.parse().ok()?,
        number("MM")?.parse().ok()?,
        number("DD")?.parse().ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::{format_day, written};

    #[test]
    fn days_are_read_and_told_in_every_format_whmcs_offers() {
        for (format, text) in [
            ("DD/MM/YYYY", "23/11/2026"),
            ("DD.MM.YYYY", "23.11.2026"),
            ("MM/DD/YYYY", "11/23/2026"),
            ("YYYY-MM-DD", "2026-11-23"),
        ] {
            let day = written(format, text).map(|day| day.to_string());
            assert_eq!(day.as_deref(), Some("2026-11-23"), "{format}");
            assert_eq!(format_day(format, "2026-11-23"), text);
        }
        assert_eq!(written("YYYY-MM-DD", "23/11/2026"), None);
        assert_eq!(written("DD/MM/YYYY", "31/02/2026"), None);
        assert_eq!(written("", "01/02/2026"), None);
        assert_eq!(format_day("", "2026-11-23"), "2026-11-23");
    }
}
