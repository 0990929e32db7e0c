//! The settings that say what of the automation is wanted.

use crate::sandbox::call::intval;
use crate::sandbox::db::Db;

/// The text of a setting; empty when there is none.
pub(super) fn text(db: &Db, name: &str) -> rusqlite::Result<String> {
    let text = db.value("SELECT value FROM settings WHERE name = ?1", [name])?;
    Ok(text.unwrap_or_default())
}

/// Whether a setting is switched on.
pub(super) fn is_on(db: &Db, name: &str) -> rusqlite::Result<bool> {
    Ok(matches!(text(db, name)?.as_str(), "on" | "1"))
}

/// A number of days; zero when there is none.
pub(super) fn days(db: &Db, name: &str) -> rusqlite::Result<i64> {
    Ok(intval(&text(db, name)?).clamp(0, 3650))
}
