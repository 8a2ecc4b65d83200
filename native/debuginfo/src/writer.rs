//! Records of several units of DWARF, or modules of a PDB, on their way to a sink: first the numbers of their names and files,
//! one unit after the other, then the form of the sink, in parallel. So the result does not depend on the threads.

use std::io;

use rayon::prelude::*;
use symbols::breakpad::{File, InlineOrigin};

use crate::dwarf::Records;
use crate::limits::{self, Budget};
use crate::numbering::{Hashes, Ids, Interner, give_functions};
use crate::sink::{FunctionSink as _, RecordSink};
use crate::summary::Summary;

/// More than the bytes of a record whose name is short: a unit's text ends with the record that exceeds its limit.
const PIECE: usize = 4096;

/// What was written so far, and how much may follow.
pub(crate) struct Writer<'d> {
    /// Bytes of text that may follow.
    pub(crate) budget: Budget,
    /// For the texts that are numbered.
    pub(crate) hashes: Hashes,
    files: Interner<'d>,
    origins: Interner<'d>,
    /// Code of functions.
    pub(crate) covered: Vec<(u64, u64)>,
    pub(crate) summary: Summary,
}

impl<'d> Writer<'d> {
    /// At most `bytes` of text. `broken` and `excess`: what the file lacks already, as in [`Summary`].
    pub(crate) fn new(bytes: u64, broken: u64, excess: u64) -> Self {
        Self {
            budget: Budget::new(bytes),
            hashes: Hashes::default(),
            files: Interner::default(),
            origins: Interner::default(),
            covered: Vec::new(),
            summary: Summary { broken, excess, ..Summary::default() },
        }
    }

    /// Numbers for the names and files of some units; records of new ones.
    pub(crate) fn number(&mut self, read: &[Records<'d>], out: &mut impl RecordSink) -> io::Result<Vec<Ids>> {
        read.iter().map(|records| self.number_unit(records, out)).collect()
    }

    fn number_unit(&mut self, records: &Records<'d>, out: &mut impl RecordSink) -> io::Result<Ids> {
        let mut ids = Ids::default();
        for (file, path) in &records.files {
            let Some((id, is_new)) = self.files.number(path, &mut self.budget) else {
                self.summary.excess += 1;
                continue;
            };
            if is_new {
                out.file(&File { id, name: path.bytes() })?;
            }
            ids.files.push((*file, id));
        }
        for name in &records.origins {
            let numbered = self.origins.number(name, &mut self.budget);
            self.summary.excess += u64::from(numbered.is_none());
            if let Some((id, true)) = numbered {
                out.origin(&InlineOrigin { id, name: name.bytes() })?;
            }
            ids.origins.push(numbered.map(|(id, _)| id));
        }
        Ok(ids)
    }

    /// The functions of some units, with the numbers of their names and files; `sizes` are their bytes in the file, which limit
    /// their text.
    pub(crate) fn write<S: RecordSink>(
        &mut self,
        read: Vec<Records<'d>>,
        ids: Vec<Ids>,
        sizes: Vec<u64>,
        out: &mut S,
    ) -> io::Result<()> {
        let left = self.budget;
        let groups: Vec<_> = read
            .into_par_iter()
            .zip(ids)
            .zip(sizes)
            .with_max_len(1)
            .map(|((mut records, ids), size)| {
                let budget = left.at_most(limits::unit_text(size));
                let expected = records.rows.len() * 24 + records.calls.len() * 40;
                let most = usize::try_from(budget.left()).unwrap_or(usize::MAX).saturating_add(PIECE);
                let mut functions = S::functions(expected.min(most));
                let written = give_functions(&records, &ids, &mut functions, budget);
                let covered = std::mem::take(&mut records.covered);
                (functions, written, covered, records.faults, records.excess)
            })
            .collect();
        for (functions, written, covered, faults, excess) in groups {
            if self.budget.take(functions.text_bytes()) {
                out.append(functions)?;
                self.summary.functions += written.functions;
            } else {
                self.summary.excess += written.functions;
            }
            self.covered.extend(covered);
            self.summary.broken += faults;
            self.summary.excess += written.excess + excess;
        }
        Ok(())
    }
}
