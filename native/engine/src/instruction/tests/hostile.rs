//! Any bytes, any registers.

use minidump::Context;
use proptest::prelude::*;
use vocabulary::{Arch, Registers};

use super::super::decode;

fn any_context(arch: Arch) -> impl Strategy<Value = Context> {
    let number = prop_oneof![Just(0), Just(u64::MAX), Just(1 << 63), 0..0x1000u64, any::<u64>()];
    (proptest::collection::vec(number, 33), any::<u64>(), any::<u32>()).prop_map(move |(values, valid, flags)| {
        let mut registers = Registers::new(arch);
        for (number, value) in values.into_iter().enumerate() {
            registers.set(u8::try_from(number).unwrap(), value);
            if valid >> number & 1 == 0 {
                registers.forget(u8::try_from(number).unwrap());
            }
        }
        Context { registers, flags, context_flags: 0, code_segment: 0, partial: false }
    })
}

fn bounded(arch: Arch, bytes: &[u8], context: &Context) {
    let Some(decoded) = decode(bytes, context, Some(u64::MAX)) else { return };
    assert!(!decoded.text.is_empty() && decoded.text.len() < 200, "{}", decoded.text);
    assert!(decoded.length <= bytes.len() as u64);
    // ENTER copies up to 31 frame pointers.
    assert!(decoded.accesses.len() <= 64, "{decoded:?}");
    for access in &decoded.accesses {
        assert!(access.address.is_none_or(|a| a <= arch.word_mask()), "{decoded:x?}");
        assert!(access.size.is_none_or(|s| s <= 1 << 14), "{decoded:x?}");
        assert!(!access.covers(0, arch.word_mask()) || access.address.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn x86(bytes in proptest::collection::vec(any::<u8>(), 0..16), context in any_context(Arch::X86)) {
        bounded(Arch::X86, &bytes, &context);
    }

    #[test]
    fn amd64(bytes in proptest::collection::vec(any::<u8>(), 0..16), context in any_context(Arch::Amd64)) {
        bounded(Arch::Amd64, &bytes, &context);
    }

    #[test]
    fn arm64(bytes in proptest::collection::vec(any::<u8>(), 0..8), context in any_context(Arch::Arm64)) {
        bounded(Arch::Arm64, &bytes, &context);
    }

    /// Loads and stores are a quarter of all words: look there.
    #[test]
    fn arm64_loads(word in any::<u32>(), context in any_context(Arch::Arm64)) {
        bounded(Arch::Arm64, &(word & !0x0200_0000 | 0x0800_0000).to_le_bytes(), &context);
    }

    #[test]
    fn arm(bytes in proptest::collection::vec(any::<u8>(), 0..8), context in any_context(Arch::Arm)) {
        bounded(Arch::Arm, &bytes, &context);
    }
}
