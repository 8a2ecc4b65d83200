//! `PartialPdb`: a PDB on a server, of which only the parts that some answers need are fetched.

use std::sync::{Mutex, MutexGuard, PoisonError};

use debuginfo::formats::Given;
use debuginfo::image::Build;
use debuginfo::pdb::{Part, Pdb};
use debuginfo::present::Present;
use debuginfo::{Deadline, Wanted};
use memmap2::{MmapMut, MmapOptions};
use pyo3::prelude::*;
use symbols::index::Content;
use symbols::{SymbolIndex, SymbolMap};

use crate::addresses::Addresses;
use crate::deadline::in_seconds;
use crate::detach::detached;
use crate::error::Error;
use crate::symbol_file::SymbolFile;

/// A PDB of which only some parts are there.
#[pyclass(module = "symbolicate._native", frozen)]
pub(crate) struct PartialPdb {
    name: String,
    with_rules: bool,
    parts: Mutex<Parts>,
}

/// The parts of a file that are there.
struct Parts {
    /// As large as the file; only what came takes memory.
    bytes: MmapMut,
    present: Present,
    build: Option<Build>,
}

#[pymethods]
impl PartialPdb {
    #[new]
    #[pyo3(signature = (size, name, with_rules = false))]
    fn new(size: u64, name: String, with_rules: bool) -> Result<Self, Error> {
        let length =
            usize::try_from(size).map_err(|_| Error::Argument("a file of more bytes than memory".to_owned()))?;
        let map = MmapOptions::new().len(length.max(1)).no_reserve_swap().map_anon();
        let bytes = map.map_err(|source| Error::Io { path: name.clone(), source })?;
        Ok(Self { name, with_rules, parts: Mutex::new(Parts { bytes, present: Present::new(size), build: None }) })
    }

    /// Bytes of the whole file.
    #[getter]
    fn size(&self) -> u64 {
        self.parts().present.size()
    }

    /// Bytes that are there.
    #[getter]
    fn bytes_present(&self) -> u64 {
        self.parts().present.bytes()
    }

    /// The id; `None` as long as the parts that have it are not there.
    #[getter]
    fn debug_id(&self) -> Option<String> {
        Some(self.parts().build.as_ref()?.debug_id?.to_string())
    }

    /// Ranges of the file that are needed next, as (offset, length), in the order of the file.
    #[pyo3(signature = (addresses = None, seconds = None))]
    fn needed(
        &self,
        py: Python<'_>,
        addresses: Option<Addresses>,
        seconds: Option<f64>,
    ) -> Result<Vec<(u64, u64)>, Error> {
        let wanted = addresses.map(|addresses| self.wanted(addresses));
        detached(py, || {
            let needs = match self.read(wanted.as_ref(), in_seconds(seconds))? {
                Part::Needs(ranges) => ranges,
                Part::Is(_) => Vec::new(),
            };
            Ok(needs.into_iter().map(|range| (range.start, range.end - range.start)).collect())
        })
    }

    /// Bytes of the file came.
    fn provided(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut parts = self.parts();
        let beyond = || Error::Argument("bytes after the end of the file".to_owned());
        let end =
            offset.checked_add(data.len() as u64).filter(|&end| end <= parts.present.size()).ok_or_else(beyond)?;
        let range = usize::try_from(offset).ok().zip(usize::try_from(end).ok());
        let place = range.and_then(|(start, end)| parts.bytes.get_mut(start..end)).ok_or_else(beyond)?;
        place.copy_from_slice(data);
        parts.present.add(offset..end);
        Ok(())
    }

    /// Symbols that answer for these addresses, as those of the whole file do; and all unwind rules, if they are wanted.
    #[pyo3(signature = (addresses, seconds = None))]
    fn open_for(&self, py: Python<'_>, addresses: Addresses, seconds: Option<f64>) -> Result<SymbolFile, Error> {
        let wanted = self.wanted(addresses);
        detached(py, || match self.read(Some(&wanted), in_seconds(seconds))? {
            Part::Is(Some((records, content))) => {
                Ok(SymbolFile::new(SymbolMap::of_part(records, wanted.as_slice().to_vec(), content, None)))
            }
            _ => Err(self.wrong(debuginfo::Error::Incomplete)),
        })
    }

    fn __repr__(&self) -> String {
        let parts = self.parts();
        format!("<PartialPdb {}, {} of {} bytes>", self.name, parts.present.bytes(), parts.present.size())
    }
}

impl PartialPdb {
    /// Locked while the file is read: a run notes what it lacks, and no bytes may change meanwhile.
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self, addresses: Addresses) -> Wanted {
        let wanted = Wanted::new(addresses.0);
        if self.with_rules { wanted.with_rules() } else { wanted }
    }

    /// Read its id, and what some addresses need.
    fn read(&self, wanted: Option<&Wanted>, deadline: Deadline) -> Result<Part<Option<(SymbolIndex, Content)>>, Error> {
        let wrong = |source| self.wrong(source);
        let parts = &mut *self.parts();
        let file = usize::try_from(parts.present.size()).ok().and_then(|size| parts.bytes.get(..size));
        let (file, present) = (file.unwrap_or_default(), &parts.present);
        if parts.build.is_none() {
            match Pdb::build_in_part(file, present).map_err(wrong)? {
                Part::Needs(ranges) => return Ok(Part::Needs(ranges)),
                Part::Is(build) => parts.build = Some(build),
            }
        }
        let (Some(build), Some(wanted)) = (&parts.build, wanted) else { return Ok(Part::Is(None)) };
        let content = if build.debug_info.is_some() { Content::Lines } else { Content::SymbolTable };
        let given = Given { deadline, ..self.name.as_str().into() };
        let records = Pdb::records_in_part(file, present, build, &given, wanted);
        Ok(match records.map_err(wrong)? {
            Part::Needs(ranges) => Part::Needs(ranges),
            Part::Is((records, _)) => Part::Is(Some((records.finish(), content))),
        })
    }

    fn wrong(&self, source: debuginfo::Error) -> Error {
        Error::DebugFile { path: self.name.clone(), source }
    }
}
