//! One call as an action sees it: its parameters, the tables, the clock, the caller.
//!
//! Parameters read as PHP would read them: a missing one is empty, a number is
//! whatever digits the text starts with, and any text but "" and "0" is true, the
//! text "false" included. Asking for a parameter that the catalog does not give
//! the action is a mistake in the action, and stops a debug build.

use std::net::IpAddr;
use std::num::{IntErrorKind, ParseIntError};

use jiff::civil::{Date, DateTime};

use crate::catalog::Action;

use super::clock;
use super::db::Db;
use super::money::Money;
use super::php;
use super::refusal::{Refusal, refuse};
use super::tree::{Array, Tree};

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The administrator the credentials belong to.
    pub admin_id: i64,
    /// The address the request came from.
    pub ip: IpAddr,
}

/// One call of an action.
#[derive(Debug)]
pub struct Call<'a> {
    /// What the catalog knows of the action.
    pub action: &'static Action,
    /// The tables, inside this call's transaction.
    pub db: &'a Db<'a>,
    /// The moment of the call.
    pub now: DateTime,
    /// Who calls.
    pub caller: Caller,
    /// The request's variables, credentials included.
    pub params: &'a Array,
}

impl<'a> Call<'a> {
    /// The parameter as it was sent, whatever its shape.
    pub fn raw(&self, name: &str) -> Option<&'a Tree> {
        debug_assert!(
            self.action.param(name).is_some(),
            "`{}` has no parameter `{name}` in the catalog",
            self.action.name
        );
        self.params.get_any_case(name)
    }

    /// The text of a parameter that was sent, even empty.
    pub fn sent(&self, name: &str) -> Option<&'a str> {
        self.raw(name).and_then(Tree::text)
    }

    /// The text of a parameter, empty when it was not sent.
    pub fn text(&self, name: &str) -> &'a str {
        self.sent(name).unwrap_or_default()
    }

    /// The text of a parameter that is not empty.
    pub fn given(&self, name: &str) -> Option<&'a str> {
        self.sent(name).filter(|text| !text.is_empty())
    }

    /// The number of a parameter that servers take though the reference, and so the catalog, lacks it.
    pub fn undocumented_int(&self, name: &str) -> Option<i64> {
        let text = self.params.get_any_case(name).and_then(Tree::text);
        text.filter(|text| !text.is_empty()).map(intval)
    }

    /// The text of a parameter, or a refusal in WHMCS's words when it is missing or blank.
    pub fn required(&self, name: &str, message: &str) -> Result<&'a str, Refusal> {
        match self.text(name) {
            text if text.trim().is_empty() => refuse(message),
            text => Ok(text),
        }
    }

    /// The number a parameter starts with; zero when there is none.
    pub fn int(&self, name: &str) -> i64 {
        intval(self.text(name))
    }

    /// The number of a parameter that is not empty.
    pub fn given_int(&self, name: &str) -> Option<i64> {
        self.given(name).map(intval)
    }

    /// Whether a parameter is true as PHP sees it.
    pub fn flag(&self, name: &str) -> bool {
        self.sent(name).is_some_and(truth)
    }

    /// The truth of a parameter that was sent, even empty.
    pub fn sent_flag(&self, name: &str) -> Option<bool> {
        self.sent(name).map(truth)
    }

    /// The amount of a parameter that is not empty; text that is no amount is zero.
    pub fn money(&self, name: &str) -> Option<Money> {
        self.given(name)
            .map(|text| text.parse().unwrap_or_default())
    }

    /// The day of a parameter, when it is one.
    pub fn date(&self, name: &str) -> Option<Date> {
        self.given(name)
            .and_then(|text| text.get(..10).unwrap_or(text).parse().ok())
    }

    /// The array of a parameter sent with brackets.
    pub fn array(&self, name: &str) -> Option<&'a Array> {
        self.raw(name).and_then(Tree::array)
    }

    /// The texts of a parameter sent with brackets, or the one text sent without.
    pub fn texts(&self, name: &str) -> Vec<&'a str> {
        match self.raw(name) {
            Some(Tree::Array(array)) => array.texts().collect(),
            Some(Tree::Text(text)) if !text.is_empty() => vec![text],
            _ => Vec::new(),
        }
    }

    /// The ids of a parameter sent with brackets, or as one text with commas.
    pub fn ids(&self, name: &str) -> Vec<i64> {
        self.texts(name)
            .into_iter()
            .flat_map(|text| text.split(','))
            .map(intval)
            .collect()
    }

    /// The array behind a parameter sent as base64 of PHP's `serialize`.
    pub fn serialized(&self, name: &str) -> Option<Array> {
        self.given(name).and_then(unserialized)
    }

    /// The keys of a parameter sent with brackets; text sent without is the element `0`.
    pub fn keys(&self, name: &str) -> Vec<&'a str> {
        match self.raw(name) {
            Some(Tree::Array(array)) => array.iter().map(|(key, _)| key).collect(),
            Some(Tree::Text(text)) if !text.is_empty() => vec!["0"],
            _ => Vec::new(),
        }
    }

    /// The text of one element of a parameter, empty when there is none; as with [`Self::keys`].
    pub fn element(&self, name: &str, key: &str) -> &'a str {
        match self.raw(name) {
            Some(Tree::Array(array)) => array.get(key).and_then(Tree::text).unwrap_or_default(),
            Some(Tree::Text(text)) if key == "0" => text,
            _ => "",
        }
    }

    /// The lines of a parameter sent as `name1`, `name2`, …: number and text.
    pub fn numbered(&self, name: &str) -> Vec<(u32, &'a str)> {
        let mut lines: Vec<(u32, &str)> = self
            .params
            .iter()
            .filter_map(|(key, value)| {
                let (start, number) = key.split_at_checked(name.len())?;
                let number = number.parse().ok()?;
                start
                    .eq_ignore_ascii_case(name)
                    .then_some((number, value.text()?))
            })
            .collect();
        lines.sort_by_key(|(number, _)| *number);
        lines
    }

    /// The id in a parameter, when the table has a record of it; else a refusal in WHMCS's words.
    pub fn existing(&self, name: &str, table: &str, message: &str) -> Result<i64, Refusal> {
        let id = self.int(name);
        if self.db.exists(table, id)? {
            Ok(id)
        } else {
            refuse(message)
        }
    }

    /// Today, `2026-11-23`.
    pub fn today(&self) -> String {
        self.now.date().to_string()
    }

    /// This moment as `MySQL` prints it, `2026-11-23 14:05:00`.
    pub fn moment(&self) -> String {
        clock::spelled(self.now).to_string()
    }
}

