//! `modules` of a dump.

use super::DumpReport;
use crate::json::{Hex, Writer};
use crate::report::modules::{Row, write};

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
                resolution: self.resolutions.get(index).and_then(|s| s.as_deref()),
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
}
