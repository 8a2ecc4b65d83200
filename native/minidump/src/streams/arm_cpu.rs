//! What 32-bit ARM processors are called, from the main id register and the hardware capabilities that
//! Linux and Android dumps carry. Numbers: ARM's and Qualcomm's technical reference manuals; capabilities:
//! Linux, `arch/arm/include/uapi/asm/hwcap.h`.

/// Designers: the top byte of the main id register.
const DESIGNERS: &[(u32, &str)] = &[(0x41, "ARM"), (0x51, "Qualcomm"), (0x56, "Marvell"), (0x69, "Intel/Marvell")];

/// Parts: designer and part number of the main id register (mask `0xff00fff0`).
const PARTS: &[(u32, &str)] = &[
    (0x4100_b020, "ARM11-MPCore"),
    (0x4100_b360, "ARM1136"),
    (0x4100_b560, "ARM1156"),
    (0x4100_b760, "ARM1176"),
    (0x4100_9260, "ARM926"),
    (0x4100_9460, "ARM946"),
    (0x4100_9660, "ARM966"),
    (0x4100_c050, "Cortex-A5"),
    (0x4100_c070, "Cortex-A7"),
    (0x4100_c080, "Cortex-A8"),
    (0x4100_c090, "Cortex-A9"),
    (0x4100_c0d0, "Cortex-A12"),
    (0x4100_c0e0, "Cortex-A17"),
    (0x4100_c0f0, "Cortex-A15"),
    (0x4100_c140, "Cortex-R4"),
    (0x4100_c150, "Cortex-R5"),
    (0x4100_d030, "Cortex-A53"),
    (0x4100_d040, "Cortex-A35"),
    (0x4100_d050, "Cortex-A55"),
    (0x4100_d070, "Cortex-A57"),
    (0x4100_d080, "Cortex-A72"),
    (0x4100_d090, "Cortex-A73"),
    (0x5100_00f0, "Scorpion"),
    (0x5100_04d0, "Krait"),
    (0x5100_06f0, "Krait"),
];

/// Capabilities, lowest bit first.
const CAPABILITIES: &[&str] = &[
    "swp", "half", "thumb", "26bit", "fastmult", "fpa", "vfpv2", "edsp", "java", "iwmmxt", "crunch", "thumbee", "neon",
    "vfpv3", "vfpv3d16", "tls", "vfpv4", "idiva", "idivt",
];

/// `ARMv7 ARM Cortex-A9 features: swp,half,…`
pub(crate) fn describe(level: u16, cpuid: u32, hwcap: u32) -> String {
    let mut text = format!("ARMv{level}");
    if cpuid != 0 {
        let designer = cpuid >> 24;
        let part = cpuid & 0xff00_fff0;
        match DESIGNERS.iter().find(|(id, _)| *id == designer) {
            Some((_, name)) => text.push_str(&format!(" {name}")),
            None => text.push_str(&format!(" vendor({designer:#x})")),
        }
        match PARTS.iter().find(|(id, _)| *id == part) {
            Some((_, name)) => text.push_str(&format!(" {name}")),
            None => text.push_str(&format!(" part({part:#x})")),
        }
    }
    if hwcap != 0 {
        let names = CAPABILITIES.iter().enumerate().filter(|(bit, _)| hwcap >> bit & 1 == 1).map(|(_, name)| *name);
        text.push_str(" features: ");
        text.push_str(&names.collect::<Vec<_>>().join(","));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors() {
        assert_eq!(describe(7, 0, 0), "ARMv7");
        assert_eq!(describe(7, 0x411f_c090, 7), "ARMv7 ARM Cortex-A9 features: swp,half,thumb");
        assert_eq!(describe(7, 0x4e00_0010, 0), "ARMv7 vendor(0x4e) part(0x4e000010)");
    }
}
