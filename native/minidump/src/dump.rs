//! The model of a dump, and the order in which its streams are read.

use std::borrow::Cow;

use vocabulary::{Arch, MemoryRegionInfo, ModuleRange, Os};

use crate::directory::{Header, StreamEntry};
use crate::faults::Fault;
use crate::streams::assertion::Assertion;
use crate::streams::breakpad::BreakpadInfo;
use crate::streams::crashpad::CrashpadInfo;
use crate::streams::exception::Exception;
use crate::streams::handles::Handle;
use crate::streams::linux::LinuxInfo;
use crate::streams::mac::MacInfo;
use crate::streams::memory::Memory;
use crate::streams::misc::MiscInfo;
use crate::streams::modules::Module;
use crate::streams::system::SystemInfo;
use crate::streams::text::TextStream;
use crate::streams::threads::Thread;
use crate::streams::unloaded::UnloadedModule;
use crate::streams::vm::{SystemMemoryInfo, VmCounters};

/// Everything that a minidump contains.
#[derive(Clone, Debug)]
pub struct Dump<'a> {
    /// The file's header.
    pub header: Header,
    /// Processor and operating system.
    pub system: Option<SystemInfo>,
    /// Process id, times, build strings.
    pub misc: Option<MiscInfo>,
    /// Threads in dump order; one made from the exception may follow.
    pub threads: Vec<Thread>,
    /// Modules in dump order, overlapping ones included.
    pub modules: Vec<Module>,
    /// Who owns which addresses: sorted, without overlaps.
    pub module_ranges: Vec<ModuleRange>,
    /// Modules unloaded before, in dump order.
    pub unloaded: Vec<UnloadedModule>,
    /// The exception.
    pub exception: Option<Exception>,
    /// Memory of the process.
    pub memory: Memory<'a>,
    /// The address space's layout from MemoryInfoList, else from the maps of Linux; sorted by address.
    pub regions: Vec<MemoryRegionInfo>,
    /// Breakpad's handler.
    pub breakpad: Option<BreakpadInfo>,
    /// A failed assertion.
    pub assertion: Option<Assertion>,
    /// Crashpad's annotations.
    pub crashpad: Option<CrashpadInfo<'a>>,
    /// Open handles; `None` if the dump has no such stream.
    pub handles: Option<Vec<Handle>>,
    /// Texts of Linux and Android.
    pub linux: LinuxInfo<'a>,
    /// Crash information of macOS.
    pub mac: MacInfo,
    /// Memory use of the process.
    pub vm_counters: Option<VmCounters>,
    /// Memory of the machine.
    pub system_memory: Option<SystemMemoryInfo>,
    /// What the writer could not do, as JSON text (Mozilla).
    pub soft_errors: Option<Cow<'a, str>>,
    /// Comments stored by the writer of the dump.
    pub comments: Vec<String>,
    /// Text streams of other writers.
    pub texts: Vec<TextStream<'a>>,
    /// Everything in the directory, padding left out.
    pub streams: Vec<StreamEntry>,
    /// What was wrong and skipped; at most 100.
    pub faults: Vec<Fault>,
    /// Faults beyond those.
    pub faults_omitted: u64,
}

impl<'a> Dump<'a> {
    /// The architecture, from SystemInfo, else from the first context.
    #[must_use]
    pub fn arch(&self) -> Option<Arch> {
        self.system.as_ref().and_then(SystemInfo::arch).or_else(|| {
            let exception = self.exception.iter().filter_map(|e| e.context.as_ref());
            let threads = self.threads.iter().filter_map(|t| t.context.as_ref());
            exception.chain(threads).map(|c| c.registers.arch).next()
        })
    }

    /// The operating system.
    #[must_use]
    pub fn os(&self) -> Os {
        self.system.as_ref().map_or(Os::Unknown, |s| s.os)
    }

    /// Process id: from MiscInfo, else from the status file of Linux.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.misc.as_ref().and_then(|m| m.pid).or_else(|| self.linux.pid())
    }

    /// Seconds between the process's start and the dump.
    #[must_use]
    pub fn uptime(&self) -> Option<u32> {
        self.header.timestamp.checked_sub(self.misc.as_ref()?.create_time?)
    }

    /// Index of the module that owns an address.
    #[must_use]
    pub fn module_at(&self, address: u64) -> Option<usize> {
        let after = self.module_ranges.partition_point(|r| r.start <= address);
        let range = self.module_ranges.get(after.checked_sub(1)?)?;
        (address < range.end).then_some(range.module)
    }

    /// Unloaded modules that covered an address, in dump order.
    pub fn unloaded_at(&self, address: u64) -> impl Iterator<Item = &UnloadedModule> {
        self.unloaded.iter().filter(move |m| m.base <= address && address < m.end())
    }

    /// The layout entry that covers an address.
    #[must_use]
    pub fn region_info_at(&self, address: u64) -> Option<&MemoryRegionInfo> {
        MemoryRegionInfo::find(&self.regions, address)
    }

    /// Whether code can run at an address; `None` if the dump does not describe its address space.
    #[must_use]
    pub fn is_executable(&self, address: u64) -> Option<bool> {
        match self.region_info_at(address) {
            Some(region) => Some(region.protection.execute),
            // A map that was cut must not turn the modules behind the cut into data.
            None if self.regions.is_empty() || self.module_at(address).is_some() => None,
            None => Some(false),
        }
    }

    /// Index in [`Self::threads`] of the thread that crashed: the exception's; without an exception the
    /// one that asked Breakpad for the dump.
    #[must_use]
    pub fn crashing_thread(&self) -> Option<usize> {
        let id = match &self.exception {
            Some(exception) => exception.thread_id,
            None => self.breakpad?.requesting_thread_id?,
        };
        // Of two threads with one id the one with registers is of use.
        let with_id = || self.threads.iter().enumerate().filter(move |(_, t)| t.id == id);
        with_id().find(|(_, t)| t.context.is_some()).or_else(|| with_id().next()).map(|(i, _)| i)
    }

    /// Windows: the thread's last error, from its environment block if the dump has that memory.
    #[must_use]
    pub fn last_error(&self, thread: usize) -> Option<u32> {
        let teb = self.threads.get(thread)?.teb;
        if self.os() != Os::Windows || teb == 0 {
            return None;
        }
        // `LastErrorValue` comes after thirteen pointers.
        self.memory.u32_at(teb.checked_add(13 * self.arch()?.pointer_size())?)
    }
}
