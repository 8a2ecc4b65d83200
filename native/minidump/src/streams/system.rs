//! SystemInfo (7): processor and operating system.

use vocabulary::{Arch, Os};

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{Source, array_at, u16_at, u32_at, u32_or_0, u64_or_0};
use crate::streams::arm_cpu;

/// What the dump says about the processor beside its architecture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CpuDetails {
    /// CPUID of 32-bit x86.
    X86 {
        /// `GenuineIntel` and the like, 12 bytes.
        vendor: [u8; 12],
        /// CPUID 1, eax.
        version: u32,
        /// CPUID 1, edx.
        features: u32,
        /// CPUID 0x80000001, edx.
        amd_features: u32,
    },
    /// MIDR and hardware capabilities of ARM on Linux and Android.
    Arm {
        /// Main ID register; 0 if unknown.
        cpuid: u32,
        /// `AT_HWCAP`.
        hwcap: u32,
    },
    /// Two words of processor features, all other architectures.
    Other {
        /// `IsProcessorFeaturePresent` bits.
        features: [u64; 2],
    },
}

/// `MINIDUMP_SYSTEM_INFO`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemInfo {
    /// `PROCESSOR_ARCHITECTURE_*`, Breakpad's 0x8000 series included.
    pub architecture: u16,
    /// Family.
    pub level: u16,
    /// Model and stepping.
    pub revision: u16,
    /// Number of processors.
    pub cpu_count: u8,
    /// Workstation, server …
    pub product_type: u8,
    /// Operating system version.
    pub major: u32,
    /// Operating system version.
    pub minor: u32,
    /// Operating system build.
    pub build: u32,
    /// Operating system.
    pub os: Os,
    /// The number that `os` was read from: `VER_PLATFORM_*`, Breakpad's 0x8000 series included.
    pub platform_id: u32,
    /// Service pack, or `uname` on Linux.
    pub csd: Option<String>,
    /// `VER_SUITE_*` bits.
    pub suite_mask: u16,
    /// More about the processor.
    pub cpu: CpuDetails,
}

impl SystemInfo {
    /// The architecture, if contexts of it can be read.
    #[must_use]
    pub const fn arch(&self) -> Option<Arch> {
        match self.architecture {
            0 | 10 => Some(Arch::X86),
            9 => Some(Arch::Amd64),
            5 => Some(Arch::Arm),
            12 | 0x8003 => Some(Arch::Arm64),
            _ => None,
        }
    }

    /// The architecture's name as reports print it.
    #[must_use]
    pub const fn cpu_name(&self) -> &'static str {
        match self.architecture {
            0 | 10 => "x86",
            9 => "amd64",
            5 => "arm",
            12 | 0x8003 => "arm64",
            // Contexts of these are not read: their dumps give modules and threads, but no stacks.
            1 => "mips",
            2 => "alpha",
            3 => "ppc",
            4 => "sh",
            6 => "ia64",
            7 => "alpha64",
            0x8001 => "sparc",
            0x8002 => "ppc64",
            0x8004 => "mips64",
            0x8005 => "riscv",
            0x8006 => "riscv64",
            _ => "unknown",
        }
    }

    /// Version and build as one text: `10.0.22631 4751`.
    ///
    /// On Linux the numbers are those of the kernel, which writers leave 0 and put into the text of `uname`
    /// instead: `Linux 4.9.60-linuxkit-aufs #1 SMP … x86_64` gives `4.9.60-linuxkit-aufs #1 SMP …`.
    #[must_use]
    pub fn os_version(&self) -> String {
        let numbers = format!("{}.{}.{}", self.major, self.minor, self.build);
        let text = self.csd.as_deref().unwrap_or("").trim();
        // Crashpad and current Breakpad clients fill the numbers in; the text is then only what follows them.
        if self.os == Os::Linux
            && numbers == "0.0.0"
            && let Some(version) = uname_version(text)
        {
            return version;
        }
        if text.is_empty() { numbers } else { format!("{numbers} {text}") }
    }

    /// What kind of processor: `GenuineIntel family 6 model 13 stepping 8`.
    #[must_use]
    pub fn cpu_info(&self) -> Option<String> {
        match (self.arch()?, &self.cpu) {
            (Arch::X86 | Arch::Amd64, cpu) => {
                let (model, stepping) = (self.revision >> 8, self.revision & 0xff);
                let text = format!("family {} model {model} stepping {stepping}", self.level);
                match cpu {
                    CpuDetails::X86 { vendor, .. } if vendor.iter().all(|b| b.is_ascii_graphic()) => {
                        Some(format!("{} {text}", String::from_utf8_lossy(vendor)))
                    }
                    _ => Some(text),
                }
            }
            (Arch::Arm, CpuDetails::Arm { cpuid, hwcap }) => Some(arm_cpu::describe(self.level, *cpuid, *hwcap)),
            _ => None,
        }
    }
}

