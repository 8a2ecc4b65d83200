//! One image that a writer listed as several modules.
//!
//! Linkers leave holes between the segments of an ELF file, and writers that join only neighbouring mappings list each
//! side of a hole as a module of its own: the first without an id, or the second at an address that is not where the
//! image begins (minidump-writer, with Firefox on 64-bit ARM). Offsets from such a base name wrong functions. The maps
//! of Linux in the same dump say where the image begins: at the mapping of its file that has offset zero.

use std::collections::{HashMap, HashSet};

use crate::streams::linux_maps::MapEntry;
use crate::streams::modules::Module;

/// The largest image, from its first mapping to its last.
const MAX_IMAGE: u64 = 1 << 32;

/// An image by the maps: mappings of one file in a row, the first of them with offset zero.
struct Image<'a> {
    start: u64,
    end: u64,
    file: &'a [u8],
}

/// Join the modules that are pieces of one image.
pub(crate) fn join(modules: &mut Vec<Module>, maps: &[MapEntry<'_>]) {
    if maps.is_empty() {
        return;
    }
    let mut names = HashSet::with_capacity(modules.len());
    if modules.iter().all(|module| names.insert(module.name.as_str())) {
        return;
    }
    let images = images(maps);
    let image_of = |module: &Module| {
        let after = images.partition_point(|image| image.start <= module.base);
        let image = images.get(after.checked_sub(1)?)?;
        (module.base < image.end && file_name(module.name.as_bytes()) == image.file).then_some(image)
    };
    // Where the image of a retained module begins, and the module's position.
    let mut kept: HashMap<u64, usize> = HashMap::new();
    let mut joined: Vec<Module> = Vec::with_capacity(modules.len());
    for mut module in modules.drain(..) {
        let Some(image) = image_of(&module) else {
            joined.push(module);
            continue;
        };
        let first = kept.get(&image.start).copied();
        let piece_of = first.and_then(|at| joined.get_mut(at)).filter(|first| is_same_build(first, &module));
        if let Some(first) = piece_of {
            let end = first.end().max(module.end());
            if first.debug_id.is_none() {
                first.debug_file = module.debug_file.take();
                first.debug_id = module.debug_id;
                first.code_id = module.code_id.take();
            }
            first.base = image.start;
            first.size = end - image.start;
            continue;
        }
        if first.is_none() {
            kept.insert(image.start, joined.len());
            module.size = module.end() - image.start;
            module.base = image.start;
        }
        joined.push(module);
    }
    *modules = joined;
}

/// Whether nothing says that two modules are of different files.
fn is_same_build(a: &Module, b: &Module) -> bool {
    a.debug_id.is_none() || b.debug_id.is_none() || a.debug_id == b.debug_id
}

/// A path without what Linux adds to the name of a file that was removed.
fn file_name(path: &[u8]) -> &[u8] {
    path.strip_suffix(b" (deleted)").unwrap_or(path)
}

/// Images by the maps, sorted by address. Between the mappings of one lie no mappings of other files.
fn images<'a>(maps: &[MapEntry<'a>]) -> Vec<Image<'a>> {
    let mut images: Vec<Image<'_>> = Vec::new();
    let mut current: Option<(Image<'_>, u64)> = None;
    for entry in maps.iter().filter(|entry| entry.name.starts_with(b"/")) {
        let file = file_name(entry.name);
        match &mut current {
            Some((image, offset)) if image.file == file && is_next(image, *offset, entry) => {
                image.end = entry.end;
                *offset = entry.offset;
            }
            _ => {
                images.extend(current.take().map(|(image, _)| image));
                if entry.offset == 0 {
                    current = Some((Image { start: entry.start, end: entry.end, file }, 0));
                }
            }
        }
    }
    images.extend(current.map(|(image, _)| image));
    images.sort_by_key(|image| image.start);
    images
}

