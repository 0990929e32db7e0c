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
    pub closer: Option<CloserEntry>,
}

/// Its second look.
pub(super) struct CloserEntry {
    pub action: String,
    pub send: Vec<(String, String)>,
    pub of: Vec<(String, String)>,
    pub same: Vec<(String, String)>,
    pub at: Option<String>,
}

fn read_closer(mut fields: Reader) -> Result<CloserEntry, String> {
    let entry = CloserEntry {
        action: fields.text("action")?,
        send: fields.pairs("send")?,
        of: fields.pairs("of")?,
        same: fields.pairs("same")?,
        at: fields.maybe_text("at")?,
    };
    if entry.same.is_empty() {
        return Err(fields.complain("`closer` needs `same`: what it shows is compared with that"));
    }
    fields.finish()?;
    Ok(entry)
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
    let closer = fields.table("closer")?.map(read_closer).transpose()?;
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
        closer,
    })
}

fn render_closer(closer: &CloserEntry) -> String {
    let CloserEntry {
        action,
        send,
        of,
        same,
        at,
    } = closer;
    format!(
        "Some(Closer {{ action: {action:?}, send: &{send:?}, of: &{of:?}, same: &{same:?}, at: {at:?} }})"
    )
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
        closer,
    } = find;
    let closer = closer
        .as_ref()
        .map_or_else(|| "None".to_owned(), render_closer);
    format!(
        "Some(Find {{ action: {action:?}, send: &{send:?}, same: &{same:?}, also: &{also:?}, is: &{is:?}, grows: &{grows:?}, any: {any}, with: &{with:?}, \
         at: {at:?}, id: {id:?}, absence: {absence}, closer: {closer}, reply: &{reply:?} }})"
    )
}
