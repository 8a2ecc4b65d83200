//! One instruction of each form. Registers are those of [`super::context`].

use super::super::operand::Use::{self, Read, ReadWrite, Write};
use super::super::operand::{Decoded, Target};
use super::{A32, Arch, T32, code, of};

type Access = (u64, u64, Use);

fn accesses(decoded: &Decoded) -> Vec<Access> {
    let one = |a: &super::super::operand::MemoryAccess| (a.address.unwrap_or(0xdead), a.size.unwrap_or(0), a.kind);
    decoded.accesses.iter().map(one).collect()
}

fn check(arch: Arch, status: u32, bytes: &[u8], text: &str, expected: &[Access]) {
    let decoded = of(arch, status, bytes).unwrap_or_else(|| panic!("{text} is not decoded"));
    assert_eq!((decoded.text.as_str(), &accesses(&decoded)[..]), (text, expected), "{bytes:02x?}");
}

#[test]
fn amd64() {
    // rax 0x1000, rdx 0x2000, rcx 0x3000, rbx 0x4000, rsi 0x5000, rdi 0x6000, rbp 0x7000, rsp 0x8000.
    for (bytes, text, expected) in [
        (&[0x89u8, 0x08][..], "mov dword [rax], ecx", &[(0x1000u64, 4u64, Write)][..]),
        (&[0x48, 0x8b, 0x44, 0xca, 0xf8], "mov rax, qword [rdx + rcx * 8 - 0x8]", &[(0x1_9ff8, 8, Read)]),
        (&[0x48, 0x8b, 0x05, 1, 0, 0, 0], "mov rax, qword [rip + 0x1]", &[(0x40_0008, 8, Read)]),
        (&[0x00, 0x00], "add byte [rax], al", &[(0x1000, 1, ReadWrite)]),
        (&[0xf0, 0x0f, 0xb1, 0x0a], "lock cmpxchg dword [rdx], ecx", &[(0x2000, 4, ReadWrite)]),
        (&[0x48, 0x8d, 0x04, 0x25, 0, 0, 0, 0], "lea rax, [0x0]", &[]),
        (&[0x0f, 0x1f, 0x00], "nop dword [rax]", &[]),
        (&[0x0f, 0x18, 0x08], "prefetcht0 byte [rax]", &[]),
        (&[0x50], "push rax", &[(0x7ff8, 8, Write)]),
        (&[0xff, 0x30], "push qword [rax]", &[(0x1000, 8, Read), (0x7ff8, 8, Write)]),
        (&[0x58], "pop rax", &[(0x8000, 8, Read)]),
        (&[0xf3, 0xa4], "rep movsb", &[(0x6000, 1, Write), (0x5000, 1, Read)]),
        (&[0xf3, 0x48, 0xab], "rep stosq", &[(0x6000, 8, Write)]),
        (&[0x0f, 0x29, 0x00], "movaps oword [rax], xmm0", &[(0x1000, 16, Write)]),
        (&[0x64, 0x8b, 0x00], "mov eax, dword [fs:rax]", &[(0xdead, 4, Read)]),
        (&[0x67, 0x8b, 0x00], "mov eax, dword [eax]", &[(0x1000, 4, Read)]),
        (&[0xd7], "xlatb", &[(0x4000, 1, Read)]),
    ] {
        check(Arch::Amd64, 0, bytes, text, expected);
    }
}

#[test]
fn x86() {
    // eax 0x1000, ecx 0x2000, edx 0x3000, ebx 0x4000, esp 0x5000, ebp 0x6000.
    for (bytes, text, expected) in [
        (&[0x8bu8, 0x45, 0xfc][..], "mov eax, dword [ebp - 0x4]", &[(0x5ffcu64, 4u64, Read)][..]),
        (&[0xa1, 0xff, 0xff, 0xff, 0xff], "mov eax, dword [0xffffffff]", &[(0xffff_ffff, 4, Read)]),
        (&[0xff, 0x52, 0x08], "call dword [edx + 0x8]", &[(0x3008, 4, Read), (0x4ffc, 4, Write)]),
        (&[0x01, 0x18], "add dword [eax], ebx", &[(0x1000, 4, ReadWrite)]),
    ] {
        check(Arch::X86, 0, bytes, text, expected);
    }
}

