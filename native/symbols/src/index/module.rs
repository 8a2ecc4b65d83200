//! The MODULE and INFO records of a text.

use vocabulary::DebugId;

use crate::breakpad::lines::line_at;
use crate::breakpad::name::name;
use crate::breakpad::{Record, parse};

/// The contents of the MODULE line and the INFO lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleRecord {
    /// Operating system as written (`Linux`, `mac`, `windows`, …; Android is written `Linux`).
    pub os: String,
    /// Architecture as written (`x86_64`, `arm64`, …).
    pub arch: String,
    /// Id as written.
    pub id: String,
    /// The id, if it is a valid debug id.
    pub debug_id: Option<DebugId>,
    /// Name of the debug file.
    pub name: String,
    /// `INFO CODE_ID`: the code id.
    pub code_id: Option<String>,
    /// `INFO CODE_ID`: the name of the code file, if given.
    pub code_file: Option<String>,
    /// `INFO URL`, which rust-minidump's symbol cache appends.
    pub url: Option<String>,
    /// `INFO GENERATOR`.
    pub generator: Option<String>,
    /// `INFO SYMBOLS`: `table` if all functions are of a symbol table, `exports` if they are those that a binary exports.
    /// The nearest of these before an address need not be the function that the address is in.
    pub only: Option<String>,
}

impl ModuleRecord {
    /// Whether the code is 32-bit ARM, where bit 0 of an address marks Thumb code and is not part of the address.
    pub(crate) fn is_arm(&self) -> bool {
        self.arch == "arm"
    }
}

/// Read the lines at `offsets`. `None` if there is no MODULE line among them.
pub(super) fn read(text: &[u8], offsets: impl Iterator<Item = u64>) -> Option<ModuleRecord> {
    let mut module = ModuleRecord::default();
    let mut found = false;
    for at in offsets.take(8) {
        match parse(line_at(text, at)) {
            Ok(Some(Record::Module(line))) if !found => {
                found = true;
                module.os = name(line.os).into_owned();
                module.arch = name(line.arch).into_owned();
                module.id = name(line.id).into_owned();
                module.debug_id = DebugId::parse(&module.id);
                module.name = name(line.name).into_owned();
            }
            Ok(Some(Record::Info(info))) => {
                let value = name(info.value);
                match info.key {
                    b"CODE_ID" => {
                        let (id, file) = match value.split_once([' ', '\t']) {
                            Some((id, file)) => (id, Some(file.trim()).filter(|file| !file.is_empty())),
                            None => (&*value, None),
                        };
                        module.code_id = Some(id.to_owned()).filter(|id| !id.is_empty());
                        module.code_file = file.map(str::to_owned);
                    }
                    b"URL" => module.url = Some(value.into_owned()),
                    b"GENERATOR" => module.generator = Some(value.into_owned()),
                    b"SYMBOLS" => module.only = Some(value.into_owned()),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found.then_some(module)
}
