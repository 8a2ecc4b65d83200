//! Processors: Mach-O's numbers and the names in reports.
//!
//! The numbers are those of `<mach/machine.h>`.

use crate::Arch;

/// `CPU_ARCH_ABI64`
const WIDE: u64 = 0x0100_0000;
/// `CPU_ARCH_ABI64_32`
const WIDE_32: u64 = 0x0200_0000;
/// The bits of a variant that are not capabilities.
const VARIANT: u64 = 0x00ff_ffff;

/// The architecture of `cputype` and `cpusubtype`, and its name.
pub(crate) const fn of_numbers(cpu: u64, variant: u64) -> (Option<Arch>, Option<&'static str>) {
    const X86: u64 = 7;
    const X86_64: u64 = 7 | WIDE;
    const ARM: u64 = 12;
    const ARM64: u64 = 12 | WIDE;
    const ARM64_32: u64 = 12 | WIDE_32;
    match (cpu, variant & VARIANT) {
        (X86, _) => (Some(Arch::X86), Some("i386")),
        (X86_64, 8) => (Some(Arch::Amd64), Some("x86_64h")),
        (X86_64, _) => (Some(Arch::Amd64), Some("x86_64")),
        (ARM, 6) => (Some(Arch::Arm), Some("armv6")),
        (ARM, 9) => (Some(Arch::Arm), Some("armv7")),
        (ARM, 11) => (Some(Arch::Arm), Some("armv7s")),
        (ARM, 12) => (Some(Arch::Arm), Some("armv7k")),
        (ARM, _) => (Some(Arch::Arm), Some("arm")),
        (ARM64, 2) => (Some(Arch::Arm64e), Some("arm64e")),
        (ARM64, _) => (Some(Arch::Arm64), Some("arm64")),
        (ARM64_32, _) => (Some(Arch::Arm64_32), Some("arm64_32")),
        _ => (None, None),
    }
}

/// The architecture of a name as reports and SDKs write it: `ARM-64 (Native)`, `x86_64h`, `armeabi-v7a`, `X64`.
pub(crate) fn of_name(name: &str) -> Option<Arch> {
    let name = name.split_whitespace().next().unwrap_or_default();
    let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    Some(if is(&["arm64", "ARM-64", "ARM64", "aarch64", "arm64-v8a", "arm64v8"]) {
        Arch::Arm64
    } else if is(&["arm64e"]) {
        Arch::Arm64e
    } else if is(&["arm64_32"]) {
        Arch::Arm64_32
    } else if is(&["x86_64", "x86_64h", "X86-64", "x64", "amd64"]) {
        Arch::Amd64
    } else if is(&["x86", "i386", "i486", "i586", "i686"]) {
        Arch::X86
    } else if is(&["arm", "armeabi", "armeabi-v7a", "armv6", "armv7", "armv7s", "armv7k", "armv7l", "armv7f", "thumb"])
    {
        Arch::Arm
    } else {
        return None;
    })
}

/// Whether a word is the name of an architecture of Mach-O.
pub(crate) fn is_name(word: &str) -> bool {
    matches!(
        word,
        "arm64"
            | "arm64e"
            | "arm64_32"
            | "armv6"
            | "armv7"
            | "armv7s"
            | "armv7k"
            | "armv7f"
            | "arm"
            | "x86_64"
            | "x86_64h"
            | "i386"
            | "i486"
            | "i586"
            | "i686"
            | "ppc"
            | "ppc64"
            | "unknown-arch"
    )
}
