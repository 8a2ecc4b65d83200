//! Which module owns an address when modules overlap.

use crate::faults::Faults;
use crate::kind;
use crate::streams::modules::Module;
use crate::streams::system::Os;

/// Addresses that belong to one module: `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModuleRange {
    /// First address; the module's base, whatever overlaps it.
    pub start: u64,
    /// One past the last address; before the module's end if the next module begins there.
    pub end: u64,
    /// Index in [`Dump::modules`](crate::Dump::modules).
    pub module: usize,
}

/// Sort modules into ranges that do not overlap.
///
/// Where two overlap the one with the lower base ends where the other begins: sizes are what writers get
/// wrong, bases are what the loader mapped. Of modules with one base the first in the dump counts. On
/// Android the shared memory of the run-time compiler (`/dev/ashmem/…`) is listed as modules, several
/// times over and across real ones: such an entry counts only where nothing else is.
pub(crate) fn module_ranges(modules: &[Module], os: Os, faults: &mut Faults) -> Vec<ModuleRange> {
    let is_shared = |module: &Module| os == Os::Android && module.name.starts_with("/dev/ashmem");
    let mut order: Vec<usize> = (0..modules.len()).collect();
    order.sort_by_key(|&i| (modules[i].base, i));
    let (shared, order): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|&i| is_shared(&modules[i]));

    let mut ranges: Vec<ModuleRange> = Vec::with_capacity(modules.len());
    for i in order {
        let module = &modules[i];
        let mut tell = |what: &'static str| {
            faults.add(kind::MODULE_LIST, Some(module.index as usize), module.base, what);
        };
        if let Some(below) = ranges.last_mut() {
            if below.start == module.base {
                // An exact duplicate says nothing new and is no fault.
                if below.end != module.end() {
                    tell("the module begins where another does and is not used for addresses");
                }
                continue;
            }
            if below.end > module.base {
                tell("the module overlaps the one below it, which is taken to end here");
                below.end = module.base;
            }
        }
        ranges.push(ModuleRange { start: module.base, end: module.end(), module: i });
    }

    let mut gaps = Vec::new();
    let mut free_from = 0;
    for i in shared {
        let range = ModuleRange { start: modules[i].base, end: modules[i].end(), module: i };
        let above = ranges.partition_point(|r| r.start < range.start);
        let below_ends = above.checked_sub(1).map_or(0, |below| ranges[below].end);
        let above_starts = ranges.get(above).map_or(u64::MAX, |r| r.start);
        if range.start >= below_ends.max(free_from) && range.end <= above_starts {
            free_from = range.end;
            gaps.push(range);
        }
    }
    if !gaps.is_empty() {
        ranges.extend(gaps);
        ranges.sort_by_key(|r| r.start);
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(base: u64, size: u64, name: &str) -> Module {
        Module { base, size, name: name.to_owned(), ..Module::default() }
    }

    fn ranges(modules: &[Module], os: Os) -> (Vec<(u64, u64, usize)>, usize) {
        let mut faults = Faults::default();
        let ranges = module_ranges(modules, os, &mut faults);
        (ranges.iter().map(|r| (r.start, r.end, r.module)).collect(), faults.list.len())
    }

    #[test]
    fn the_lower_one_is_cut() {
        let modules = [module(0x2000, 0x1000, "b"), module(0x1000, 0x1800, "a"), module(0x2000, 0x1000, "b again")];
        assert_eq!(ranges(&modules, Os::Linux), (vec![(0x1000, 0x2000, 1), (0x2000, 0x3000, 0)], 1));
    }

    #[test]
    fn one_base_twice() {
        let modules = [module(0x1000, 0x1000, "a"), module(0x1000, 0x3000, "b")];
        assert_eq!(ranges(&modules, Os::Windows), (vec![(0x1000, 0x2000, 0)], 1));
    }

    #[test]
    fn androids_shared_memory_gives_way() {
        let modules = [
            module(0x1000, 0x1000, "/dev/ashmem/dalvik-jit-code-cache (deleted)"),
            module(0x1800, 0x1000, "libart.so"),
            module(0x4000, 0x1000, "/dev/ashmem/dalvik-jit-code-cache (deleted)"),
            module(0x4800, 0x1000, "/dev/ashmem/dalvik-jit-code-cache (deleted)"),
        ];
        assert_eq!(ranges(&modules, Os::Android), (vec![(0x1800, 0x2800, 1), (0x4000, 0x5000, 2)], 0));
        assert_eq!(ranges(&modules, Os::Linux).0.len(), 4);
    }
}
