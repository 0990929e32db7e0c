//! Files on tickets, replies and notes: taking, telling, giving back.

use serde_json::Value as Json;

use crate::sandbox::call::Call;
use crate::sandbox::php;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};
use crate::sandbox::tree::{Array, Tree};

/// What can hold files, with the table of each.
const HOLDERS: &[(&str, &str)] = &[
    ("ticket", "tickets"),
    ("reply", "ticket_replies"),
    ("note", "ticket_notes"),
];

/// A file that a call sends.
struct File {
    name: String,
    data: Vec<u8>,
}

/// The files of one holder as replies tell them.
pub struct Listed {
    /// Their names on disk with bars between.
    pub joined: String,
    /// Name and index of each.
    pub files: Vec<Fields>,
}

/// Keeps the files in `attachments`: base64 of JSON, an array, or uploads.
pub fn keep(call: &Call, kind: &str, id: i64) -> rusqlite::Result<()> {
    let files = match call.raw("attachments") {
        None => Vec::new(),
        Some(Tree::Text(text)) => from_json(&php::base64_decode(text)),
        Some(Tree::Array(array)) => array
            .iter()
            .filter_map(|(_, file)| uploaded(file))
            .collect(),
    };
    for file in files {
        call.db.insert(
            "ticket_files",
            &[
                ("type", &kind),
                ("relid", &id),
                ("number", &call.db.roll(100_000, 999_999)),
                ("filename", &file.name),
                ("data", &file.data),
            ],
        )?;
    }
    Ok(())
}

/// The files behind JSON: a list, or a map whose values are the list; anything else is none.
fn from_json(bytes: &[u8]) -> Vec<File> {
    let files: Vec<Json> = match serde_json::from_slice(bytes) {
        Ok(Json::Array(files)) => files,
        Ok(Json::Object(files)) => files.into_iter().map(|(_, file)| file).collect(),
        _ => return Vec::new(),
    };
    let text = |file: &Json, name: &str| file.get(name).and_then(Json::as_str).map(str::to_owned);
    files
        .iter()
        .filter_map(|file| {
            let name = text(file, "name").or_else(|| text(file, "filename"));
            File::new(&name?, &text(file, "data")?)
        })
        .collect()
}

fn uploaded(file: &Tree) -> Option<File> {
    let file: &Array = file.array()?;
    let text = |name: &str| file.get_any_case(name).and_then(Tree::text);
    File::new(text("name").or_else(|| text("filename"))?, text("data")?)
}

impl File {
    /// A file by a name without folders or odd characters, unless nothing is left of it.
    fn new(name: &str, data: &str) -> Option<Self> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let keeps = |c: &char| c.is_alphanumeric() || "-_. ".contains(*c);
        let name: String = name.chars().filter(keeps).collect();
        let data = php::base64_decode(data);
        (!name.trim().is_empty()).then_some(Self { name, data })
    }
}

/// The files that a ticket, reply or note has.
pub fn listed(call: &Call, kind: &str, id: i64) -> rusqlite::Result<Listed> {
    let files = call.db.rows(
        "SELECT number, filename FROM ticket_files WHERE type = ?1 AND relid = ?2 ORDER BY id",
        rusqlite::params![kind, id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
    )?;
    let joined: Vec<_> = files
        .iter()
        .map(|(number, name)| format!("{number}_{name}"))
        .collect();
    let told = |(index, (_, name)): (usize, (i64, String))| {
        Fields::default()
            .with("filename", name)
            .with("index", index)
    };
    Ok(Listed {
        joined: joined.join("|"),
        files: files.into_iter().enumerate().map(told).collect(),
    })
}

/// Forgets the files of a ticket, reply or note that goes away.
pub fn forget(call: &Call, kind: &str, id: i64) -> rusqlite::Result<()> {
    call.db.run(
        "DELETE FROM ticket_files WHERE type = ?1 AND relid = ?2",
        rusqlite::params![kind, id],
    )?;
    Ok(())
}

/// Gives the files of one holder to another.
pub fn hand_over(call: &Call, from: (&str, i64), to: (&str, i64)) -> rusqlite::Result<()> {
    call.db.run(
        "UPDATE ticket_files SET type = ?3, relid = ?4 WHERE type = ?1 AND relid = ?2",
        rusqlite::params![from.0, from.1, to.0, to.1],
    )?;
    Ok(())
}

/// One file of a ticket, reply or note.
pub fn get_ticket_attachment(call: &Call) -> Result<Answer, Refusal> {
    call.required("relatedid", "Related ID Required")?;
    let kind = call.text("type").to_ascii_lowercase();
    let Some((kind, table)) = HOLDERS.iter().find(|(known, _)| *known == kind) else {
        return refuse("Invalid Type. Must be one of ticket, reply, note");
    };
    let id = call.existing("relatedid", table, "Related ID Not Found")?;
    call.required("index", "Attachment Index Required")?;
    let files: i64 = call
        .db
        .value(
            "SELECT COUNT(*) FROM ticket_files WHERE type = ?1 AND relid = ?2",
            rusqlite::params![kind, id],
        )?
        .unwrap_or(0);
    if files == 0 {
        return refuse("No Attachments Found");
    }
    let are_removed: Option<bool> = call.db.value(
        &format!("SELECT attachments_removed FROM {table} WHERE id = ?1"),
        [id],
    )?;
    if are_removed == Some(true) {
        return refuse("Attachments Deleted");
    }
    // It is a key of an array: text that is no number is no place in it.
    let index: i64 = call.text("index").trim().parse().unwrap_or(-1);
    if !(0..files).contains(&index) {
        return refuse("Invalid Attachment Index");
    }
    let file = call.db.row(
        "SELECT filename, data FROM ticket_files WHERE type = ?1 AND relid = ?2 ORDER BY id LIMIT 1 OFFSET ?3",
        rusqlite::params![kind, id, index],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)),
    )?;
    let (name, data) = file.unwrap_or_default();
    Ok(Answer::success()
        .with("filename", name)
        .with("data", php::base64_encode(&data)))
}
