//! `modules`: what was loaded, and what became of each module's symbols.

use minidump::Module;

use super::Report;
use crate::json::Writer;
use crate::key::{ModuleKey, Supply};

/// The debug id of a module that has none, as rust-minidump writes it.
const NO_DEBUG_ID: &str = "000000000000000000000000000000000";
/// How many kinds of oddities of one symbol file are shown.
const DIAGNOSTICS_SHOWN: usize = 32;

impl Report<'_> {
    pub(super) fn modules(&self, w: &mut Writer) {
        // By convention of every writer the program comes first.
        w.key("main_module");
        w.number(0);
        w.key("modules_contains_cert_info");
        w.bool(false);
        w.key("modules");
        w.begin_array();
        for (index, module) in self.dump.modules.iter().enumerate() {
            let looked_into = self.looked_into.get(index).copied().unwrap_or(false);
            let supply = self.supplies.get(index).and_then(|s| s.as_deref());
            let Some(key) = self.keys.get(index) else { continue };
            self.module(w, module, key, looked_into, supply);
        }
        w.end_array();
    }

    fn module(&self, w: &mut Writer, module: &Module, key: &ModuleKey, looked_into: bool, supply: Option<&Supply>) {
        let loaded = supply.and_then(Supply::symbols).filter(|_| looked_into);
        w.begin_object();
        w.key("base_addr");
        w.hex(module.base, self.width);
        w.key("end_addr");
        w.hex(module.end(), self.width);
        w.key("filename");
        w.string(&key.code_file);
        w.key("debug_file");
        w.string(&key.debug_file);
        w.key("debug_id");
        if key.debug_id.is_empty() {
            w.string(NO_DEBUG_ID);
        } else {
            w.string(&key.debug_id);
        }
        w.key("code_id");
        w.string(module.code_id.as_deref().unwrap_or_default());
        w.key("version");
        w.optional_string(module.version.as_deref());
        w.key("cert_subject");
        w.null();
        w.key("loaded_symbols");
        w.bool(loaded.is_some());
        w.key("missing_symbols");
        w.bool(looked_into && loaded.is_none());
        w.key("corrupt_symbols");
        w.bool(looked_into && matches!(supply, Some(Supply::Malformed { .. })));
        w.key("symbol_url");
        w.optional_string(loaded.and_then(|s| s.module()?.url.as_deref()));
        w.key("symbols");
        w.begin_object();
        symbols(w, looked_into, supply);
        w.end_object();
        w.end_object();
    }
}

/// What became of a module's symbols. A module that no stack leads into says nothing but that: whether
/// its symbols are at hand would depend on what else was processed.
fn symbols(w: &mut Writer, looked_into: bool, supply: Option<&Supply>) {
    w.key("status");
    if !looked_into {
        return w.string("unused");
    }
    let (status, file) = match supply {
        Some(Supply::Loaded { path, .. }) => ("loaded", Some(path)),
        Some(Supply::Malformed { path, .. }) => ("malformed", Some(path)),
        Some(Supply::Mismatch { path, .. }) => ("mismatch", Some(path)),
        Some(Supply::Missing { .. }) | None => ("missing", None),
    };
    w.string(status);
    w.key("file");
    w.optional_string(file.map(String::as_str));
    w.key("tried");
    w.begin_array();
    for place in supply.map_or(&[][..], Supply::tried) {
        w.string(place);
    }
    w.end_array();
    match supply {
        Some(Supply::Loaded { symbols, .. }) => {
            w.key("diagnostics");
            w.begin_array();
            for diagnostic in symbols.diagnostics().iter().take(DIAGNOSTICS_SHOWN) {
                w.begin_object();
                w.key("kind");
                w.string(diagnostic.kind.name());
                w.key("count");
                w.number(diagnostic.count);
                w.key("first_lines");
                w.begin_array();
                for &line in &diagnostic.first_lines {
                    w.number(line);
                }
                w.end_array();
                w.end_object();
            }
            w.end_array();
        }
        Some(Supply::Malformed { error, .. }) => {
            w.key("error");
            w.string(error);
        }
        Some(Supply::Mismatch { found_id, .. }) => {
            w.key("found_id");
            w.string(found_id);
        }
        Some(Supply::Missing { .. }) => {}
        None => {
            w.key("error");
            w.string("the dump does not say which build of the module this is");
        }
    }
}
