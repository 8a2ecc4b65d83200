//! Every context layout, whole, long, short and contradicting what SystemInfo says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use minidump::{Arch, Context, Dump, kind};
use minidump_synth::{Builder, Fields, exception, thread};

const X86: u16 = 0;
const ARM: u16 = 5;
const AMD64: u16 = 9;
const ARM64: u16 = 12;
const ARM64_OLD: u16 = 0x8003;
const LINUX: u32 = 0x8201;

/// The context that is read from these bytes, and how many faults that made.
fn read(architecture: Option<u16>, bytes: &[u8]) -> (Option<Context>, usize) {
    let mut builder = Builder::new();
    if let Some(architecture) = architecture {
        builder.system(architecture, LINUX);
    }
    let context = builder.piece(bytes);
    builder.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), context)]);
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert_eq!(dump.threads.len(), 1);
    (dump.threads[0].context, dump.faults.len())
}

fn x86() -> Vec<u8> {
    let mut fields = Fields::new().u32(0x1_007f).to(156);
    for value in 1..=11 {
        // edi esi ebx edx ecx eax ebp eip cs eflags esp
        fields = fields.u32(value * 0x11);
    }
    fields.to(716).0
}

fn amd64() -> Vec<u8> {
    let mut fields = Fields::new().to(48).u32(0x10_001f).to(68).u32(0x246).to(120);
    for value in 0..17u64 {
        fields = fields.u64(0x7000_0000_0000 + value);
    }
    fields.to(1232).0
}

fn arm(flags: u32) -> Vec<u8> {
    let mut fields = Fields::new().u32(flags);
    for value in 0..16 {
        fields = fields.u32(0x1000 + value);
    }
    fields.u32(0x6000_0010).to(368).0
}

fn arm64() -> Vec<u8> {
    let mut fields = Fields::new().u32(0x40_0003).u32(0x8000_0000);
    for value in 0..33 {
        fields = fields.u64(0x7f_0000_0000 + value);
    }
    fields.to(912).0
}

fn arm64_old() -> Vec<u8> {
    let mut fields = Fields::new().u64(0x8000_0006);
    for value in 0..33 {
        fields = fields.u64(0x7f_0000_0000 + value);
    }
    fields.u32(0x2000_0000).to(796).0
}

