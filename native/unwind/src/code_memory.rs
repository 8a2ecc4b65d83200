//! Where code can be, by the layout of the address space.
//!
//! That memory is executable does not prove that it holds code. A Linux process whose personality has `READ_IMPLIES_EXEC`, as a program or library
//! without a GNU-stack note gives it, has every readable page executable, heap and stack included; since Linux 5.8 it is
//! the stack alone. (Sighted in a real dump of Electron: 179 of 520 mappings are `rwx`, and a scan that trusted them made 348
//! frames out of pointers into the heap.)

use vocabulary::{MemoryRegionInfo, RegionKind, RegionState};

/// What an address outside of all modules may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outside {
    /// Data, a stack, or nothing.
    NoCode,
    /// The address space is not described.
    Unknown,
    /// Memory that may be run and written: generated code and data cannot be distinguished.
    Doubtful,
    /// Generated code: memory that was made executable on purpose, and that is not written to.
    Generated,
}

/// What is known of executable memory as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeMemory {
    /// Executable regions that threads have their stacks in: base addresses, sorted.
    stacks: Vec<u64>,
    /// Whether data are executable everywhere, so that the permission means nothing.
    means_nothing: bool,
}

impl CodeMemory {
    /// From the layout of the address space and the stack pointers of threads.
    pub(crate) fn new(space: &[MemoryRegionInfo], stack_pointers: impl Iterator<Item = u64>) -> Self {
        if !space.iter().any(|r| r.protection.execute && r.protection.write) {
            return Self::default();
        }
        let mut stacks: Vec<u64> = stack_pointers
            .filter_map(|sp| MemoryRegionInfo::find(space, sp))
            .filter(|r| r.protection.execute)
            .map(|r| r.base)
            .collect();
        stacks.sort_unstable();
        stacks.dedup();
        // Where data are executable, hardly any of a process's writable memory is not.
        let is_data = |r: &&MemoryRegionInfo| {
            r.protection.write && r.state == RegionState::Committed && r.kind != RegionKind::Image
        };
        let data = space.iter().filter(is_data).count();
        let executable = space.iter().filter(is_data).filter(|r| r.protection.execute).count();
        let has_stack = !stacks.is_empty() || space.iter().any(|r| r.protection.execute && r.kind == RegionKind::Stack);
        Self { stacks, means_nothing: has_stack && 2 * executable > data }
    }

    /// What an address outside of all modules may hold.
    pub(crate) fn outside(&self, space: &[MemoryRegionInfo], address: u64) -> Outside {
        let Some(region) = MemoryRegionInfo::find(space, address) else {
            return if space.is_empty() { Outside::Unknown } else { Outside::NoCode };
        };
        let is_data = matches!(region.kind, RegionKind::Stack | RegionKind::Heap);
        if !region.protection.execute || is_data || self.stacks.binary_search(&region.base).is_ok() {
            Outside::NoCode
        } else if self.means_nothing || region.protection.write {
            Outside::Doubtful
        } else {
            Outside::Generated
        }
    }

    /// Whether executable memory of this process is known to hold data as well.
    pub(crate) const fn means_nothing(&self) -> bool {
        self.means_nothing
    }
}
