//! The file system in a file that Excel's older workbooks, and locked ones, are: [MS-CFB].

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::records::{Bytes, utf_16};

/// No sector from here on: an end, a free one, or one of the table itself.
const NO_SECTOR: u32 = 0xFFFF_FFFA;
/// Streams below that size are kept in small sectors.
const SMALL: u64 = 4096;
/// The size of a small sector.
const SMALL_SECTOR: usize = 64;
/// The largest stream that is read.
const LARGEST: u64 = 1 << 30;

/// An open file of streams.
pub(super) struct Compound {
    file: File,
    length: u64,
    sector: usize,
    /// The sector after each.
    next: Vec<u32>,
    next_small: Vec<u32>,
    streams: Vec<Stream>,
}

#[derive(Clone)]
struct Stream {
    name: String,
    first: u32,
    size: u64,
    is_root: bool,
}

impl Compound {
    /// Opens the file and reads its table of streams.
    pub fn open(mut file: File) -> Result<Self, SheetFault> {
        let length = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        let mut head = [0; 512];
        file.read_exact(&mut head)?;
        let mut fields = Bytes::new(&head);
        fields.skip(30)?;
        let shift = fields.u16()?;
        if shift != 9 && shift != 12 {
            return Err(SheetFault::damaged("its sectors are of an unknown size"));
        }
        fields.skip(16)?;
        let directory = fields.u32()?;
        fields.skip(8)?;
        let small_table = fields.u32()?;
        fields.skip(4)?;
        let (mut table_part, _) = (fields.u32()?, fields.u32()?);
        let mut compound = Self {
            file,
            length,
            sector: 1 << shift,
            next: Vec::new(),
            next_small: Vec::new(),
            streams: Vec::new(),
        };
        let mut tables = numbers(fields.rest());
        // Tables that have no room in the head are listed in sectors of their own.
        while table_part < NO_SECTOR && tables.len() < compound.sectors() {
            let mut more = numbers(&compound.bytes(table_part)?);
            table_part = more.pop().unwrap_or(NO_SECTOR);
            tables.extend(more);
        }
        for table in tables.into_iter().filter(|table| *table < NO_SECTOR) {
            if compound.next.len() > compound.sectors() {
                break;
            }
            let part = numbers(&compound.bytes(table)?);
            compound.next.extend(part);
        }
        compound.next_small = numbers(&compound.chain(small_table, None)?);
        let directory = compound.chain(directory, None)?;
        compound.streams = directory
            .chunks_exact(128)
            .map(stream)
            .collect::<Result<_, _>>()?;
        Ok(compound)
    }

    /// Whether there is a stream of that name.
    pub fn has(&self, name: &str) -> bool {
        self.streams.iter().any(|stream| stream.name == name)
    }

    /// The bytes of the stream of that name.
    pub fn stream(&mut self, name: &str) -> Result<Option<Vec<u8>>, SheetFault> {
        let found = self.streams.iter().find(|stream| stream.name == name);
        let Some(Stream { first, size, .. }) = found.cloned() else {
            return Ok(None);
        };
        if size > LARGEST {
            return Err(SheetFault::TooLarge(format!(
                "it is larger than {} GB",
                LARGEST >> 30
            )));
        }
        if size >= SMALL {
            return self.chain(first, Some(size)).map(Some);
        }
        let root = self.streams.iter().find(|stream| stream.is_root);
        let root = root.map_or(NO_SECTOR, |root| root.first);
        let small = self.chain(root, None)?;
        let (mut bytes, mut at) = (Vec::new(), first);
        while at < NO_SECTOR && (bytes.len() as u64) < size {
            let start = at as usize * SMALL_SECTOR;
            let sector = small.get(start..start + SMALL_SECTOR);
            bytes.extend_from_slice(sector.ok_or_else(cut_off)?);
            at = *self.next_small.get(at as usize).ok_or_else(cut_off)?;
        }
        Self::truncated(bytes, size).map(Some)
    }

    fn truncated(mut bytes: Vec<u8>, size: u64) -> Result<Vec<u8>, SheetFault> {
        if (bytes.len() as u64) < size {
            return Err(cut_off());
        }
        bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// How many sectors the file has room for.
    fn sectors(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX) / self.sector + 1
    }

    /// The bytes of a sector and those after it.
    fn chain(&mut self, first: u32, size: Option<u64>) -> Result<Vec<u8>, SheetFault> {
        let (mut bytes, mut at) = (Vec::new(), first);
        for _ in 0..self.sectors() {
            if at >= NO_SECTOR || size.is_some_and(|size| bytes.len() as u64 >= size) {
                break;
            }
            bytes.extend(self.bytes(at)?);
            at = *self.next.get(at as usize).ok_or_else(cut_off)?;
        }
        match size {
            Some(size) => Self::truncated(bytes, size),
            None => Ok(bytes),
        }
    }

    /// The bytes of a sector; the last of a file may be short.
    fn bytes(&mut self, sector: u32) -> Result<Vec<u8>, SheetFault> {
        let start = (u64::from(sector) + 1) * self.sector as u64;
        if start >= self.length {
            return Err(cut_off());
        }
        self.file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::with_capacity(self.sector);
        let file = self.file.by_ref();
        file.take(self.sector as u64).read_to_end(&mut bytes)?;
        bytes.resize(self.sector, 0);
        Ok(bytes)
    }
}

fn cut_off() -> SheetFault {
    SheetFault::damaged("it is cut off")
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers
        .iter()
        .map(|bytes| u32::from_le_bytes(*bytes))
        .collect()
}

fn stream(entry: &[u8]) -> Result<Stream, SheetFault> {
    let mut fields = Bytes::new(entry);
    let name = fields.take(64)?;
    let length = usize::from(fields.u16()?).saturating_sub(2).min(name.len());
    let kind = fields.u8()?;
    fields.skip(49)?;
    let first = fields.u32()?;
    let size = u64::from(fields.u32()?);
    Ok(Stream {
        name: utf_16(&name[..length]),
        first,
        size,
        is_root: kind == 5,
    })
}