fn named(context: &Context, name: &str) -> u64 {
    context.registers.known().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn x86_whole() {
    let (context, faults) = read(Some(X86), &x86());
    let context = context.unwrap();
    assert_eq!((context.registers.arch, context.partial, faults), (Arch::X86, false, 0));
    let expected = [("edi", 0x11), ("esi", 0x22), ("ebx", 0x33), ("edx", 0x44), ("ecx", 0x55), ("eax", 0x66)];
    for (name, value) in expected.into_iter().chain([("ebp", 0x77), ("eip", 0x88), ("esp", 0xbb)]) {
        assert_eq!(named(&context, name), value, "{name}");
    }
    assert_eq!((context.flags, context.context_flags), (0xaa, 0x1_007f));
}

#[test]
fn amd64_whole() {
    let (context, faults) = read(Some(AMD64), &amd64());
    let context = context.unwrap();
    assert_eq!((context.registers.arch, context.partial, faults), (Arch::Amd64, false, 0));
    let order = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13"];
    for (i, name) in order.into_iter().chain(["r14", "r15", "rip"]).enumerate() {
        assert_eq!(named(&context, name), 0x7000_0000_0000 + i as u64, "{name}");
    }
    assert_eq!((context.flags, context.context_flags), (0x246, 0x10_001f));
}

#[test]
fn arm_in_three_spellings() {
    // Breakpad, early Breakpad, Windows.
    for flags in [0x4000_0006, 0x40, 0x20_000f] {
        let (context, faults) = read(Some(ARM), &arm(flags));
        let context = context.unwrap();
        assert_eq!((context.registers.arch, context.partial, faults), (Arch::Arm, false, 0), "{flags:#x}");
        assert_eq!(named(&context, "r0"), 0x1000);
        assert_eq!(named(&context, "fp"), 0x100b);
        assert_eq!((context.registers.sp(), context.registers.pc()), (0x100d, 0x100f));
        assert_eq!(context.flags, 0x6000_0010);
    }
}

#[test]
fn arm64_in_both_layouts() {
    for (bytes, flags) in [(arm64(), 0x8000_0000), (arm64_old(), 0x2000_0000)] {
        for architecture in [ARM64, ARM64_OLD] {
            let (context, faults) = read(Some(architecture), &bytes);
            let context = context.unwrap();
            assert_eq!((context.registers.arch, context.partial, faults), (Arch::Arm64, false, 0));
            assert_eq!(named(&context, "x0"), 0x7f_0000_0000);
            assert_eq!(named(&context, "lr"), 0x7f_0000_001e);
            assert_eq!((context.registers.sp(), context.registers.pc()), (0x7f_0000_001f, 0x7f_0000_0020));
            assert_eq!(context.flags, flags);
        }
    }
}

#[test]
fn state_after_the_structure_is_no_fault() {
    for (architecture, mut bytes) in [(X86, x86()), (AMD64, amd64()), (ARM64, arm64())] {
        let short = read(Some(architecture), &bytes).0;
        bytes.resize(bytes.len() + 64 * 1024, 0xcc);
        assert_eq!(read(Some(architecture), &bytes), (short, 0));
    }
}

#[test]
fn a_short_context_gives_what_it_has() {
    let (context, faults) = read(Some(AMD64), &amd64()[..248]);
    let context = context.unwrap();
    assert!(context.partial);
    assert_eq!(faults, 1);
    assert_eq!(context.registers.sp(), 0x7000_0000_0004);
    assert_eq!(context.registers.get(minidump::amd64::RIP), None);

    for length in [0, 3, 47, 100, 119, 127] {
        let (context, faults) = read(Some(AMD64), &amd64()[..length]);
        assert_eq!((context, faults), (None, usize::from(length != 0)), "{length}");
    }
}

#[test]
fn without_system_info_the_flags_tell() {
    for (bytes, arch) in [
        (x86(), Arch::X86),
        (amd64(), Arch::Amd64),
        (arm(0x4000_0006), Arch::Arm),
        (arm64(), Arch::Arm64),
        (arm64_old(), Arch::Arm64),
    ] {
        assert_eq!(read(None, &bytes).0.unwrap().registers.arch, arch);
    }
    assert_eq!(read(None, &[0; 716]).0, None);
}

#[test]
fn without_flags_system_info_tells() {
    let mut bytes = x86();
    bytes[..4].fill(0);
    assert_eq!(read(Some(X86), &bytes).0.unwrap().registers.arch, Arch::X86);
    let mut bytes = arm64();
    bytes[..4].fill(0);
    assert_eq!(read(Some(ARM64), &bytes).0.unwrap().registers.pc(), 0x7f_0000_0020);
}

#[test]
fn a_context_of_another_processor_is_believed_if_size_and_flags_agree() {
    assert_eq!(read(Some(X86), &amd64()).0.unwrap().registers.arch, Arch::Amd64);
    assert_eq!(read(Some(AMD64), &x86()).0.unwrap().registers.arch, Arch::X86);
}

#[test]
fn a_processor_nobody_reads() {
    // MIPS: its context has flags that look like no other's.
    let (context, faults) = read(Some(1), &Fields::new().u32(0x4_0000).to(600).0);
    assert_eq!((context, faults), (None, 1));
}

#[test]
fn a_context_outside_of_the_file() {
    let mut builder = Builder::new();
    builder.system(AMD64, LINUX);
    builder.list(kind::THREAD_LIST, &[thread(1, (0, (0, 0)), (1232, 0xffff_0000)), thread(2, (0, (0, 0)), (0, 0))]);
    builder.stream(kind::EXCEPTION, exception(1, 11, &[], (u32::MAX, u32::MAX)));
    let file = builder.build();
    let dump = Dump::parse(&file).unwrap();
    assert!(dump.threads.iter().all(|t| t.context.is_none()));
    let messages: Vec<_> = dump.faults.iter().map(|f| (f.stream, f.entry, f.offset)).collect();
    assert_eq!(messages, [(Some(3), Some(0), 0xffff_0000), (Some(6), None, 0xffff_ffff)]);
}
