//! The zip archive that a newer spreadsheet is, and its parts of XML.
//!
//! A part is read as a stream. What it may unfold to is limited, by how small it is
//! packed and by how long a single text or tag may be: an archive of a few kilobytes
//! can hold gigabytes.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;

use crate::script::sheet::fault::{SheetFault, TooLarge};

/// A part may unfold to that much, however small it is packed.
const FREE: u64 = 64 << 20;
/// Beyond it, a packed byte may unfold to that many.
const RATIO: u64 = 250;
/// The longest text or tag.
const LONGEST: usize = 4 << 20;

/// An open archive.
pub(super) struct Package {
    archive: ZipArchive<BufReader<File>>,
}

impl Package {
    /// Opens the archive in that file.
    pub fn open(file: File) -> Result<Self, SheetFault> {
        let archive = ZipArchive::new(BufReader::new(file))?;
        Ok(Self { archive })
    }

    /// The bytes of a part, if it is there; names are compared as Windows does.
    pub fn part(&mut self, name: &str) -> Result<Option<impl BufRead + '_>, SheetFault> {
        let Some(index) = self.index(name) else {
            return Ok(None);
        };
        let part = self.archive.by_index(index).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(what) if what.contains("assword") => {
                SheetFault::Locked
            }
            error => error.into(),
        })?;
        let limit = part.compressed_size().saturating_mul(RATIO).max(FREE);
        Ok(Some(BufReader::with_capacity(
            1 << 16,
            Limited { part, left: limit },
        )))
    }

    /// A part of XML, which has to be there.
    pub fn xml(&mut self, name: &str) -> Result<Xml<impl BufRead + '_>, SheetFault> {
        let part = self.part(name)?;
        let part = part.ok_or_else(|| SheetFault::damaged(format!("it has no `{name}`")))?;
        Ok(Xml::new(part))
    }

    fn index(&self, name: &str) -> Option<usize> {
        let name = name.trim_start_matches('/');
        self.archive.index_for_name(name).or_else(|| {
            let is_it = |found: &str| found.replace('\\', "/").eq_ignore_ascii_case(name);
            let mut names = self.archive.file_names();
            names.position(|found| found.is_ok_and(|found| is_it(&found)))
        })
    }
}

/// Bytes that end with an error where they become too many.
struct Limited<R> {
    part: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            TooLarge(format!(
                "a part of it unpacks to more than {RATIO} times its size, as in no real \
                 spreadsheet"
            ))
        })?;
        Ok(read)
    }
}

/// A stream of tags and texts.
pub(super) struct Xml<R: BufRead> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
}

impl<R: BufRead> Xml<R> {
    /// Reads XML; an empty tag comes as its beginning and its end.
    pub fn new(part: R) -> Self {
        let mut reader = Reader::from_reader(Metered { part, read: 0 });
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
        }
    }

    /// What comes next; nothing at the end.
    pub fn next(&mut self) -> Result<Option<Event<'_>>, SheetFault> {
        self.buffer.clear();
        self.reader.get_mut().read = 0;
        match self.reader.read_event_into(&mut self.buffer)? {
            Event::Eof => Ok(None),
            event => Ok(Some(event)),
        }
    }
}

/// Bytes of which only so many are read for one tag or text.
struct Metered<R> {
    part: R,
    read: usize,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read > LONGEST {
            let what = format!("it holds a text of more than {} MB", LONGEST >> 20);
            return Err(TooLarge(what).into());
        }
        self.part.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.read += count;
        self.part.consume(count);
    }
}

/// The value of an attribute by its name without a prefix.
pub(super) fn attribute<'t>(tag: &'t BytesStart<'_>, name: &str) -> Option<Cow<'t, str>> {
    let found = tag
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().into_inner() == name)?;
    unescaped(found.value)
}

/// The text of an attribute's value.
pub(super) fn unescaped(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    if !value.contains('&') {
        return Some(value);
    }
    let text = quick_xml::escape::unescape(&value).ok()?;
    Some(text.into_owned().into())
}

/// Whether an attribute says yes.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "1" | "true" | "on")
}

/// Adds the text that an event holds, if it holds any.
pub(super) fn append(text: &mut String, event: &Event<'_>) -> Result<(), SheetFault> {
    match event {
        Event::Text(part) => text.push_str(part),
        Event::CData(part) => text.push_str(part),
        Event::GeneralRef(reference) => text.push(character(reference)?),
        _ => {}
    }
    Ok(())
}

fn character(reference: &BytesRef<'_>) -> Result<char, SheetFault> {
    let name: &str = reference;
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let found = match name {
        "amp" => Some('&'),
        "apos" => Some('\''),
        "gt" => Some('>'),
        "lt" => Some('<'),
        "quot" => Some('"'),
        _ => {
            let code = name.strip_prefix('#');
            let code = code.and_then(|code| match code.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => number(hexadecimal, 16),
                None => number(code, 10),
            });
            code.and_then(char::from_u32)
        }
    };
    found.ok_or_else(|| SheetFault::damaged(format!("`&{name};` means nothing")))
}
