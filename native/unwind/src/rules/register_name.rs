//! The names of registers in Breakpad's unwind rules.

use vocabulary::{Arch, Reg};

/// The number of a register by its name in rules: `$rsp` on x86, `x29` or `sp` on ARM; dumpers differ in the `$`.
pub(super) fn register(arch: Arch, name: &[u8]) -> Option<Reg> {
    let name = name.strip_prefix(b"$").unwrap_or(name);
    if matches!(arch, Arch::Arm | Arch::Arm64) {
        let letter = if arch == Arch::Arm { b'r' } else { b'x' };
        match name {
            [l, d] if *l == letter && d.is_ascii_digit() => return Some(d - b'0'),
            [l, t @ b'1'..=b'3', d] if *l == letter && d.is_ascii_digit() => {
                let number = (t - b'0') * 10 + (d - b'0');
                return (number <= if arch == Arch::Arm { 15 } else { 30 }).then_some(number);
            }
            b"ip" if arch == Arch::Arm => return Some(12),
            _ => {}
        }
    }
    let position = arch.register_names().iter().position(|n| n.as_bytes() == name)?;
    Reg::try_from(position).ok()
}
