//! Records of lists and streams.

use crate::fields::Fields;

/// A `MINIDUMP_MODULE`.
pub fn module(base: u64, size: u32, name: u32, record: (u32, u32)) -> Fields {
    Fields::new().u64(base).u32(size).u32(0).u32(0x5ff6_9a71).u32(name).to(76).location(record).to(108)
}

/// A `MINIDUMP_THREAD`: id, stack, context.
pub fn thread(id: u32, stack: (u64, (u32, u32)), context: (u32, u32)) -> Fields {
    Fields::new().u32(id).to(24).u64(stack.0).location(stack.1).location(context)
}

/// A `MINIDUMP_EXCEPTION_STREAM`.
pub fn exception(thread: u32, code: u32, parameters: &[u64], context: (u32, u32)) -> Fields {
    let mut fields = Fields::new().u32(thread).u32(0).u32(code).u32(1).u64(2).u64(3);
    fields = fields.u32(u32::try_from(parameters.len()).unwrap()).u32(0);
    for parameter in parameters {
        fields = fields.u64(*parameter);
    }
    fields.to(160).location(context)
}

/// An amd64 context with a program counter and a stack pointer.
pub fn amd64_context(pc: u64, sp: u64) -> Vec<u8> {
    let fields = Fields::new().to(1232).put(48, &0x10_001fu32.to_le_bytes());
    fields.put(248, &pc.to_le_bytes()).put(152, &sp.to_le_bytes()).0
}

/// A `MINIDUMP_UNLOADED_MODULE`.
pub fn unloaded(base: u64, size: u32, name: u32) -> Fields {
    Fields::new().u64(base).u32(size).u32(0).u32(0).u32(name)
}
