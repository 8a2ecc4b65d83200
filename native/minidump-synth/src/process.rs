//! Processes on x86-64, of a few calls each.

use crate::builder::Builder;
use crate::fields::Fields;
use crate::records::{amd64_context, module, thread, unloaded};

const THREAD_LIST: u32 = 3;
const MODULE_LIST: u32 = 4;
const EXCEPTION: u32 = 6;
const SYSTEM_INFO: u32 = 7;
const UNLOADED_MODULE_LIST: u32 = 14;
/// When these dumps were written.
const WRITTEN: u32 = 1_600_000_000;

impl Builder {
    /// SystemInfo of Windows 10 on x86-64.
    pub fn windows_x64(&mut self) {
        self.x64(Fields::new().u16(9).to(6).u8(4).to(8).u32(10).to(20).u32(2));
    }

    /// SystemInfo of Linux on x86-64.
    pub fn linux_x64(&mut self) {
        self.x64(Fields::new().u16(9).to(6).u8(4).to(20).u32(0x8201));
    }

    fn x64(&mut self, system: Fields) {
        self.timestamp = WRITTEN;
        self.stream(SYSTEM_INFO, system.to(56));
    }

    /// An exception of a thread, without registers of its own.
    pub fn exception(&mut self, thread: u32, code: u32, flags: u32, address: u64, parameters: &[u64]) {
        let count = u32::try_from(parameters.len()).unwrap();
        let fields = Fields::new().u32(thread).u32(0).u32(code).u32(flags).u64(0).u64(address).u32(count).u32(0);
        let fields = parameters.iter().fold(fields, |fields, parameter| fields.u64(*parameter));
        self.stream(EXCEPTION, fields.to(168));
    }

    /// One thread with this program counter and stack.
    pub fn thread_x64(&mut self, id: u32, rip: u64, rsp: u64, stack: &[u8]) {
        let stack = self.piece(stack);
        let context = self.piece(&amd64_context(rip, rsp));
        self.list(THREAD_LIST, &[thread(id, (rsp, stack), context)]);
    }

    /// The environment block of the thread added last.
    pub fn set_teb(&mut self, address: u64) {
        self.last_stream(THREAD_LIST)[20..28].copy_from_slice(&address.to_le_bytes());
    }

    /// A list of modules: base, size, name in UTF-16 that need not be valid, GUID (all zero: no CodeView record).
    pub fn modules(&mut self, modules: &[(u64, u32, &[u16], [u8; 16])]) {
        let entries: Vec<Fields> = modules
            .iter()
            .map(|(base, size, name, guid)| {
                let name = self.text_of(name);
                let record = match guid {
                    [0, ..] if *guid == [0; 16] => (0, 0),
                    _ => self.piece(&Fields::new().bytes(b"RSDS").bytes(guid).u32(1).bytes(b"c:\\build\\App.pdb\0").0),
                };
                module(*base, *size, name, record)
            })
            .collect();
        self.list(MODULE_LIST, &entries);
    }

    /// A list of unloaded modules: base, size, name.
    pub fn unloaded(&mut self, modules: &[(u64, u32, &str)]) {
        let mut fields = Fields::new().u32(12).u32(24).u32(u32::try_from(modules.len()).unwrap());
        for (base, size, name) in modules {
            fields = fields.bytes(&unloaded(*base, *size, self.text(name)).0);
        }
        self.stream(UNLOADED_MODULE_LIST, fields);
    }
}
