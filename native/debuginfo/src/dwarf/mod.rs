//! DWARF 2 to 5 of any object file: functions, inlined calls, lines.
//!
//! [`units`] lists the units. [`walk`] reads the entries of one into functions and calls, with [`ranges`] for their code and
//! [`name`] for their names; [`rows`] runs its line program; [`unit`] puts these together. Units do not depend on each
//! other, so they are read in parallel. [`source`] and [`split`] are for units in other files than the image. [`unit_map`]
//! says which units have code at some addresses, and so does [`aranges`] where it can.
//!
//! Most entries are of no interest: [`entries`] skips them by the [`shapes`] that abbreviations give them, and reads the
//! [`fields`] of the others. [`line_loop`] runs
//! usual line programs, [`range_list`] reads usual lists of ranges. The grammar of forms, attributes and lists, and of unusual programs, is gimli's.

mod abbreviations;
mod aranges;
mod code;
mod entries;
mod entry_name;
mod fields;
mod files;
mod line_loop;
mod list_scopes;
mod made;
mod name;
mod naming;
mod range_list;
mod ranges;
mod rows;
mod scopes;
mod sequence_starts;
mod shapes;
mod source;
mod split;
mod tables;
mod unit;
mod unit_map;
mod units;
mod walk;

pub(crate) use rows::{NO_FILE, Row};
pub(crate) use unit::{Call, Part, Records, unit_records};
pub(crate) use unit_map::UnitMap;
pub(crate) use units::{Unit, Units, skeletons};

/// Reads a section.
pub(crate) type Reader<'d> = gimli::EndianSlice<'d, gimli::LittleEndian>;
