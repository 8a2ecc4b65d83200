//! A PDB with everything that its modules refer to.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use super::dbi::{Dbi, Module, Streams, modules};
use super::exports::Exports;
use super::frame_streams::param_sizes;
use super::info::Info;
use super::msf::Msf;
use super::publics::{Public, publics};
use super::sections::Sections;
use super::types::Types;
use crate::Error;
use crate::strings::Strings;

/// The container with the two streams that say what is in it.
#[derive(Debug)]
pub(super) struct Container<'d> {
    pub(super) msf: Msf<'d>,
    pub(super) info: Info,
    /// `None`: a file of types alone, or one whose stream is damaged.
    pub(super) dbi: Option<Dbi>,
}

impl<'d> Container<'d> {
    /// Read the heads of a file.
    pub(super) fn open(file: &'d [u8]) -> Result<Self, Error> {
        let msf = Msf::open(file)?;
        let damaged = Error::Damaged { what: "the PDB information stream is cut", offset: 0 };
        let info = Info::of(&msf).ok_or(damaged)?;
        let dbi = Dbi::of(&msf);
        Ok(Self { msf, info, dbi })
    }

    /// Streams that are read at once.
    pub(super) fn buffers(&self) -> Buffers<'_> {
        let strings = self.info.names.and_then(|number| self.msf.stream(number)).map(|stream| stream.bytes());
        let modules = self.dbi.map(|dbi| dbi.module_bytes(&self.msf));
        let symbols = self.dbi.and_then(|dbi| self.msf.stream(dbi.symbols?)).map(|stream| stream.bytes());
        Buffers {
            strings: strings.unwrap_or_default(),
            modules: modules.unwrap_or_default(),
            symbols: symbols.unwrap_or_default(),
        }
    }
}

/// Streams that are read at once.
#[derive(Debug)]
pub(super) struct Buffers<'m> {
    strings: Cow<'m, [u8]>,
    modules: Cow<'m, [u8]>,
    /// Global and public symbols.
    symbols: Cow<'m, [u8]>,
}

/// A PDB with everything that its modules refer to.
#[derive(Debug)]
pub(super) struct Program<'m> {
    pub(super) msf: &'m Msf<'m>,
    pub(super) streams: Streams,
    pub(super) sections: Sections,
    /// Paths of source files, and programs of frame data.
    pub(super) strings: Strings<'m>,
    pub(super) types: Types<'m>,
    pub(super) ids: Types<'m>,
    pub(super) modules: Vec<Module<'m>>,
    pub(super) exports: Exports,
    /// Public symbols of code, by address.
    pub(super) publics: Vec<Public<'m>>,
    /// Bytes of parameters by the addresses of functions, read when they are needed.
    param_sizes: OnceLock<Vec<(u64, u32)>>,
    /// Parts of the file that are damaged, and parts that exceed a limit.
    pub(super) broken: u64,
    pub(super) excess: u64,
}

/// The stream of a module.
#[derive(Debug)]
pub(super) struct ModuleBytes<'m> {
    pub(super) symbols: Cow<'m, [u8]>,
    pub(super) lines: Cow<'m, [u8]>,
}

/// Bytes of the head of the table of strings: a magic number, a version, the length.
const STRINGS: usize = 12;
/// The version of symbols of modules, before the first of them.
const C13: [u8; 4] = [4, 0, 0, 0];

impl<'m> Program<'m> {
    /// Read all but the modules' own streams.
    ///
    /// # Errors
    /// The addresses in the records are not those of the image.
    pub(super) fn of(container: &'m Container<'_>, buffers: &'m Buffers<'m>) -> Result<Self, Error> {
        let msf = &container.msf;
        let dbi = container.dbi;
        let streams = dbi.map(|dbi| dbi.streams(msf)).unwrap_or_default();
        if streams.omap.and_then(|stream| msf.stream(stream)).is_some_and(|stream| stream.len() > 0) {
            return Err(Error::Unsupported("the PDB has the addresses of code before it was rearranged (OMAP)"));
        }
        let contributions = dbi.map(|dbi| dbi.contributions(msf)).unwrap_or_default();
        let sections = Sections::of(msf, streams.sections, contributions);
        let (mut modules, whole) = modules(&buffers.modules);
        let mut taken = HashSet::new();
        let mut excess = msf.excess;
        for module in &mut modules {
            // A stream belongs to one module. More of them would read the same bytes again.
            if module.stream.is_some_and(|stream| !taken.insert(stream)) {
                module.stream = None;
                excess += 1;
            }
        }
        let broken = u64::from(!whole) + u64::from(dbi.is_none()) + u64::from(sections.is_empty());
        Ok(Self {
            msf,
            streams,
            strings: Strings::new(buffers.strings.get(STRINGS..).unwrap_or_default()),
            types: Types::of(msf, 2),
            ids: Types::of(msf, 4),
            exports: Exports::new(modules.len()),
            publics: publics(&buffers.symbols, &sections),
            sections,
            modules,
            param_sizes: OnceLock::new(),
            broken,
            excess,
        })
    }

    /// Whether several public symbols have this address: the linker gave equal functions one.
    pub(super) fn is_folded(&self, address: u64) -> bool {
        let found = self.publics.binary_search_by_key(&address, |public| public.address);
        found.ok().and_then(|at| self.publics.get(at)).is_some_and(|public| public.is_folded)
    }

    /// Bytes of parameters on the stack of the function at an address, as frame data of x86 says; 0 if there is none.
    pub(super) fn param_size(&self, address: u64) -> u32 {
        let sizes = self.param_sizes.get_or_init(|| param_sizes(self.msf, self.streams));
        let found = sizes.binary_search_by_key(&address, |size| size.0).ok();
        found.and_then(|at| sizes.get(at)).map_or(0, |size| size.1)
    }

    /// The stream of a module; `None`: it has none, or one that is damaged.
    pub(super) fn module_bytes(&self, module: &Module<'_>) -> Option<ModuleBytes<'m>> {
        let stream = self.msf.stream(module.stream?)?;
        let symbols = stream.range(0, module.symbols)?;
        if !symbols.is_empty() && !symbols.starts_with(&C13) {
            return None;
        }
        let lines = module.symbols.checked_add(module.old_lines)?;
        // Symbols are good without lines.
        Some(ModuleBytes { symbols, lines: stream.range(lines, module.lines).unwrap_or_default() })
    }
}