/// `uname -srvm` without the system's name and the machine: `None` for another text.
fn uname_version(text: &str) -> Option<String> {
    let mut words: Vec<&str> = text.split(' ').collect();
    if words.len() < 3 || words.get(1).is_none_or(|v| *v == "0.0.0") {
        return None;
    }
    // Some writers end with the machine, some with "Linux/GNU" after it.
    if words.pop() == Some("Linux/GNU") && words.len() > 2 {
        words.pop();
    }
    Some(words[1..].join(" "))
}

/// The system of `MINIDUMP_SYSTEM_INFO`'s platform id.
const fn os(platform_id: u32) -> Os {
    match platform_id {
        // Win32s, 9x, NT, CE.
        0..=3 => Os::Windows,
        0x8101 => Os::MacOs,
        0x8102 => Os::Ios,
        0x8201 => Os::Linux,
        0x8202 => Os::Solaris,
        0x8203 => Os::Android,
        0x8204 => Os::Ps3,
        0x8205 => Os::NaCl,
        0x8206 => Os::Fuchsia,
        _ => Os::Unknown,
    }
}

pub(crate) fn parse(stream: &Stream<'_>, source: &Source<'_>, faults: &mut Faults) -> Option<SystemInfo> {
    let bytes = stream.bytes;
    let (Some(architecture), Some(platform_id)) = (u16_at(bytes, 0), u32_at(bytes, 20)) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends before the platform id and is skipped");
        return None;
    };
    let csd_rva = u32_or_0(bytes, 24);
    let csd = match source.utf16(csd_rva.into()) {
        _ if csd_rva == 0 => None,
        Ok(text) => Some(text).filter(|text| !text.is_empty()),
        Err(e) => {
            faults.add(stream.kind, None, csd_rva.into(), format!("the service pack's text {}", e.reason()));
            None
        }
    };
    let cpu = match architecture {
        0 | 10 => CpuDetails::X86 {
            vendor: array_at(bytes, 32).unwrap_or_default(),
            version: u32_or_0(bytes, 44),
            features: u32_or_0(bytes, 48),
            amd_features: u32_or_0(bytes, 52),
        },
        5 => CpuDetails::Arm { cpuid: u32_or_0(bytes, 32), hwcap: u32_or_0(bytes, 36) },
        _ => CpuDetails::Other { features: [u64_or_0(bytes, 32), u64_or_0(bytes, 40)] },
    };
    Some(SystemInfo {
        architecture,
        level: u16_at(bytes, 2).unwrap_or(0),
        revision: u16_at(bytes, 4).unwrap_or(0),
        cpu_count: bytes.get(6).copied().unwrap_or(0),
        product_type: bytes.get(7).copied().unwrap_or(0),
        major: u32_or_0(bytes, 8),
        minor: u32_or_0(bytes, 12),
        build: u32_or_0(bytes, 16),
        os: os(platform_id),
        platform_id,
        csd,
        suite_mask: u16_at(bytes, 28).unwrap_or(0),
        cpu,
    })
}
