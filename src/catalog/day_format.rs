//! The order in which a server has days written: its setting `DateFormat`.

use jiff::civil::Date;

/// One of the orders that WHMCS offers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DayFormat {
    /// As the setting has it.
    pub name: &'static str,
    /// As a script writes a day so.
    pub format: &'static str,
}

/// Every order that WHMCS offers.
const ALL: [DayFormat; 6] = [
    DayFormat::new("DD/MM/YYYY", "%d/%m/%Y"),
    DayFormat::new("DD.MM.YYYY", "%d.%m.%Y"),
    DayFormat::new("DD-MM-YYYY", "%d-%m-%Y"),
    DayFormat::new("MM/DD/YYYY", "%m/%d/%Y"),
    DayFormat::new("YYYY/MM/DD", "%Y/%m/%d"),
    DayFormat::new("YYYY-MM-DD", "%Y-%m-%d"),
];

impl DayFormat {
    const fn new(name: &'static str, format: &'static str) -> Self {
        Self { name, format }
    }

    /// The one that a setting names.
    pub fn from_setting(setting: &str) -> Option<Self> {
        let mut all = ALL.into_iter();
        all.find(|one| one.name.eq_ignore_ascii_case(setting.trim()))
    }

    /// Whether a text is a day that is written so, perhaps with a time behind it.
    pub fn fits(self, text: &str) -> bool {
        let day = text.split_whitespace().next().unwrap_or_default();
        let is_wide = |part: &str| part.len() == 4;
        let year_first = |text: &str| text.split(['/', '.', '-']).next().is_some_and(is_wide);
        Date::strptime(self.format, day).is_ok() && year_first(day) == self.name.starts_with('Y')
    }
}

/// Whether a text is a day as ISO 8601 has it, which most orders of WHMCS are not.
pub fn is_iso_day(text: &str) -> bool {
    let day = text.get(..10).unwrap_or_default();
    let rest = text.get(10..).unwrap_or_default();
    day.parse::<Date>().is_ok() && (rest.is_empty() || rest.starts_with([' ', 'T']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_takes_its_own_days_alone() {
        let days = [
            "31/12/2026",
            "31.12.2026",
            "31-12-2026",
            "12/31/2026",
            "2026/12/31",
            "2026-12-31",
        ];
        for (format, own) in ALL.into_iter().zip(days) {
            assert_eq!(DayFormat::from_setting(format.name), Some(format));
            for day in days {
                assert_eq!(format.fits(day), day == own, "{}: {day}", format.name);
            }
        }
        assert!(
            DayFormat::from_setting("dd/mm/yyyy")
                .unwrap()
                .fits("1/2/2026 10:00")
        );
        assert_eq!(DayFormat::from_setting(""), None);
    }

    #[test]
    fn a_day_of_iso_is_known_by_its_look() {
        assert!(is_iso_day("2026-12-01") && is_iso_day("2026-12-01T00:00:00Z"));
        assert!(!is_iso_day("01/12/2026") && !is_iso_day("2026-12-011") && !is_iso_day(""));
    }
}