/// PHP's `intval`: the number a text starts with, as large as fits, or zero.
pub fn intval(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text
        .bytes()
        .enumerate()
        .take_while(|(at, byte)| byte.is_ascii_digit() || (*at == 0 && matches!(byte, b'-' | b'+')))
        .count();
    text[..digits]
        .parse()
        .unwrap_or_else(|error: ParseIntError| match error.kind() {
            IntErrorKind::PosOverflow => i64::MAX,
            IntErrorKind::NegOverflow => i64::MIN,
            _ => 0,
        })
}

/// PHP's truth of a text.
pub fn truth(text: &str) -> bool {
    !matches!(text, "" | "0")
}

/// The array behind base64 of PHP's `serialize`.
pub fn unserialized(text: &str) -> Option<Array> {
    match php::decode(text)? {
        Tree::Array(array) => Some(array),
        Tree::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{intval, truth};

    #[test]
    fn numbers_and_truth_are_read_as_by_php() {
        for (text, number) in [
            ("12", 12),
            (" 7x", 7),
            ("-3", -3),
            ("x", 0),
            ("", 0),
            ("1.9", 1),
            ("-", 0),
            ("99999999999999999999", i64::MAX),
            ("-99999999999999999999", i64::MIN),
        ] {
            assert_eq!(intval(text), number, "{text}");
        }
        assert!(truth("false") && truth("on") && !truth("0") && !truth(""));
    }
}
