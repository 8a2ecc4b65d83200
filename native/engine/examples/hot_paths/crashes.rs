//! Crashes to reports, and reports to rows of a table.

use std::error::Error;
use std::sync::Arc;

use engine::{DumpedProcess, Input, ModuleKey, Options, Outcome, Resolution, Rules, Session, Source};
use minidump::Dump;
use symbols::SymbolMap;
use unwind::{Breakpad, Limits, ModuleMap, ModuleSymbols, SymbolSlot};

use crate::breakpad_path::breakpad_path;
use crate::{HotPath, fixtures};

/// Dumps of several clients and processors, of 20 to 60 KB.
const DUMPS: [&str; 4] = [
    "dumps/linux-gdb/amd64-nofp-null.dmp",
    "dumps/linux-gdb/arm64-nofp-callbad.dmp",
    "dumps/linux-gdb/armhf-nofp-abort.dmp",
    "dumps/linux-clients/crashpad-amd64-worker.dmp",
];
/// A recursion whose frames are found by CFI.
const DEEP: &str = "dumps/linux-gdb/amd64-nofp-overflow.dmp";
const LOGS: &str = "apple-reports/appcenter.json";

pub(crate) fn paths() -> Result<Vec<HotPath>, Box<dyn Error>> {
    let session = Arc::new(Session::new());
    let dumps: Vec<Arc<Input>> = DUMPS.iter().map(|name| open(name)).collect::<Result<_, _>>()?;
    let (logs, shared) = (open(LOGS)?, Arc::clone(&session));
    let documents: Vec<Vec<u8>> = dumps.iter().map(|input| report(&session, input, 0)).collect::<Result<_, _>>()?;
    let crashes = move || dumps.iter().map(|input| report(&session, input, 0).map_or(0, |json| json.len())).sum();
    let unwound = move || (0..logs.len()).map(|at| report(&shared, &logs, at).map_or(0, |json| json.len())).sum();
    let rows = move || {
        let mut table = table::Builder::new();
        for document in documents.iter().cycle().take(64) {
            let _ = table.report("crash.dmp", 0, document);
        }
        table.finish().map_or(0, |table| table.len())
    };
    Ok(vec![
        HotPath::new("dumps_to_json", "4 small dumps with their symbols loaded, to JSON", 6, crashes),
        HotPath::new("logs_to_json", "the logs of an App Center container, to JSON", 20, unwound),
        HotPath::new("table_rows", "a table of 64 reports", 1, rows),
        HotPath::new("walk_with_cfi", "a recursion of an x86-64 dump walked by STACK CFI records", 40, walk()?),
    ])
}

fn open(name: &str) -> Result<Arc<Input>, Box<dyn Error>> {
    let bytes = std::fs::read(fixtures().join(name))?;
    Ok(Arc::new(Input::open(Source::bytes_named(name, bytes))?))
}

fn report(session: &Session, input: &Input, at: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    loop {
        match input.process(at, session, &Options::default())? {
            Outcome::Report(json) => return Ok(json.into_json()),
            Outcome::Needs(keys) => {
                for key in keys {
                    let found = find(&key).map(|symbols| Resolution::loaded(symbols, Vec::new()));
                    session.resolve(key, found.unwrap_or_else(|| Resolution::missing(Vec::new(), None)));
                }
            }
        }
    }
}

fn find(key: &ModuleKey) -> Option<Arc<SymbolMap>> {
    let text = std::fs::read(breakpad_path(&fixtures().join("symbols"), key)?).ok()?;
    Some(Arc::new(SymbolMap::from_text(text)))
}

/// Walks of all threads of a dump, without reading it and without the report.
fn walk() -> Result<impl FnMut() -> usize + use<>, Box<dyn Error>> {
    // The modules borrow the process, and that the dump: all of them live as long as the program.
    let bytes: &[u8] = std::fs::read(fixtures().join(DEEP))?.leak();
    let dump: &Dump<'_> = Box::leak(Box::new(Dump::parse(bytes)?));
    let process: &DumpedProcess<'_> = Box::leak(Box::new(DumpedProcess { dump }));
    let slots = dump.modules.iter().map(|module| {
        let id = module.debug_id.map(|id| id.to_string()).unwrap_or_default();
        let key = ModuleKey::new(module.debug_file.as_deref().unwrap_or_default(), &id, &module.name, "");
        find(&key).map_or(SymbolSlot::Missing, |symbols| {
            let rules = Breakpad::of(&symbols).map(Rules::Breakpad).into();
            SymbolSlot::Loaded(Arc::new(ModuleSymbols { functions: Some(symbols), rules }))
        })
    });
    let map = ModuleMap::new(process, slots.collect());
    Ok(move || {
        let contexts = dump.threads.iter().filter_map(|thread| thread.context.as_ref());
        contexts.map(|context| unwind::walk(&map, &context.registers, &Limits::default()).frames.len()).sum()
    })
}
