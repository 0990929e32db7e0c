//! What `.xlsx` and `.xlsb` have in common: parts of an archive that point to each other.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::package::{Package, attribute};

/// Where a part points to.
#[derive(Debug)]
pub(super) struct Relation {
    /// The last word of its type, such as `worksheet`.
    pub kind: String,
    /// The name of the part.
    pub target: String,
}

/// The part that describes the workbook, if there is one.
pub(super) fn workbook(package: &mut Package) -> Result<Option<String>, SheetFault> {
    let relations = relations(package, "")?;
    let mut relations = relations.into_values();
    Ok(relations
        .find(|relation| relation.kind == "officeDocument")
        .map(|found| found.target))
}

/// Where the part of that name points to, by the names it uses for it.
pub(super) fn relations(
    package: &mut Package,
    part: &str,
) -> Result<HashMap<String, Relation>, SheetFault> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let path = format!("{folder}/_rels/{name}.rels");
    let mut relations = HashMap::new();
    let Some(bytes) = package.part(&path)? else {
        return Ok(relations);
    };
    let mut xml = super::package::Xml::new(bytes);
    while let Some(event) = xml.next()? {
        let Event::Start(tag) = event else { continue };
        if tag.local_name().into_inner() != "Relationship" {
            continue;
        }
        let value = |name| attribute(&tag, name).unwrap_or_default();
        let kind = value("Type");
        let relation = Relation {
            kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
            target: resolved(folder, &value("Target")),
        };
        relations.insert(value("Id").into_owned(), relation);
    }
    Ok(relations)
}

/// The parts that describe the tables of a sheet.
pub(super) fn tables(package: &mut Package, sheet: &str) -> Result<Vec<String>, SheetFault> {
    let relations = relations(package, sheet)?.into_values();
    let tables = relations.filter(|relation| relation.kind == "table");
    let mut parts: Vec<String> = tables.map(|relation| relation.target).collect();
    parts.sort_unstable();
    Ok(parts)
}

/// The name of a part that is named as seen from a folder.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Texts that many cells share: one after another, and where each ends.
#[derive(Debug, Default)]
pub(super) struct SharedTexts {
    text: String,
    ends: Vec<u32>,
}

/// As much as the shared texts of a workbook may take.
const MOST_TEXT: usize = 256 << 20;

impl SharedTexts {
    /// Adds one.
    pub fn push(&mut self, text: &str) -> Result<(), SheetFault> {
        self.text.push_str(text);
        let size = self.text.len() + self.ends.len() * size_of::<u32>();
        let end = u32::try_from(self.text.len())
            .ok()
            .filter(|_| size <= MOST_TEXT);
        let too_large = || format!("its texts take more than {} MB", MOST_TEXT >> 20);
        self.ends
            .push(end.ok_or_else(|| SheetFault::TooLarge(too_large()))?);
        Ok(())
    }

    /// The one at that place.
    pub fn get(&self, place: usize) -> Result<&str, SheetFault> {
        let end = self.ends.get(place);
        let end =
            end.ok_or_else(|| SheetFault::damaged("a cell has a text that is not in the file"))?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Ok(&self.text[start as usize..*end as usize])
    }
}

/// More looks of cells than any program writes.
const MOST_LOOKS: usize = 1 << 17;

/// Refuses a workbook with too many looks of cells.
pub(super) fn check_looks(count: usize) -> Result<(), SheetFault> {
    if count > MOST_LOOKS {
        return Err(SheetFault::TooLarge(format!(
            "it has more than {MOST_LOOKS} formats of cells"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_from_the_folder_it_is_named_in() {
        assert_eq!(
            resolved("xl", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml"
        );
        assert_eq!(resolved("xl", "/xl/a.xml"), "xl/a.xml");
        assert_eq!(resolved("xl/deep", "../a.xml"), "xl/a.xml");
        assert_eq!(resolved("", "xl/workbook.xml"), "xl/workbook.xml");
    }
}
