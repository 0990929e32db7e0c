//! Reads `record`: how the record a write changes is read before it.

use super::reader::Reader;

/// A `record` as it is written in the catalog.
pub(super) struct RecordEntry {
    pub action: String,
    pub send: Vec<(String, String)>,
    pub near: Option<(String, String)>,
    pub at: String,
    pub same: Vec<(String, String)>,
    pub fields: Vec<(String, String)>,
    pub unread: Vec<String>,
    pub switches: Vec<String>,
    pub together: Vec<String>,
    pub empties: Option<String>,
    pub restore: Vec<(String, String)>,
}

pub(super) fn read(mut fields: Reader) -> Result<RecordEntry, String> {
    let record = RecordEntry {
        action: fields.text("action")?,
        send: fields.pairs("send")?,
        near: fields.pairs("near")?.into_iter().next(),
        at: fields.maybe_text("at")?.unwrap_or_default(),
        same: fields.pairs("same")?,
        fields: fields.pairs("fields")?,
        unread: fields.texts("unread")?,
        switches: fields.texts("switches")?,
        together: fields.texts("together")?,
        empties: fields.maybe_text("empties")?,
        restore: fields.pairs("restore")?,
    };
    if record.same.is_empty() {
        return Err(fields.complain("`record` needs `same`: what tells the record from others"));
    }
    fields.finish()?;
    Ok(record)
}
