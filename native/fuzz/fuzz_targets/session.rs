//! A dump and a symbol file for all its modules, through to the report: the first four bytes say where one ends.
#![no_main]

use std::sync::Arc;

use engine::{Candidate, Resolution, Session};
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::{Limit, options, report, within};
use symbols::SymbolMap;

const LIMIT: Limit = Limit { base: 4 << 20, factor: 128 };

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, rest)) = bytes.split_first_chunk::<4>() else { return };
    let cut = usize::try_from(u32::from_le_bytes(*cut)).unwrap_or(usize::MAX).min(rest.len());
    let (text, dump) = rest.split_at(cut);
    within(LIMIT, bytes.len(), || {
        let session = Session::new();
        let symbols = Arc::new(SymbolMap::from_text(text.to_vec()));
        let found = |_: &_| Resolution::loaded(Arc::clone(&symbols), vec![Candidate::found("app.sym", "app.sym")]);
        report(&session, || session.process(dump, &options()), found);
    });
});
