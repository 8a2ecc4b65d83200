//! The debug map: what the symbol table of an image says about the object files it was linked from, which kept their debug
//! information.
//!
//! For each object file there is an entry `N_OSO` with its path, followed by two entries `N_FUN` for each function in it: the
//! name with the address that the linker gave it, and the size.

use std::collections::HashMap;

use object::LittleEndian;
use object::macho::{self, SymtabCommand};
use object::read::macho::{MachHeader, Nlist as _};

use crate::companions::Companion;
use crate::limits;
use crate::strings::Strings;

/// An object file and its functions.
#[derive(Debug)]
pub(super) struct Entry<'d> {
    pub(super) companion: Companion,
    pub(super) functions: Vec<Linked<'d>>,
}

/// A function where the linker put it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linked<'d> {
    pub(super) name: &'d [u8],
    /// Its address in the image, as the file states it.
    pub(super) address: u64,
    pub(super) size: u64,
}

/// The object files of an image, each once.
pub(super) fn entries<'d, Mach: MachHeader<Endian = LittleEndian>>(
    command: &SymtabCommand<LittleEndian>,
    slice: &'d [u8],
) -> Vec<Entry<'d>> {
    let table = command.symbols::<Mach, _>(LittleEndian, slice).ok();
    let strings = strings(command, slice);
    let Some((table, strings)) = table.zip(strings) else { return Vec::new() };
    let mut entries: Vec<Entry<'d>> = Vec::new();
    let mut known = HashMap::new();
    let mut current: Option<usize> = None;
    let mut begun: Option<(&[u8], u64)> = None;
    for stab in table.iter().filter(|entry| entry.n_type().is_stab()) {
        let name = usize::try_from(stab.n_strx(LittleEndian)).ok().and_then(|at| strings.at(at)).unwrap_or_default();
        let value: u64 = stab.n_value(LittleEndian).into();
        match stab.n_type().stab() {
            Some(macho::N_OSO) => {
                begun = None;
                current = (!name.is_empty() && name.len() <= limits::PATH).then(|| {
                    *known.entry(name).or_insert_with(|| {
                        entries.push(Entry { companion: companion(name), functions: Vec::new() });
                        entries.len() - 1
                    })
                });
            }
            // An empty name ends the file.
            Some(macho::N_SO) if name.is_empty() => current = None,
            Some(macho::N_FUN) if !name.is_empty() => begun = Some((name, value)),
            Some(macho::N_FUN) => {
                if let (Some((name, address)), Some(entry)) = (begun.take(), current.and_then(|at| entries.get_mut(at)))
                {
                    entry.functions.push(Linked { name, address, size: value });
                }
            }
            _ => {}
        }
    }
    entries
}

/// The strings of a symbol table.
pub(super) fn strings<'d>(command: &SymtabCommand<LittleEndian>, slice: &'d [u8]) -> Option<Strings<'d>> {
    let first = usize::try_from(command.stroff.get(LittleEndian)).ok()?;
    Some(Strings::new(slice.get(first..)?.get(..usize::try_from(command.strsize.get(LittleEndian)).ok()?)?))
}

/// `/path/main.o`, or `/path/libx.a(main.o)`.
fn companion(name: &[u8]) -> Companion {
    let in_archive = name.strip_suffix(b")").and_then(|rest| {
        let open = memchr::memrchr(b'(', rest)?;
        Some((rest.get(..open)?, rest.get(open + 1..)?))
    });
    let (path, member) = in_archive.map_or((name, None), |(path, member)| (path, Some(member.to_vec())));
    Companion::Object { path: path.to_vec(), member }
}