/// Whether a mapping goes on with an image: farther on in memory and, by its offset, no farther in the file.
fn is_next(image: &Image<'_>, offset: u64, entry: &MapEntry<'_>) -> bool {
    let distance = entry.start.wrapping_sub(image.start);
    // A file that is mapped anew begins at its first byte. (A first page may be mapped twice, but not as the image's
    // end.)
    let goes_on = entry.offset > offset || (entry.offset == offset && entry.start == image.end && offset != 0);
    entry.start >= image.end && entry.end > entry.start && distance < MAX_IMAGE && goes_on && entry.offset <= distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::linux_maps::Maps;
    use vocabulary::DebugId;

    const MAPS: &[u8] = b"5590b80000-5590ba0000 r--p 00000000 08:02 7   /usr/lib/app\n\
        5590baf000-5590c13000 r-xp 0001f000 08:02 7   /usr/lib/app\n\
        5590c22000-5590c25000 r--p 00082000 08:02 7   /usr/lib/app\n\
        5590c25000-5590c26000 rw-p 00000000 00:00 0 \n\
        7f00000000-7f00001000 r--p 00000000 08:02 8   /usr/lib/other.so\n\
        7f00001000-7f00002000 r-xp 00001000 08:02 8   /usr/lib/other.so\n";

    fn module(base: u64, size: u64, name: &str, id: Option<u8>) -> Module {
        let debug_id = id.and_then(|id| DebugId::parse(&format!("{id:032X}0")));
        Module { base, size, name: name.to_owned(), debug_id, ..Module::default() }
    }

    fn joined(mut modules: Vec<Module>) -> Vec<(u64, u64, bool)> {
        join(&mut modules, &Maps::of(MAPS).entries);
        modules.iter().map(|m| (m.base, m.end(), m.debug_id.is_some())).collect()
    }

    #[test]
    fn two_pieces_become_one_module() {
        let whole = [(0x55_90b8_0000, 0x55_90c3_5000, true)];
        let first = |id| module(0x55_90b8_0000, 0x2_0000, "/usr/lib/app", id);
        let second = |id| module(0x55_90ba_f000, 0x8_6000, "/usr/lib/app", id);
        assert_eq!(joined(vec![first(None), second(Some(7))]), whole);
        assert_eq!(joined(vec![first(Some(7)), second(None)]), whole);
        assert_eq!(joined(vec![second(Some(7)), first(None)]), whole);
    }

    #[test]
    fn what_the_maps_do_not_prove_stays() {
        let two = vec![
            module(0x55_90b8_0000, 0x2_0000, "/usr/lib/app", Some(7)),
            module(0x55_90ba_f000, 0x8_6000, "/usr/lib/app", Some(8)),
        ];
        assert_eq!(joined(two).len(), 2, "other builds");
        let names = vec![
            module(0x55_90b8_0000, 0x2_0000, "/usr/lib/app", None),
            module(0x55_90ba_f000, 0x8_6000, "/usr/lib/app2", Some(8)),
        ];
        assert_eq!(joined(names).len(), 2, "other files");
        let elsewhere = vec![module(0x1000, 0x1000, "/usr/lib/app", Some(7))];
        assert_eq!(joined(elsewhere), [(0x1000, 0x2000, true)]);
        let other = vec![module(0x7f_0000_0000, 0x2000, "/usr/lib/other.so", Some(9))];
        assert_eq!(joined(other), [(0x7f_0000_0000, 0x7f_0000_2000, true)]);
    }

    #[test]
    fn a_library_inside_of_an_archive_keeps_its_base() {
        let maps = b"7f00000000-7f00001000 r--p 00000000 08:02 8   /data/base.apk\n\
            7f10000000-7f10001000 r--p 00200000 08:02 8   /data/base.apk\n\
            7f10001000-7f10002000 r-xp 00201000 08:02 8   /data/base.apk\n";
        let mut modules = vec![module(0x7f_1000_0000, 0x2000, "/data/base.apk", Some(7))];
        join(&mut modules, &Maps::of(maps).entries);
        assert_eq!((modules[0].base, modules[0].size), (0x7f_1000_0000, 0x2000));
    }
}