#[test]
fn arm64() {
    // x0 0x1000, x1 0x2000 ... x29 0x1e000, sp 0x20000.
    for (word, text, expected) in [
        (0xb900_001fu32, "str wzr, [x0]", &[(0x1000u64, 4u64, Write)][..]),
        (0xf940_0420, "ldr x0, [x1, #0x8]", &[(0x2008, 8, Read)]),
        (0xa9be_7bfd, "stp x29, x30, [sp, #-0x20]!", &[(0x1_ffe0, 16, Write)]),
        (0xa8c2_7bfd, "ldp x29, x30, [sp], #0x20", &[(0x2_0000, 16, Read)]),
        (0xf861_6800, "ldr x0, [x0, x1]", &[(0x3000, 8, Read)]),
        (0xf861_7800, "ldr x0, [x0, x1, lsl #3]", &[(0x1_1000, 8, Read)]),
        (0x3dc0_0020, "ldr q0, [x1]", &[(0x2000, 16, Read)]),
        (0x885f_7c00, "ldxr w0, [x0]", &[(0x1000, 4, Read)]),
        (0xb8e1_0002, "ldaddal w1, w2, [x0]", &[(0x1000, 4, ReadWrite)]),
        (0xc8e1_7c02, "casa x1, x2, [x0]", &[(0x1000, 8, ReadWrite)]),
        (0x4c40_2000, "ld1 {v0.16b, v1.16b, v2.16b, v3.16b}, [x0]", &[(0x1000, 64, Read)]),
        (0x0d00_8400, "st1 {v0.d}[0], [x0]", &[(0x1000, 8, Write)]),
        (0x1800_0040, "ldr w0, $+0x8", &[(0x40_0008, 4, Read)]),
        (0xf980_0000, "prfm pldl1keep, [x0]", &[]),
        (0xf800_0c20, "str x0, [x1, #0x0]!", &[(0x2000, 8, Write)]),
        (0xd50b_7420, "sys #0x3, c7, c4, #0x1, x0", &[(0x1000, 64, Write)]),
        (0x8b01_0000, "add x0, x0, x1", &[]),
    ] {
        check(Arch::Arm64, 0, &word.to_le_bytes(), text, expected);
    }
}

#[test]
fn arm() {
    // r0 0x1000 ... fp 0xc000, sp 0xe000.
    for (word, text, expected) in [
        (0xe591_0004u32, "ldr r0, [r1, 0x4]", &[(0x2004u64, 4u64, Read)][..]),
        (0xe501_0004, "str r0, [r1, -0x4]", &[(0x1ffc, 4, Write)]),
        (0xe791_0102, "ldr r0, [r1, r2, lsl 2]", &[(0xe000, 4, Read)]),
        (0xe92d_4800, "push {fp, lr}", &[(0xdff8, 8, Write)]),
        (0xe8bd_8800, "pop {fp, pc}", &[(0xe000, 8, Read)]),
        (0xe1c1_00b2, "strh r0, [r1, 0x2]", &[(0x2002, 2, Write)]),
        (0xe1c1_00d0, "ldrd r0, r1, [r1]", &[(0x2000, 8, Read)]),
        (0xe59f_0004, "ldr r0, [pc, 0x4]", &[(0x40_000c, 4, Read)]),
        (0xed91_0b02, ".inst 0xed910b02", &[(0x2008, 8, Read)]),
        (0xf461_0a0f, ".inst 0xf4610a0f", &[(0x2000, 16, Read)]),
        (0xe191_0f9f, "ldrex r0, [r1]", &[(0x2000, 4, Read)]),
    ] {
        check(Arch::Arm, A32, &word.to_le_bytes(), text, expected);
    }
}

