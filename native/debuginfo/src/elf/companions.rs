//! The other files that an ELF file needs.

use super::headers::Headers;
use super::sections;
use crate::Error;
use crate::companions::{Companion, Companions};
use crate::compressed::Unpacked;
use crate::deadline::Deadline;
use crate::dwarf::skeletons;
use crate::image::{Image, SplitFile};
use crate::limits::{self, Budget};

/// The names of the sections of split DWARF: all that an index may say a part of for a unit, though not all are read.
const SPLIT: [&str; 13] = [
    ".debug_abbrev.dwo",
    ".debug_cu_index",
    ".debug_info.dwo",
    ".debug_line.dwo",
    ".debug_loc.dwo",
    ".debug_loclists.dwo",
    ".debug_macinfo.dwo",
    ".debug_macro.dwo",
    ".debug_rnglists.dwo",
    ".debug_str.dwo",
    ".debug_str_offsets.dwo",
    ".debug_tu_index",
    ".debug_types.dwo",
];
/// The names of the sections that say which files skeletons of units refer to.
const SKELETONS: [&str; 5] = [".debug_abbrev", ".debug_info", ".debug_line_str", ".debug_str", ".debug_str_offsets"];
/// The names of the sections of a shared file.
const SHARED: [&str; 4] = [".debug_abbrev", ".debug_info", ".debug_line_str", ".debug_str"];

/// Which files the debug information refers to.
///
/// # Errors
/// The time is over.
pub(super) fn wanted(headers: &Headers<'_>, deadline: Deadline) -> Result<Vec<Companion>, Error> {
    let mut wanted: Vec<Companion> = shared(headers).into_iter().collect();
    wanted.extend(linked(headers));
    // The addresses of split units are in this section of the image. Other images need no look at their units.
    if !headers.is_little || has_package(headers) || headers.section(b".debug_addr").is_none() {
        return Ok(wanted);
    }
    let mut image = Image { size: headers.bytes.len() as u64, deadline, ..Image::default() };
    let mut budget = Budget::new(limits::decompressed(image.size));
    for name in SKELETONS {
        deadline.check()?;
        if let Some(Unpacked::Whole(bytes)) = sections::contents(headers, name, &mut budget) {
            image.dwarf.push((name, bytes));
        }
    }
    let split = skeletons(&image);
    deadline.check()?;
    if !split.is_empty() {
        wanted.push(Companion::Package);
        wanted.extend(split.into_iter().map(|(path, id)| Companion::Split { path, id }));
    }
    Ok(wanted)
}

/// What `.gnu_debugaltlink` says: a path, and after its zero byte the build id.
fn shared(headers: &Headers<'_>) -> Option<Companion> {
    let link = headers.data(headers.section(b".gnu_debugaltlink")?)?;
    let end = memchr::memchr(0, link)?;
    let (path, build_id) = (link.get(..end)?.to_vec(), link.get(end + 1..)?.to_vec());
    (!build_id.is_empty()).then_some(Companion::Shared { path, build_id })
}

/// What `.gnu_debuglink` says, for a file that has neither debug information nor a build id.
pub(super) fn linked(headers: &Headers<'_>) -> Option<Companion> {
    let has_dwarf = [b".debug_info".as_slice(), b".zdebug_info"].iter().any(|name| headers.section(name).is_some());
    if has_dwarf || headers.build_id.is_some() || !headers.is_little {
        return None;
    }
    Companion::linked(headers.data(headers.section(b".gnu_debuglink")?)?)
}

/// Whether split units are in the file itself: debug files of some build systems have the package in them.
fn has_package(headers: &Headers<'_>) -> bool {
    headers.section(b".debug_cu_index").is_some()
}

/// Add the sections of companions to an image; some of them, if the time is over.
pub(super) fn join<'d>(
    headers: &Headers<'d>,
    companions: &Companions<'d>,
    image: &mut Image<'d>,
    budget: &mut Budget,
    deadline: Deadline,
) {
    let mut take = |headers: &Headers<'d>, names: &[&'static str], image: &mut Image<'d>| {
        let mut found = Vec::new();
        for name in names.iter().filter(|_| !deadline.is_over()) {
            match sections::contents(headers, name, budget) {
                Some(Unpacked::Whole(bytes)) if !bytes.is_empty() => found.push((*name, bytes)),
                Some(Unpacked::Whole(_)) | None => {}
                Some(Unpacked::Damaged) => image.broken += 1,
                Some(Unpacked::TooLong) => image.excess += 1,
            }
        }
        found
    };
    if has_package(headers) {
        let dwarf = take(headers, &SPLIT, image);
        image.split.push(SplitFile { id: None, dwarf });
    }
    for (companion, bytes) in companions.iter() {
        let Ok(other) = Headers::read(bytes).map_err(|_: Error| image.broken += 1) else { continue };
        match companion {
            Companion::Package => {
                let dwarf = take(&other, &SPLIT, image);
                image.split.push(SplitFile { id: None, dwarf });
            }
            Companion::Split { id, .. } => {
                let dwarf = take(&other, &SPLIT, image);
                image.split.push(SplitFile { id: Some(*id), dwarf });
            }
            Companion::Shared { build_id, .. } if other.build_id == Some(build_id.as_slice()) => {
                image.shared = take(&other, &SHARED, image);
            }
            // Another file of that name.
            Companion::Shared { .. } | Companion::Linked { .. } | Companion::Object { .. } => {}
        }
    }
    if shared(headers).is_some() && image.shared.is_empty() {
        image.missing += 1;
    }
}
