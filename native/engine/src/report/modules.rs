//! A module: the image, and the result of the search for its symbols.

use std::sync::Arc;

use symbols::SymbolMap;

use crate::json::{Hex, Null, Writer};
use crate::resolution::{Candidate, CandidateOutcome, Resolution, Status};

/// The debug id of a module that has none, as rust-minidump writes it.
const NO_DEBUG_ID: &str = "000000000000000000000000000000000";
/// How many kinds of diagnostics of one symbol file are shown.
const DIAGNOSTICS_SHOWN: usize = 32;
/// The rest of a module that no stack leads into. It does not state whether its symbols are available: that would
/// depend on what else was processed. Most modules of a dump end this way, so it is written in one piece.
const UNUSED: &[u8] = br#""cert_subject":null,"loaded_symbols":false,"missing_symbols":false,"corrupt_symbols":false,"symbol_url":null,"symbols":{"status":"unused"}"#;

/// The data of a module's object, for every kind of input.
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
    /// Whether a frame led into the module, so that its symbols were needed.
    pub(super) looked_into: bool,
    pub(super) resolution: Option<&'a Resolution>,
    /// What lists the modules: `dump`, `report`.
    pub(super) listed_in: &'static str,
}

/// The keys of a module. The caller writes the brackets and may add keys.
pub(super) fn write(w: &mut Writer, row: &Row<'_>, width: usize) {
    let Row { base, end, code_id, looked_into, resolution, .. } = *row;
    let loaded = resolution.and_then(Resolution::symbols);
    w.field("base_addr", Hex(base, width));
    w.field("end_addr", Hex(end, width));
    w.field("filename", row.code_file);
    w.field("debug_file", row.debug_file);
    w.key("debug_id");
    if row.debug_id.is_empty() {
        w.string(NO_DEBUG_ID);
    } else {
        w.string(row.debug_id);
    }
    w.field("code_id", code_id);
    w.field("version", row.version);
    if !looked_into {
        return w.raw(UNUSED);
    }
    w.field("cert_subject", Null);
    w.field("loaded_symbols", loaded.is_some());
    w.field("missing_symbols", loaded.is_none());
    w.field("corrupt_symbols", resolution.is_some_and(|found| found.status() == Status::Malformed));
    w.field("symbol_url", loaded.and_then(|s| s.module()?.url.as_deref()));
    w.key("symbols");
    w.begin_object();
    symbols(w, resolution, row.listed_in);
    w.end_object();
}

/// The result of the search for a module's symbols.
fn symbols(w: &mut Writer, resolution: Option<&Resolution>, listed_in: &str) {
    let candidates = resolution.map_or(&[][..], Resolution::candidates);
    let decisive = resolution.and_then(Resolution::decisive);
    let status = resolution.map_or(Status::Missing, Resolution::status);
    w.field("status", status.name());
    w.field("outcome", resolution.map(|found| found.outcome().name()));
    w.field("file", decisive.map(|candidate| candidate.location.as_str()));
    w.key("candidates");
    w.list("candidates", candidates, candidate);
    w.key("tried");
    w.list("tried", candidates.iter().filter(|one| one.outcome != CandidateOutcome::Found), tried);
    unwind(w, resolution);
    match (resolution, status) {
        (None, _) => {
            w.field("error", format!("the {listed_in} does not say which build of the module this is"));
        }
        (Some(resolution), Status::Loaded) => loaded(w, resolution.symbols()),
        (_, Status::Malformed) => {
            w.field("error", decisive.map_or("", |candidate| &candidate.detail));
        }
        (_, Status::Mismatch) => {
            w.field("found_id", decisive.map_or("", |candidate| &candidate.detail));
        }
        (_, Status::Missing) => {}
    }
}

/// The files whose unwind tables are used, and the names of these; left out if no tables are used.
fn unwind(w: &mut Writer, resolution: Option<&Resolution>) {
    let files = resolution.map_or(&[][..], Resolution::unwind);
    if files.is_empty() {
        return;
    }
    w.key("unwind");
    w.list("unwind", files, |w, file| {
        w.begin_object();
        w.field("location", &file.location);
        w.key("tables");
        w.begin_array();
        for table in file.rules.names() {
            w.string(table);
        }
        w.end_array();
        w.end_object();
    });
}

fn candidate(w: &mut Writer, candidate: &Candidate) {
    w.begin_object();
    w.field("location", &candidate.location);
    w.field("source", &candidate.source);
    w.field("outcome", candidate.outcome.name());
    w.field("detail", Some(candidate.detail.as_str()).filter(|detail| !detail.is_empty()));
    w.end_object();
}

/// The sentence of a candidate that is not used: an entry of the older key `tried`.
fn tried(w: &mut Writer, candidate: &Candidate) {
    let Candidate { location, outcome, detail, .. } = candidate;
    match outcome {
        CandidateOutcome::Mismatched => w.string(&format!("{location} (is of {detail})")),
        CandidateOutcome::Malformed => w.string(&format!("{location} (malformed: {detail})")),
        _ if detail.is_empty() => w.string(location),
        _ => w.string(&format!("{location} ({detail})")),
    }
}

/// The keys of symbols that are used.
fn loaded(w: &mut Writer, symbols: Option<&Arc<SymbolMap>>) {
    let Some(symbols) = symbols else { return };
    w.field("content", symbols.content().name());
    w.field("inlines", symbols.has_inlines());
    w.key("diagnostics");
    w.begin_array();
    // What is unusual in records that were made of a debug file says nothing of that file, and depends on which were made.
    let diagnostics = if symbols.index().is_of_text() { symbols.diagnostics() } else { &[] };
    for diagnostic in diagnostics.iter().take(DIAGNOSTICS_SHOWN) {
        w.begin_object();
        w.field("kind", diagnostic.kind.name());
        w.field("count", diagnostic.count);
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
