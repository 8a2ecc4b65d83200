//! A module: what was loaded, and what became of its symbols.

use crate::json::Writer;
use crate::key::Supply;

/// The debug id of a module that has none, as rust-minidump writes it.
const NO_DEBUG_ID: &str = "000000000000000000000000000000000";
/// How many kinds of oddities of one symbol file are shown.
const DIAGNOSTICS_SHOWN: usize = 32;
/// The rest of a module that no stack leads into. It says nothing but that: whether its symbols are at hand would depend
/// on what else was processed. Most of hundreds of modules end so, hence in one piece.
const UNUSED: &[u8] = br#""cert_subject":null,"loaded_symbols":false,"missing_symbols":false,"corrupt_symbols":false,"symbol_url":null,"symbols":{"status":"unused"}"#;

/// What a module's object says, whatever it was read from.
pub(super) struct Row<'a> {
    pub(super) base: u64,
    /// One past the last address.
    pub(super) end: u64,
    pub(super) code_file: &'a str,
    pub(super) debug_file: &'a str,
    /// Empty if unknown.
    pub(super) debug_id: &'a str,
    pub(super) code_id: &'a str,
    pub(super) version: Option<&'a str>,
    /// A frame led into the module, so that its symbols were wanted.
    pub(super) looked_into: bool,
    pub(super) supply: Option<&'a Supply>,
    /// Where the list of modules is: `dump`, `report`.
    pub(super) listed_in: &'static str,
}

/// The keys of a module; its brackets are the caller's, who may have more to say.
pub(super) fn write(w: &mut Writer, row: &Row<'_>, width: usize) {
    let Row { base, end, code_id, looked_into, supply, .. } = *row;
    let loaded = supply.and_then(Supply::symbols);
    w.key("base_addr");
    w.hex(base, width);
    w.key("end_addr");
    w.hex(end, width);
    w.key("filename");
    w.string(row.code_file);
    w.key("debug_file");
    w.string(row.debug_file);
    w.key("debug_id");
    if row.debug_id.is_empty() {
        w.string(NO_DEBUG_ID);
    } else {
        w.string(row.debug_id);
    }
    w.key("code_id");
    w.string(code_id);
    w.key("version");
    w.optional_string(row.version);
    if !looked_into {
        return w.raw(UNUSED);
    }
    w.key("cert_subject");
    w.null();
    w.key("loaded_symbols");
    w.bool(loaded.is_some());
    w.key("missing_symbols");
    w.bool(loaded.is_none());
    w.key("corrupt_symbols");
    w.bool(matches!(supply, Some(Supply::Malformed { .. })));
    w.key("symbol_url");
    w.optional_string(loaded.and_then(|s| s.module()?.url.as_deref()));
    w.key("symbols");
    w.begin_object();
    symbols(w, supply, row.listed_in);
    w.end_object();
}

/// What became of a module's symbols.
fn symbols(w: &mut Writer, supply: Option<&Supply>, listed_in: &str) {
    w.key("status");
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
    w.list("tried", supply.map_or(&[][..], Supply::tried), |w, place| w.string(place));
    match supply {
        Some(Supply::Loaded { symbols, .. }) => {
            w.key("inlines");
            w.bool(symbols.counts().inlines > 0);
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
            w.string(&format!("the {listed_in} does not say which build of the module this is"));
        }
    }
}
