//! A dump as the process whose stacks are walked.

use minidump::{Arch, Context, Dump, MemoryRegionInfo, ModuleRange, Os, Region, Registers};
use unwind::{Exception, LoadedModule, Process};

use crate::rules::Rules;

/// The process that a dump was written of.
#[derive(Clone, Copy, Debug)]
pub struct DumpedProcess<'d> {
    /// The dump.
    pub dump: &'d Dump<'d>,
}

/// Modules of a dumped process with their symbols.
pub(crate) type ModuleMap<'d> = unwind::ModuleMap<'d, DumpedProcess<'d>>;

impl Process for DumpedProcess<'_> {
    type Rules = Rules;

    fn os(&self) -> Os {
        self.dump.os()
    }

    #[inline]
    fn region_at(&self, address: u64) -> Option<Region<'_>> {
        self.dump.memory.region_at(address)
    }

    fn modules(&self) -> impl ExactSizeIterator<Item = LoadedModule<'_>> {
        self.dump.modules.iter().map(|module| LoadedModule { name: &module.name, base: module.base })
    }

    #[inline]
    fn module_ranges(&self) -> &[ModuleRange] {
        &self.dump.module_ranges
    }

    fn was_unloaded(&self, address: u64) -> bool {
        self.dump.unloaded_at(address).next().is_some()
    }

    #[inline]
    fn address_space(&self) -> &[MemoryRegionInfo] {
        &self.dump.regions
    }

    fn stack_pointers(&self) -> impl Iterator<Item = u64> {
        let threads = self.dump.threads.iter().filter_map(|thread| thread.context.as_ref());
        let crashed = self.dump.exception.iter().filter_map(|exception| exception.context.as_ref());
        threads.chain(crashed).map(|context| context.registers.sp())
    }

    fn exception(&self) -> Option<Exception<'_>> {
        let exception = self.dump.exception.as_ref()?;
        let minidump::Exception { code, flags, address, ref parameters, .. } = *exception;
        Some(Exception { code, flags, address, parameters })
    }

    fn pointer_authentication_mask(&self) -> Option<u64> {
        // Crashpad writes it.
        self.dump.crashpad.as_ref()?.address_mask.filter(|&mask| mask != 0)
    }

    fn auxiliary_code(&self) -> Vec<u64> {
        const AT_ENTRY: u64 = 9;
        const AT_SYSINFO_EHDR: u64 = 33;
        let entries = self.dump.linux.auxv.iter();
        entries.filter(|(key, _)| matches!(*key, AT_ENTRY | AT_SYSINFO_EHDR)).map(|&(_, value)| value).collect()
    }

    fn context_record(&self, address: u64, arch: Arch) -> Option<Registers> {
        // Control and integer registers, in every processor's flags.
        const PARTS: u32 = 3;
        let size = match arch {
            Arch::X86 => 716,
            Arch::Amd64 => 1232,
            Arch::Arm64 | Arch::Arm64e => 912,
            Arch::Arm | Arch::Arm64_32 => return None,
        };
        let context = Context::parse(self.dump.memory.read(address, size)?, Some(arch))?;
        (context.context_flags & PARTS == PARTS).then_some(context.registers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minidump_synth::{Builder, Fields};
    use unwind::Process;
    use vocabulary::{amd64, x86};

    const AT: u64 = 0x7000_0000;

    /// The registers in these bytes of memory.
    fn stored(bytes: &[u8], arch: Arch) -> Option<Registers> {
        let mut builder = Builder::new();
        builder.system(9, 2);
        let memory = builder.piece(bytes);
        builder.list(minidump::kind::MEMORY_LIST, &[Fields::new().u64(AT).location(memory)]);
        let file = builder.build();
        let dump = Dump::parse(&file).expect("a dump");
        DumpedProcess { dump: &dump }.context_record(AT, arch)
    }

    #[test]
    fn registers_that_windows_stored_are_read() {
        let amd64 = |flags: u32| {
            let context = Fields::new().to(1232).put(48, &flags.to_le_bytes());
            context.put(152, &0x1234_u64.to_le_bytes()).put(248, &0x5678_u64.to_le_bytes()).0
        };
        let found = stored(&amd64(0x10_000f), Arch::Amd64).expect("registers");
        assert_eq!((found.get(amd64::RSP), found.get(amd64::RIP)), (Some(0x1234), Some(0x5678)));
        assert_eq!(stored(&amd64(0x10_0001), Arch::Amd64), None, "no integer registers");
        assert_eq!(stored(&amd64(0x10_000f)[..1000], Arch::Amd64), None, "cut");
        assert_eq!(stored(&amd64(0x10_000f), Arch::Arm), None);

        // A 32-bit process in a 64-bit dump.
        let context = Fields::new().to(716).put(0, &0x1_000f_u32.to_le_bytes());
        let context = [(196, 0x800_u32), (184, 0x40_1010), (180, 0x810)]
            .iter()
            .fold(context, |context, (at, value)| context.put(*at, &value.to_le_bytes()));
        let found = stored(&context.0, Arch::X86).expect("registers");
        let read = [x86::ESP, x86::EIP, x86::EBP].map(|register| found.get(register));
        assert_eq!(read, [Some(0x800), Some(0x40_1010), Some(0x810)]);
    }
}
