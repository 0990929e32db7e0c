//! Reads `find`: how a write is looked for whose reply was lost.

use super::reader::Reader;

/// A `find` as it is written in the catalog.
pub(super) struct FindEntry {
    pub action: String,
    pub send: Vec<(String, String)>,
    pub same: Vec<(String, String)>,
    pub also: Vec<(String, String)>,
    pub is: Vec<(String, String)>,
    pub grows: Vec<(String, String)>,
    pub any: bool,
    pub with: Vec<(String, String)>,
    pub at: Option<String>,
    pub id: String,
    pub absence: bool,
    pub reply: Vec<(String, String)>,
}

pub(super) fn read(mut fields: Reader) -> Result<FindEntry, String> {
    let action = fields.text("action")?;
    let (send, same, also, reply) = (
        fields.pairs("send")?,
        fields.pairs("same")?,
        fields.pairs("also")?,
        fields.pairs("reply")?,
    );
    let (is, any) = (
        fields.pairs("is")?,
        fields.maybe_flag("any")?.unwrap_or(false),
    );
    let grows = fields.pairs("grows")?;
    let (with, at) = (fields.pairs("with")?, fields.maybe_text("at")?);
    let absence = fields.maybe_flag("absence")?.unwrap_or(true);
    let id = fields.maybe_text("id")?.unwrap_or_else(|| "id".to_owned());
    if same.is_empty() && also.is_empty() {
        return Err(
            fields.complain("`find` needs `same` or `also`: without them any record would do")
        );
    }
    fields.finish()?;
    Ok(FindEntry {
        action,
        send,
        same,
        also,
        is,
        grows,
        any,
        with,
        at,
        id,
        absence,
        reply,
    })
}

/// The Rust of an action's `find`.
pub(super) fn render(find: &FindEntry) -> String {
    let FindEntry {
        action,
        send,
        same,
        also,
        is,
        grows,
        any,
        with,
        at,
        id,
        absence,
        reply,
    } = find;
    format!(
        "Some(Find {{ action: {action:?}, send: &{send:?}, same: &{same:?}, also: &{also:?}, is: &{is:?}, grows: &{grows:?}, any: {any}, with: &{with:?}, \
         at: {at:?}, id: {id:?}, absence: {absence}, reply: &{reply:?} }})"
    )
}
