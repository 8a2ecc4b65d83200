//! Answers a request of the symbolication protocol with samply's library `wholesym`, which gets symbols from servers.
//!
//! usage: wholesym-client CONFIGURATION REQUEST
//!
//! CONFIGURATION is a JSON object; every key is optional:
//!
//! - `breakpad`, `symstore`, `debuginfod`: lists of pairs, the address of a server and a folder for its files
//! - `folders`: a list of folders with symbol files in Breakpad's layout
//! - `indexes`: a folder for indexes of symbol files
//! - `libraries`: objects with `debug_name`, `debug_id`, `name` and `code_id`, which requests do not state in full
//! - `times`: how often the request is answered; once if it is not there
//!
//! REQUEST is a file with the body of a request of version 5. Prints a JSON object: `answer`, and in `cpu` the CPU seconds of
//! each answer.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};
use wholesym::{CodeId, LibraryInfo, SymbolManager, SymbolManagerConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [configuration, request] = &arguments[..] else {
        return Err("usage: wholesym-client CONFIGURATION REQUEST".into());
    };
    let configuration: Value = serde_json::from_str(&std::fs::read_to_string(configuration)?)?;
    let request = std::fs::read_to_string(request)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let symbols = manager(&configuration);
    let mut answer = String::new();
    let mut cpu = Vec::new();
    for _ in 0..configuration["times"].as_u64().unwrap_or(1) {
        let before = cpu_time()?;
        answer = runtime.block_on(symbols.query_json_api("/symbolicate/v5", &request));
        cpu.push((cpu_time()? - before).as_secs_f64());
    }
    let answer: Value = serde_json::from_str(&answer)?;
    println!("{}", json!({ "answer": answer, "cpu": cpu }));
    Ok(())
}

fn manager(configuration: &Value) -> SymbolManager {
    let mut config = SymbolManagerConfig::new();
    for (address, folder) in pairs(&configuration["breakpad"]) {
        config = config.breakpad_symbols_server(address, folder);
    }
    for (address, folder) in pairs(&configuration["symstore"]) {
        config = config.windows_symbols_server(address, folder);
    }
    for (address, folder) in pairs(&configuration["debuginfod"]) {
        config = config
            .use_debuginfod(true)
            .extra_debuginfod_server(address, folder);
    }
    for folder in configuration["folders"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        config = config.breakpad_symbols_dir(folder);
    }
    if let Some(folder) = configuration["indexes"].as_str() {
        config = config.breakpad_symindex_cache_dir(folder);
    }
    let mut symbols = SymbolManager::with_config(config);
    for library in configuration["libraries"].as_array().into_iter().flatten() {
        let text = |key: &str| library[key].as_str().map(str::to_owned);
        symbols.add_known_library(LibraryInfo {
            debug_name: text("debug_name"),
            debug_id: text("debug_id")
                .and_then(|id| wholesym::debugid::DebugId::from_breakpad(&id).ok()),
            name: text("name"),
            code_id: text("code_id").and_then(|id| CodeId::from_str(&id).ok()),
            ..LibraryInfo::default()
        });
    }
    symbols
}

fn pairs(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)))
}

/// User and system time of all threads of this process, from Linux.
fn cpu_time() -> Result<Duration, Box<dyn Error>> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let schedstat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += schedstat
            .split_whitespace()
            .next()
            .ok_or("no time in schedstat")?
            .parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
