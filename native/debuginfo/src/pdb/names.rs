//! Names of functions, from the symbols of a module and from id records.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::lines;
use super::program::Program;
use super::type_names::TypeNames;
use crate::fields::Fields;
use crate::numbering::Text;

const LF_FUNC_ID: u16 = 0x1601;
const LF_MFUNC_ID: u16 = 0x1602;
const LF_SUBSTR_LIST: u16 = 0x1604;
const LF_STRING_ID: u16 = 0x1605;
/// The bit of numbers that are another module's.
const FOREIGN: u32 = 1 << 31;
/// How many scopes are followed from a function to the outermost.
const SCOPES: usize = 16;

/// Names in a module.
pub(super) struct Names<'p, 'm> {
    program: &'p Program<'m>,
    /// Bytes after the symbols of the module.
    lines: &'p [u8],
    imports: OnceLock<Vec<(u32, Vec<u32>)>>,
    writer: TypeNames<'p, 'm>,
}

impl<'p, 'm> Names<'p, 'm> {
    /// Names in the module with these bytes after its symbols.
    pub(super) fn new(program: &'p Program<'m>, lines: &'p [u8]) -> Self {
        Self { program, lines, imports: OnceLock::new(), writer: TypeNames::new(&program.types) }
    }

    /// The name of a function with its parameters. `signature` is the number of its type, or of its id record.
    pub(super) fn function<'n>(&mut self, name: &'n [u8], signature: u32, is_id: bool) -> Cow<'n, [u8]> {
        let function = if is_id { self.id_type(signature) } else { self.resolve(signature) };
        // A name that is mangled is whole. Functions of C and of assembler may have no type.
        let Some(function) = function.filter(|&function| function != 0 && name.first() != Some(&b'?')) else {
            return Cow::Borrowed(name);
        };
        self.writer.write(name);
        self.writer.parameters(function);
        Cow::Owned(self.writer.take())
    }

    /// The name of the function of an id record, as all modules share it: made when the first asks for it. `None` if there is
    /// none, or none that is usable.
    pub(super) fn shared(
        &mut self,
        id: u32,
        is_usable: impl FnOnce(&[u8]) -> bool,
        text: impl FnOnce(Vec<u8>) -> Text<'m>,
    ) -> Option<Text<'m>> {
        let id = self.resolve(id)?;
        let program = self.program;
        program.inlined.name(id, || self.name(id).filter(|name| is_usable(name)).map(text))
    }

    /// The name of the function of an id record of this file.
    fn name(&mut self, id: u32) -> Option<Vec<u8>> {
        let (kind, record) = self.program.ids.record(id)?;
        let record = Fields(&record);
        let (scope, function, name) = (record.u32(0)?, record.u32(4)?, record.text(8)?);
        match kind {
            LF_MFUNC_ID => {
                self.writer.type_name(scope);
                self.writer.write(b"::");
            }
            LF_FUNC_ID => self.scope(scope),
            _ => return None,
        }
        self.writer.write(name);
        self.writer.parameters(function);
        Some(self.writer.take()).filter(|name| !name.is_empty())
    }

    /// Write the namespaces around a function.
    fn scope(&mut self, scope: u32) {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut next = scope;
        while next != 0 && parts.len() < SCOPES {
            let Some((kind, record)) = self.program.ids.record(next) else { break };
            let record = Fields(&record);
            match kind {
                // Linkers write a whole scope as one text.
                LF_STRING_ID => parts.push(plain_scope(record.text(4).unwrap_or_default())),
                LF_FUNC_ID | LF_MFUNC_ID => parts.push(record.text(8).unwrap_or_default().to_vec()),
                LF_SUBSTR_LIST => {}
                _ => break,
            }
            next = if kind == LF_FUNC_ID { record.u32(0).unwrap_or(0) } else { 0 };
        }
        for part in parts.iter().rev() {
            self.writer.write(part);
            self.writer.write(b"::");
        }
    }

    /// The type of the function of an id record.
    fn id_type(&self, id: u32) -> Option<u32> {
        let (kind, record) = self.program.ids.record(self.resolve(id)?)?;
        matches!(kind, LF_FUNC_ID | LF_MFUNC_ID).then(|| Fields(&record).u32(4))?
    }

    /// The number of a record here, if it may be another module's.
    fn resolve(&self, number: u32) -> Option<u32> {
        if number & FOREIGN == 0 {
            return Some(number);
        }
        let imports = self.imports.get_or_init(|| lines::imports(self.lines));
        // The module in the list is in 11 bits, its id in 20.
        let (module, at) = (usize::try_from(number >> 20 & 0x7ff).ok()?, usize::try_from(number & 0xf_ffff).ok()?);
        let (name, ids) = imports.get(module)?;
        let name = self.program.strings.at(*name)?;
        let program = self.program;
        program.exports.find(&program.modules, &name, *ids.get(at)?, |module| {
            let bytes = program.module_bytes(module);
            bytes.map(|bytes| lines::exports(&bytes.lines)).unwrap_or_default()
        })
    }
}

/// Anonymous namespaces have a made-up name, `?A0x` and a number.
fn plain_scope(name: &[u8]) -> Vec<u8> {
    let is_anonymous = name.strip_prefix(b"?A0x").is_some_and(|number| number.iter().all(u8::is_ascii_hexdigit));
    if is_anonymous { b"`anonymous namespace'".to_vec() } else { name.to_vec() }
}
