//! What a walk needs of a process, whatever it was recorded in.

use vocabulary::{Arch, Os, Registers};
use vocabulary::{MemoryRegionInfo, ModuleRange, Region};

use crate::unwind_source::UnwindSource;

/// A process whose stacks are walked: a minidump, a core file, a live process.
///
/// No method fails: what is not available is `None` or empty. All of it may be crafted.
pub trait Process {
    /// The unwind rules that modules of such a process have.
    type Rules: UnwindSource;

    /// The operating system that the process ran on.
    fn os(&self) -> Os;

    /// The consecutive memory around an address, as far as it is available.
    fn region_at(&self, address: u64) -> Option<Region<'_>>;

    /// Loaded modules in the order in which [`ModuleRange::module`] counts them.
    fn modules(&self) -> impl ExactSizeIterator<Item = LoadedModule<'_>>;

    /// Which module owns which addresses: sorted, without overlaps.
    fn module_ranges(&self) -> &[ModuleRange];

    /// Whether a module was at an address that has been unloaded since.
    fn was_unloaded(&self, address: u64) -> bool;

    /// The layout of the address space, sorted by address; empty if it is not described.
    fn address_space(&self) -> &[MemoryRegionInfo];

    /// Stack pointers of the threads, as many as are known.
    fn stack_pointers(&self) -> impl Iterator<Item = u64>;

    /// The exception or signal that ended the process.
    fn exception(&self) -> Option<Exception<'_>> {
        None
    }

    /// Bits of a code pointer that hold a pointer authentication code or a tag, if they are recorded.
    fn pointer_authentication_mask(&self) -> Option<u64> {
        None
    }

    /// Addresses of code that the kernel put on the stack above a program's arguments (Linux): the entry point and the
    /// beginning of the vDSO.
    fn auxiliary_code(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Windows: the registers in a `CONTEXT` record of an architecture in memory, if it holds control and integer registers.
    fn context_record(&self, _address: u64, _arch: Arch) -> Option<Registers> {
        None
    }
}

/// A module in the memory of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadedModule<'p> {
    /// Its path or file name.
    pub name: &'p str,
    /// The address from which offsets in the module count.
    pub base: u64,
}

/// An exception or signal, in the numbers of its system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exception<'p> {
    /// Windows: exception code; Linux: signal number; Apple: Mach exception.
    pub code: u32,
    /// Windows: exception flags; Linux: `si_code`; Apple: the first Mach code.
    pub flags: u32,
    /// Windows: where it happened; Linux: `si_addr`; Apple: the second Mach code.
    pub address: u64,
    /// Windows: the parameters of the exception record.
    pub parameters: &'p [u64],
}

impl Exception<'_> {
    /// The address from which no code could be fetched, if the exception is about that: a pointer into data was called,
    /// whatever module the data are of.
    pub(crate) fn failed_fetch(&self, os: Os) -> Option<u64> {
        const ACCESS_VIOLATION: u32 = 0xc000_0005;
        const SIGSEGV: u32 = 11;
        const EXC_BAD_ACCESS: u32 = 1;
        // An address that is not mapped, and one that may not be run; not a page of code that could not be read.
        const KERN_CODES: [u32; 2] = [1, 2];
        match (os, self.code) {
            (Os::Windows, ACCESS_VIOLATION) => self.parameters.get(1).copied(),
            (Os::Linux | Os::Android, SIGSEGV) => Some(self.address),
            (Os::MacOs | Os::Ios, EXC_BAD_ACCESS) if KERN_CODES.contains(&self.flags) => Some(self.address),
            _ => None,
        }
    }
}
