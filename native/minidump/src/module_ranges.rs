//! Which module owns an address when modules overlap.

use crate::faults::Faults;
use crate::kind;
use crate::streams::modules::Module;
use std::cmp::Reverse;

use vocabulary::ranges::{Span, disjoint};
use vocabulary::{ModuleRange, Os};

/// Sort modules into ranges that do not overlap.
///
/// Where two overlap, the one with the higher base owns what both claim: sizes are what writers get wrong,
/// bases are where something was mapped. Not so on Android: packed relocations make writers give a base
/// *below* where the file is mapped (by the bytes the packing saved), so the module that ends first owns
/// what both claim. Sighted: Firefox on Android 6, where `libnetd_client.so` lies inside of what
/// `libmedia.so` claims, and `libmedia.so` begins inside of `libui.so`; the maps agree with this rule.
/// Of two that claim the same, the first in the dump owns it (Android lists `/dev/ashmem/…` repeatedly).
pub(crate) fn module_ranges(modules: &[Module], os: Os, faults: &mut Faults) -> Vec<ModuleRange> {
    let rank = |module: &Module| {
        if os == Os::Android { (module.end(), Reverse(module.base)) } else { (0, Reverse(module.base)) }
    };
    let spans = modules.iter().enumerate();
    let spans = spans.map(|(i, m)| Span { start: m.base, end: m.end(), rank: (rank(m), i) });
    let pieces = disjoint(spans.collect());
    let ranges: Vec<_> =
        pieces.into_iter().map(|p| ModuleRange { start: p.start, end: p.end, module: p.rank.1 }).collect();
    // On Android overlaps are as usual as harmless.
    if os != Os::Android {
        report_losers(modules, &ranges, faults);
    }
    ranges
}

/// Report which modules do not own all they claim. Exact duplicates are not reported.
fn report_losers(modules: &[Module], ranges: &[ModuleRange], faults: &mut Faults) {
    let mut owned = vec![0; modules.len()];
    for range in ranges {
        owned[range.module] += range.end - range.start;
    }
    for (module, owned) in modules.iter().zip(owned) {
        if owned != 0 && owned != module.size {
            let message = format!("{owned:#x} of the module's {:#x} bytes are its own, others overlap it", module.size);
            faults.add(kind::MODULE_LIST, Some(module.index as usize), module.offset, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(base: u64, end: u64, name: &str) -> Module {
        Module { base, size: end - base, name: name.to_owned(), ..Module::default() }
    }

    fn ranges(modules: &[Module], os: Os) -> (Vec<(u64, u64, usize)>, usize) {
        let mut faults = Faults::default();
        let ranges = module_ranges(modules, os, &mut faults);
        (ranges.iter().map(|r| (r.start, r.end, r.module)).collect(), faults.list.len())
    }

    #[test]
    fn the_lower_one_is_cut() {
        let modules = [module(0x2000, 0x3000, "b"), module(0x1000, 0x2800, "a"), module(0x2000, 0x3000, "b again")];
        assert_eq!(ranges(&modules, Os::Windows), (vec![(0x1000, 0x2000, 1), (0x2000, 0x3000, 0)], 1));
    }

    #[test]
    fn one_inside_another() {
        let modules = [module(0x1000, 0x5000, "outer"), module(0x2000, 0x3000, "inner")];
        let expected = vec![(0x1000, 0x2000, 0), (0x2000, 0x3000, 1), (0x3000, 0x5000, 0)];
        assert_eq!(ranges(&modules, Os::Linux), (expected.clone(), 1));
        assert_eq!(ranges(&modules, Os::Android), (expected, 0));
    }

    #[test]
    fn one_base_twice() {
        let modules = [module(0x1000, 0x2000, "a"), module(0x1000, 0x4000, "b")];
        assert_eq!(ranges(&modules, Os::Windows), (vec![(0x1000, 0x2000, 0), (0x2000, 0x4000, 1)], 1));
    }

    #[test]
    fn androids_bases_are_too_low() {
        let modules = [
            module(0x4147_4000, 0x4148_c000, "libui.so"),
            module(0x4147_6000, 0x4155_b000, "libmedia.so"),
            module(0x4148_c000, 0x4149_2000, "libnetd_client.so"),
        ];
        let expected =
            vec![(0x4147_4000, 0x4148_c000, 0), (0x4148_c000, 0x4149_2000, 2), (0x4149_2000, 0x4155_b000, 1)];
        assert_eq!(ranges(&modules, Os::Android), (expected, 0));
    }
}
