//! Split DWARF: the image has a skeleton of a unit, with its lines and the addresses of its code; its entries are in another
//! file, found by an id.

use std::collections::HashMap;

use gimli::{DwarfPackage, DwoId, EndianSlice, LittleEndian, SectionId};

use super::Reader;
use crate::image::{Image, section};

/// The files of an image that have units which it has skeletons of.
pub(super) struct Split<'d> {
    packages: Vec<DwarfPackage<Reader<'d>>>,
    /// Sections of a file by the id of its unit.
    files: HashMap<u64, gimli::Dwarf<Reader<'d>>>,
    /// Packages whose index is damaged.
    pub(super) broken: u64,
}

impl<'d> Split<'d> {
    /// Those of an image.
    pub(super) fn of(image: &'d Image<'_>) -> Self {
        let mut split = Self { packages: Vec::new(), files: HashMap::new(), broken: 0 };
        for file in &image.split {
            let load = |id: SectionId| -> Result<Reader<'d>, gimli::Error> {
                Ok(EndianSlice::new(id.dwo_name().map_or(&[], |name| section(&file.dwarf, name)), LittleEndian))
            };
            match file.id {
                Some(id) => drop(split.files.insert(id, gimli::Dwarf::load(load).unwrap_or_default())),
                None => match DwarfPackage::load(load, Reader::default()) {
                    Ok(package) => split.packages.push(package),
                    Err(_) => split.broken += 1,
                },
            }
        }
        split
    }

    /// The sections with the unit of an id. `parent`: those of the image.
    pub(super) fn find(&self, id: DwoId, parent: &gimli::Dwarf<Reader<'d>>) -> Option<gimli::Dwarf<Reader<'d>>> {
        let file = self.files.get(&id.0).map(|file| {
            let mut dwarf = gimli::Dwarf {
                debug_abbrev: file.debug_abbrev,
                debug_info: file.debug_info,
                debug_str: file.debug_str,
                debug_str_offsets: file.debug_str_offsets,
                ranges: file.ranges,
                ..gimli::Dwarf::default()
            };
            dwarf.make_dwo(parent);
            dwarf
        });
        file.or_else(|| self.packages.iter().find_map(|package| package.find_cu(id, parent).ok().flatten()))
    }
}
