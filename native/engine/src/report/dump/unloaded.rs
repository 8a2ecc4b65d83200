//! Modules that were unloaded before the dump, as a list and as candidates for an address.

use minidump::Dump;
use vocabulary::path::leaf;

use super::DumpReport;
use crate::json::{Hex, Null, Writer};

/// How many entries are compared for all addresses of a report together: a hostile dump could name a
/// million unloaded modules and a thousand addresses.
const BUDGET: usize = 4_000_000;
/// How many candidates one address shows.
const SHOWN: usize = 64;
/// How many bytes the candidates of all frames together may take.
const ROOM: usize = 8 << 20;

/// Finds the unloaded modules that covered an address.
pub(super) struct Candidates {
    /// Name, first address, one past the last.
    modules: Vec<(String, u64, u64)>,
    budget: usize,
    room: usize,
}

impl Candidates {
    pub(super) fn of(dump: &Dump<'_>) -> Self {
        let modules = dump.unloaded.iter().map(|m| (leaf(&m.name).to_owned(), m.base, m.end())).collect();
        Self { modules, budget: BUDGET, room: ROOM }
    }

    /// All candidates for an address by name, each with every offset it may have. False if there are none: nothing is
    /// written then.
    pub(super) fn write(&mut self, w: &mut Writer, address: u64, width: usize) -> bool {
        let affordable = self.modules.len().min(self.budget);
        self.budget -= affordable;
        let mut found: Vec<(&str, u64)> = self.modules[..affordable]
            .iter()
            .filter(|(_, start, end)| *start <= address && address < *end)
            .map(|(name, start, _)| (name.as_str(), address - start))
            .collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(SHOWN);
        if found.is_empty() || self.room == 0 {
            return false;
        }
        let from = w.len();
        w.begin_array();
        for same in found.chunk_by(|a, b| a.0 == b.0) {
            w.begin_object();
            w.field("module", same.first().map_or("", |(name, _)| name));
            w.key("offsets");
            w.begin_array();
            for (_, offset) in same {
                w.hex(*offset, width);
            }
            w.end_array();
            w.end_object();
        }
        w.end_array();
        self.room = self.room.saturating_sub(w.len() - from);
        true
    }
}

impl DumpReport<'_> {
    pub(super) fn unloaded_modules(&self, w: &mut Writer) {
        w.key("unloaded_modules");
        w.list("unloaded_modules", &self.dump.unloaded, |w, module| {
            w.begin_object();
            w.field("base_addr", Hex(module.base, self.width));
            w.field("end_addr", Hex(module.end(), self.width));
            w.field("filename", leaf(&module.name));
            w.field("code_id", module.code_id.as_deref().unwrap_or_default());
            w.field("cert_subject", Null);
            w.end_object();
        });
    }
}
