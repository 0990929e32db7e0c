//! Days in the order that a server has them written, which its settings say.
//!
//! The setting is read once, where a write has such a day. A day in another order is refused:
//! WHMCS makes another day of it in silence. Where the setting cannot be read, a day as ISO
//! 8601 has it is told of, since few servers are set to that.

use serde_json::Value;

use super::lists::{DayOrder, lock};
use crate::catalog::{self, Action, DayFormat, Format, Param, is_iso_day};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::{Allow, Run};

/// What tells the order.
const READ: &str = "GetConfigurationValue";
/// The setting that has it.
const SETTING: &str = "DateFormat";

impl Run {
    /// Refuses a day that the server would take for another one.
    pub(in crate::run) fn check_days(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(), CallError> {
        let Some(action) = action.known().filter(|_| !self.is_of_earlier_rules()) else {
            return Ok(());
        };
        for (param, text) in localised(action, params) {
            if self.allowed.is_allowed(Allow::parameter(action, param)) {
                continue;
            }
            match self.day_format()? {
                Some(format) if !format.fits(text) => {
                    return Err(misread(action, param, text, format));
                }
                None if is_iso_day(text) => self.tell_of_day(action, param, text),
                _ => {}
            }
        }
        Ok(())
    }

    fn tell_of_day(&self, action: &'static Action, param: &'static Param, text: &str) {
        let is_new = lock(&self.lists.told).insert((action.name, param.name, String::new()));
        if is_new {
            let (what, hint) = may_be_misread(action, param, text);
            self.patience.tell(&format!("{what}; {hint}"));
        }
    }

    /// The order, read once; none where it cannot be read.
    fn day_format(&self) -> Result<Option<DayFormat>, CallError> {
        // Held while it reads: the other rows wait for the one read.
        let mut known = lock(&self.lists.day_format);
        if let DayOrder::Asked(format) = *known {
            return Ok(format);
        }
        let query = Params::from_iter([("setting".to_owned(), SETTING.into())]);
        let reply = self.read_unasked(READ, &query)?;
        let setting = reply.as_ref().and_then(|reply| reply.get("value"));
        let read = setting
            .and_then(Value::as_str)
            .and_then(DayFormat::from_setting);
        *known = DayOrder::Asked(read);
        Ok(read)
    }
}

/// The days of a call that are written in the order of the server.
fn localised<'p>(
    action: &'static Action,
    params: &'p Params,
) -> impl Iterator<Item = (&'static Param, &'p str)> {
    params.iter().filter_map(|(name, value)| {
        let param = catalog::parameter(action, name)?;
        let text = value.as_str().filter(|text| !text.trim().is_empty())?;
        (param.format == Some(Format::Localised)).then_some((param, text))
    })
}

/// What is said of a day as ISO 8601 has it, where nobody knows how the server reads it.
pub fn may_be_misread(action: &Action, param: &Param, text: &str) -> (String, String) {
    let (action, param) = (action.name, param.name);
    (
        format!(
            "`{action}` takes `{param}` in the date format of the server, which is not known here: `{text}` may be taken for another day"
        ),
        "write it as the server's localisation settings have it, such as `today().format(\"%d/%m/%Y\")`".to_owned(),
    )
}

fn misread(
    action: &'static Action,
    param: &'static Param,
    text: &str,
    format: DayFormat,
) -> CallError {
    let what = format!(
        "`{}` takes `{}` in the date format of the server, `{}`, and `{text}` is written otherwise; nothing was sent",
        action.name, param.name, format.name
    );
    let kind = CallErrorKind::Parameter;
    CallError::new(kind, action.name, what, Delivery::NotSent).hint(format!(
        "write it so, such as with `.format(\"{}\")` of a date; `--allow {}` sends it anyway",
        format.format,
        Allow::parameter(action, param)
    ))
}