#[test]
fn thumb() {
    for (word, narrow, text, expected) in [
        (0x6018u32, true, "str r0, [r3]", &[(0x4000u64, 4u64, Write)][..]),
        (0x7048, true, "strb r0, [r1, 0x1]", &[(0x2001, 1, Write)]),
        (0x5688, true, "ldrsb r0, [r1, r2]", &[(0x5000, 1, Read)]),
        (0x9801, true, "ldr r0, [sp, 0x4]", &[(0xe004, 4, Read)]),
        (0x4801, true, "ldr r0, [pc, 0x4]", &[(0x40_0008, 4, Read)]),
        (0xb510, true, "push {r4, lr}", &[(0xdff8, 8, Write)]),
        (0xbd10, true, "pop {r4, pc}", &[(0xe000, 8, Read)]),
        (0xf8d1_1004, false, "ldr.w r1, [r1, 0x4]", &[(0x2004, 4, Read)]),
        (0xf841_0c04, false, "str.w r0, [r1, -0x4]", &[(0x1ffc, 4, Write)]),
        (0xe92d_4ff0, false, "push {r4, r5, r6, r7, r8, sb, r10, fp, lr}", &[(0xdfdc, 36, Write)]),
        (0xe9d1_0202, false, "ldrd r0, r2, [r1, 0x8]", &[(0x2008, 8, Read)]),
        (0xed91_0b02, false, ".inst.w 0xed910b02", &[(0x2008, 8, Read)]),
        (0xf961_0a0f, false, ".inst.w 0xf9610a0f", &[(0x2000, 16, Read)]),
        (0xf891_f000, false, "pld.w [r1]", &[]),
    ] {
        check(Arch::Arm, T32, &code(T32, word, narrow), text, expected);
    }
}

#[test]
fn targets() {
    let target = |arch, status, bytes: &[u8]| of(arch, status, bytes).unwrap().target;
    for (bytes, expected) in [
        (&[0xffu8, 0xd0][..], Some(Target::Address(0x1000))),
        (&[0xff, 0x10], Some(Target::Memory(0x1000))),
        (&[0xc3], Some(Target::Memory(0x8000))),
        (&[0xe9, 0xfb, 0xff, 0xff, 0xff], Some(Target::Address(0x40_0000))),
        (&[0x74, 0x00], None),
        (&[0x90], None),
    ] {
        assert_eq!(target(Arch::Amd64, 0, bytes), expected, "{bytes:02x?}");
    }
    for (word, expected) in [
        (0xd63f_0100u32, Some(Target::Address(0x9000))),
        (0xd65f_03c0, Some(Target::Address(0x1_f000))),
        (0x97ff_ffff, Some(Target::Address(0x3f_fffc))),
        (0x5400_0000, None),
    ] {
        assert_eq!(target(Arch::Arm64, 0, &word.to_le_bytes()), expected, "{word:#x}");
    }
    for (status, word, narrow, expected) in [
        (A32, 0xe12f_ff33u32, false, Some(Target::Address(0x4000))),
        (A32, 0xeb00_0000, false, Some(Target::Address(0x40_0008))),
        (A32, 0xe8bd_8800, false, Some(Target::Memory(0xe004))),
        (A32, 0x0aff_fffe, false, None),
        (T32, 0x4798, true, Some(Target::Address(0x4000))),
        (T32, 0xe7fe, true, Some(Target::Address(0x40_0000))),
        (T32, 0xbd10, true, Some(Target::Memory(0xe004))),
        (T32, 0xf000_f801, false, Some(Target::Address(0x40_0006))),
    ] {
        assert_eq!(target(Arch::Arm, status, &code(status, word, narrow)), expected, "{word:#x}");
    }
}

#[test]
fn pieces_of_instructions_are_none() {
    assert!(of(Arch::Amd64, 0, &[0x48]).is_none());
    assert!(of(Arch::Arm64, 0, &[0, 0, 0x40]).is_none());
    assert!(of(Arch::Arm, A32, &[0, 0, 0x91]).is_none());
    assert!(of(Arch::Arm, T32, &[0x2d, 0xe9]).is_none());
    assert!(of(Arch::Arm, 0, &[0x18, 0x60, 0, 0]).is_none(), "neither ARM nor Thumb is certain");
}
