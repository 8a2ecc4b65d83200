//! `modules` of a dump.

use super::DumpReport;
use crate::json::{Hex, Writer};
use crate::report::modules::{Row, write};
use crate::report::needed::{self, Tally};
use crate::resolution::Resolution;

impl DumpReport<'_> {
    pub(super) fn modules(&self, w: &mut Writer) {
        // By convention of every writer the program comes first.
        w.field("main_module", 0u64);
        w.field("modules_contains_cert_info", false);
        w.key("modules");
        w.list("modules", self.dump.modules.iter().zip(self.keys).enumerate(), |w, (index, (module, key))| {
            w.begin_object();
            let row = Row {
                base: module.base,
                end: module.end(),
                code_file: &key.code_file,
                debug_file: &key.debug_file,
                debug_id: &key.debug_id,
                code_id: module.code_id.as_deref().unwrap_or_default(),
                version: module.version.as_deref(),
                looked_into: self.looked_into.get(index).copied().unwrap_or(false),
                resolution: self.resolution(index),
                listed_in: "dump",
            };
            write(w, &row, self.width);
            w.field("path", Some(module.name.as_str()).filter(|path| *path != key.code_file));
            let word = |value: u32| Some(u64::from(value)).filter(|&value| value != 0);
            w.field("timestamp", Hex(word(module.timestamp), 8));
            w.field("checksum", Hex(word(module.checksum), 8));
            w.end_object();
        });
    }

    /// Which modules lack symbols, by the frames that it costs.
    pub(super) fn symbols_needed(&self, w: &mut Writer) {
        let mut tally = Tally::of((0..self.dump.modules.len()).map(|index| self.resolution(index)));
        for (thread, stack) in self.stacks.iter().enumerate() {
            let crashing = self.crashing == Some(thread);
            for index in 0..stack.frames.len() {
                let Some((_, place)) = self.places.of_frame(thread, index) else { continue };
                tally.frame(place.module, !self.places.sources(&place).is_empty(), crashing);
            }
            tally.scans(stack, crashing);
        }
        tally.write(w, |index| {
            Some(needed::Module { listed: index, key: self.keys.get(index)?, resolution: self.resolution(index) })
        });
    }

    /// The result of the search for the symbols of a module.
    pub(super) fn resolution(&self, module: usize) -> Option<&Resolution> {
        self.resolutions.get(module).and_then(|found| found.as_deref())
    }
}
