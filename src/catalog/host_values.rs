//! Kinds of values that hosts and modules add to, so that no catalog has all of them.

use serde::{Deserialize, Serialize};

/// A kind of such values; by its word a profile lists them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostValues {
    /// Two-letter codes of countries.
    Countries,
    /// Payment gateways.
    Gateways,
    /// Languages of clients, users and templates.
    Languages,
    /// Modules of products.
    Modules,
    /// Statuses of orders.
    OrderStatuses,
    /// Statuses of projects.
    ProjectStatuses,
    /// Registrar modules.
    Registrars,
    /// Statuses of tickets.
    TicketStatuses,
    /// Statuses of to-do items.
    TodoStatuses,
}

impl HostValues {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Countries,
        Self::Gateways,
        Self::Languages,
        Self::Modules,
        Self::OrderStatuses,
        Self::ProjectStatuses,
        Self::Registrars,
        Self::TicketStatuses,
        Self::TodoStatuses,
    ];

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word for it in catalog and profiles.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Countries => "countries",
            Self::Gateways => "gateways",
            Self::Languages => "languages",
            Self::Modules => "modules",
            Self::OrderStatuses => "order_statuses",
            Self::ProjectStatuses => "project_statuses",
            Self::Registrars => "registrars",
            Self::TicketStatuses => "ticket_statuses",
            Self::TodoStatuses => "todo_statuses",
        }
    }

    /// The list action by which a server names them, and the field that holds them.
    pub const fn read(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Countries | Self::Languages | Self::Modules | Self::ProjectStatuses => None,
            Self::Gateways => Some(("GetPaymentMethods", "module")),
            Self::OrderStatuses => Some(("GetOrderStatuses", "title")),
            Self::Registrars => Some(("GetRegistrars", "module")),
            Self::TicketStatuses => Some(("GetSupportStatuses", "title")),
            Self::TodoStatuses => Some(("GetToDoItemStatuses", "type")),
        }
    }

    /// Those that WHMCS comes with, where no read names them and they are known.
    pub fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Countries => COUNTRIES,
            Self::Languages => LANGUAGES,
            Self::ProjectStatuses => PROJECT_STATUSES,
            _ => &[],
        }
    }
}

/// ISO 3166-1 alpha-2.
#[rustfmt::skip]
const COUNTRIES: &[&str] = &[
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY",
    "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX",
    "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK",
    "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
    "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR",
    "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA",
    "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE",
    "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
    "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG",
    "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF",
    "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY",
    "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
];

/// The language files WHMCS comes with; it spells Ukrainian without its i.
#[rustfmt::skip]
const LANGUAGES: &[&str] = &[
    "arabic", "azerbaijani", "catalan", "chinese", "croatian", "czech", "danish", "dutch", "english", "estonian",
    "farsi", "french", "german", "hebrew", "hungarian", "italian", "macedonian", "norwegian", "portuguese-br",
    "portuguese-pt", "romanian", "russian", "spanish", "swedish", "turkish", "ukranian",
];

/// The statuses the Project Management addon begins with.
const PROJECT_STATUSES: &[&str] = &[
    "Pending",
    "In Progress",
    "Awaiting",
    "Abandoned",
    "Completed",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_goes_by_its_word_in_the_catalog_and_in_profiles() {
        for kind in HostValues::ALL {
            assert_eq!(HostValues::from_word(kind.word()), Some(kind));
            let word = serde_json::to_value(kind).unwrap();
            assert_eq!(word, kind.word());
        }
    }

    #[test]
    fn what_whmcs_comes_with_is_listed_once_and_in_order() {
        for list in [COUNTRIES, LANGUAGES] {
            assert!(list.is_sorted_by(|one, other| one < other));
        }
        assert_eq!(COUNTRIES.len(), 249);
    }
}
