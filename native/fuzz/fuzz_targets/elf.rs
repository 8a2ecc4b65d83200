//! ELF files: the first byte chooses a good one, the others are patches to it. Of debug files with a package the package is
//! changed, too.
#![no_main]

use std::sync::OnceLock;

use debuginfo::companions::Companion;
use debuginfo::formats::Given;
use libfuzzer_sys::fuzz_target;
use symbolicate_fuzz::debug_file::{fixture, patched, read};
use symbolicate_fuzz::{Limit, within};

// As for any debug file; and the sections of the package.
const LIMIT: Limit = Limit { base: 6 << 20, factor: 64 };

const FILES: [&str; 7] = [
    "elf/x86_64-gcc-dwarf5/gauge",
    "elf/x86_64-gcc-dwarf5/gauge.debug",
    "elf/x86_64-gcc-lto/gauge.debug",
    "elf/arm64-clang-dwarf5/gauge.debug",
    "elf/arm-clang-dwarf4/gauge",
    "elf/arm-clang-dwarf4/gauge.debug",
    "elf/arm64-clang-package/gauge.debug",
];

fuzz_target!(|bytes: &[u8]| {
    static GOOD: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    static PACKAGE: OnceLock<Vec<u8>> = OnceLock::new();
    let Some((&which, patches)) = bytes.split_first() else { return };
    let good = GOOD.get_or_init(|| FILES.map(fixture).to_vec());
    let Some(file) = good.get(usize::from(which & 7)).map(|good| patched(good, patches)) else {
        // The package alone is changed.
        let package = patched(PACKAGE.get_or_init(|| fixture("elf/arm64-clang-package/gauge.dwp")), patches);
        let companions = [(&Companion::Package, package.as_slice())].into_iter().collect();
        let given = Given { companions, .."fuzzed".into() };
        let file = good.last().map_or(&[][..], Vec::as_slice);
        return within(LIMIT, file.len() + package.len(), || read(file, &given));
    };
    within(LIMIT, file.len(), || read(&file, &Given::from("fuzzed")));
});
