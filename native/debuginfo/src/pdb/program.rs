//! A PDB with everything that its modules refer to.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use super::address_map::AddressMap;
use super::dbi::{Dbi, Module, Streams, modules};
use super::exports::Exports;
use super::frame_streams::param_sizes;
use super::info::Info;
use super::msf::Msf;
use super::publics::Publics;
use super::search::Search;
use super::sections::Sections;
use super::shared_names::SharedNames;
use super::texts::Texts;
use super::types::Types;
use crate::Error;
use crate::deadline::Deadline;
use crate::present::Present;
use crate::wanted::Wanted;

/// The container with the two streams that say what is in it.
#[derive(Debug)]
pub(super) struct Container<'d> {
    pub(super) msf: Msf<'d>,
    pub(super) info: Info,
    /// `None`: a file of types alone, or one whose stream is damaged.
    pub(super) dbi: Option<Dbi>,
}

impl<'d> Container<'d> {
    /// Read the heads of a file. `present` says which parts of it are there; `None`: all.
    pub(super) fn open(file: &'d [u8], present: Option<&'d Present>) -> Result<Self, Error> {
        let msf = Msf::open(file, present)?;
        let damaged = Error::Damaged { what: "the PDB information stream is cut", offset: 0 };
        let info = Info::of(&msf).ok_or(damaged)?;
        let dbi = Dbi::of(&msf);
        Ok(Self { msf, info, dbi })
    }

    /// Streams that are read at once.
    pub(super) fn buffers(&self) -> Buffers<'_> {
        let modules = self.dbi.map(|dbi| dbi.module_bytes(&self.msf));
        Buffers { modules: modules.unwrap_or_default(), symbols: OnceLock::new() }
    }

    fn symbols(&self) -> Cow<'_, [u8]> {
        let stream = self.dbi.and_then(|dbi| self.msf.stream(dbi.symbols?));
        stream.map(|stream| stream.bytes()).unwrap_or_default()
    }
}

/// Streams that are read at once.
#[derive(Debug)]
pub(super) struct Buffers<'m> {
    modules: Cow<'m, [u8]>,
    /// Global and public symbols, if all are read.
    symbols: OnceLock<Cow<'m, [u8]>>,
}

/// A PDB with everything that its modules refer to.
#[derive(Debug)]
pub(super) struct Program<'m> {
    pub(super) msf: &'m Msf<'m>,
    pub(super) streams: Streams,
    pub(super) sections: Sections,
    /// Paths of source files, and programs of frame data.
    pub(super) strings: Texts<'m>,
    pub(super) types: Types<'m>,
    pub(super) ids: Types<'m>,
    pub(super) modules: Vec<Module<'m>>,
    pub(super) exports: Exports,
    /// Names of inlined functions.
    pub(super) inlined: SharedNames<'m>,
    pub(super) publics: Publics<'m>,
    /// Bytes of parameters by the addresses of functions, read when they are needed.
    param_sizes: OnceLock<Vec<(u64, u32)>>,
    /// Parts of the file that are damaged, and parts that exceed a limit.
    pub(super) broken: u64,
    pub(super) excess: u64,
    /// Until when it may be read.
    pub(super) deadline: Deadline,
}

/// The stream of a module.
#[derive(Debug)]
pub(super) struct ModuleBytes<'m> {
    pub(super) symbols: Cow<'m, [u8]>,
    pub(super) lines: Cow<'m, [u8]>,
}

/// The version of symbols of modules, before the first of them.
const C13: [u8; 4] = [4, 0, 0, 0];

impl<'m> Program<'m> {
    /// Read all but the modules' own streams; if only some addresses are `wanted`, the public symbols that these need.
    ///
    /// # Errors
    /// The addresses in the records are not those of the image; parts of the file are not there; the time is
    /// over.
    pub(super) fn of(
        container: &'m Container<'_>,
        buffers: &'m Buffers<'m>,
        wanted: Option<&Wanted>,
        deadline: Deadline,
    ) -> Result<Self, Error> {
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
        let mut excess = msf.excess();
        for module in &mut modules {
            // A stream belongs to one module. More of them would read the same bytes again.
            if module.stream.is_some_and(|stream| !taken.insert(stream)) {
                module.stream = None;
                excess += 1;
            }
        }
        if msf.is_waiting() {
            return Err(Error::Incomplete);
        }
        // Without a list of contributions, any module may have the code of an address, and all of them are read.
        let map = || AddressMap::of(msf, dbi?.publics, dbi?.symbols);
        let publics =
            wanted.filter(|_| sections.have_owners()).and_then(|wanted| Publics::of(map()?, wanted, &sections));
        let publics = match publics {
            Some(publics) => publics,
            None if msf.is_waiting() => Publics::default(),
            None => Publics::all(buffers.symbols.get_or_init(|| container.symbols()), &sections, deadline),
        };
        deadline.check()?;
        let broken = u64::from(!whole) + u64::from(dbi.is_none()) + u64::from(sections.is_empty());
        Ok(Self {
            msf,
            streams,
            strings: Texts::of(msf, container.info.names),
            types: Types::of(msf, 2),
            ids: Types::of(msf, 4),
            exports: Exports::new(modules.len()),
            inlined: SharedNames::default(),
            publics,
            sections,
            modules,
            param_sizes: OnceLock::new(),
            broken,
            excess,
            deadline,
        })
    }

    /// Whether several public symbols have this address: the linker gave equal functions one.
    pub(super) fn is_folded(&self, address: u64) -> bool {
        self.publics.is_folded(address, &self.sections)
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
        let lines = self.module_lines(module);
        let symbols = stream.range(0, module.symbols)?;
        if !symbols.is_empty() && !symbols.starts_with(&C13) {
            return None;
        }
        Some(ModuleBytes { symbols, lines })
    }

    /// What follows the symbols of a module. Symbols are good without it.
    pub(super) fn module_lines(&self, module: &Module<'_>) -> Cow<'m, [u8]> {
        let lines = || {
            let start = module.symbols.checked_add(module.old_lines)?;
            self.msf.stream(module.stream?)?.range(start, module.lines)
        };
        lines().unwrap_or_default()
    }

    /// The stream of a module by its number, with the symbols of those functions alone that have some of these addresses. `None`:
    /// not all of them are in functions that were found.
    pub(super) fn module_functions(&self, number: u16, wanted: &Wanted) -> Option<ModuleBytes<'m>> {
        let module = self.modules.get(usize::from(number))?;
        let lines = self.module_lines(module);
        let stream = self.msf.stream(module.stream?)?;
        let is_own = |address: &u64| {
            self.sections.owners_before(*address).next().is_some_and(|owner| owner.1 == usize::from(number))
        };
        let addresses: Vec<u64> = wanted.as_slice().iter().copied().filter(is_own).collect();
        let search = Search { stream, end: module.symbols.min(stream.len()), module: number, sections: &self.sections };
        let symbols = search.functions(&addresses).filter(|symbols| symbols.starts_with(&C13))?;
        // Of equal functions that the linker gave one address, the first of all symbols has the name.
        let is_folded = addresses.iter().any(|&address| self.publics.is_folded_at(address));
        (!is_folded).then_some(ModuleBytes { symbols: Cow::Owned(symbols), lines })
    }
}
