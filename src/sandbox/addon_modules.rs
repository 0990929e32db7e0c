//! The add-on modules that are active: those that the setting `ActiveAddonModules` names, with commas.

use super::db::Db;

const SETTING: &str = "ActiveAddonModules";

/// Whether an add-on is active.
pub fn is_active(db: &Db, name: &str) -> rusqlite::Result<bool> {
    Ok(names(db)?.iter().any(|active| active == name))
}

/// Makes an add-on active, or not.
pub fn switch(db: &Db, name: &str, is_on: bool) -> rusqlite::Result<()> {
    let mut names = names(db)?;
    names.retain(|active| active != name);
    if is_on {
        names.push(name.to_owned());
    }
    db.run(
        "UPDATE settings SET value = ?2 WHERE name = ?1",
        [SETTING, &names.join(",")],
    )?;
    Ok(())
}

fn names(db: &Db) -> rusqlite::Result<Vec<String>> {
    let list: Option<String> = db.value("SELECT value FROM settings WHERE name = ?1", [SETTING])?;
    let names = list.unwrap_or_default();
    Ok(names
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect())
}
