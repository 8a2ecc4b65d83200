//! `.pdata` of ARM64: the examples of Microsoft's documentation, instruction by instruction.
#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Frame, SOURCE, caller, word};
use unwind::{UnwindSource as _, Unwound};
use unwind_tables::{Builder, Kind, Tables};
use vocabulary::{Arch, Os, arm64};

const SP: u64 = 0x7ffe_0000_1000;
const CODE: u64 = 0x1000;
const XDATA: u32 = 0x3000;

fn tables(second: u32, xdata: &[u32]) -> Tables {
    let mut builder = Builder::new(Arch::Arm64, Os::Windows, 0x1_4000_0000);
    let pdata: Vec<u8> = [0x1000u32, second].iter().flat_map(|word| word.to_le_bytes()).collect();
    builder.section(Kind::Pdata, 0x4000, pdata);
    builder.section(Kind::Data, XDATA.into(), xdata.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>());
    builder.open(SOURCE).unwrap()
}

/// The caller's stack pointer, in bytes from the frame's or from the frame pointer; where the return address and x19 are, in the same way,
/// if they are stored.
#[derive(PartialEq, Eq, Debug)]
struct Found {
    by_frame_pointer: bool,
    cfa: u64,
    link: Option<u64>,
    x19: Option<u64>,
}

const fn sp(cfa: u64, link: Option<u64>, x19: Option<u64>) -> Found {
    Found { by_frame_pointer: false, cfa, link, x19 }
}

const fn fp(cfa: u64, link: Option<u64>, x19: Option<u64>) -> Found {
    Found { by_frame_pointer: true, cfa, link, x19 }
}

fn found(tables: &Tables, instruction: u64, is_exact: bool) -> Found {
    let rva = CODE + instruction * 4;
    let frame = Frame::new(Arch::Arm64, rva, is_exact);
    let Some(Unwound::Caller(caller)) = caller(tables, rva, &frame) else { panic!("{instruction}") };
    let frame_pointer = frame.registers.get(arm64::FP).unwrap();
    let by_frame_pointer = caller.sp() < SP;
    let base = if by_frame_pointer { frame_pointer } else { SP };
    let place = |value: u64| (0..0x2000).step_by(8).find(|offset| word(base + offset) == value);
    let x19 = caller.get(arm64::X19).unwrap();
    let link = place(caller.pc());
    assert!(link.is_some() || Some(caller.pc()) == frame.registers.get(arm64::LR));
    Found { by_frame_pointer, cfa: caller.sp() - base, link, x19: place(x19) }
}

fn assert_each(tables: &Tables, expected: &[(u64, Found)]) {
    for (instruction, expected) in expected {
        assert_eq!(&found(tables, *instruction, true), expected, "instruction {instruction}");
    }
}

#[test]
fn a_packed_function_with_a_frame_chain() {
    // str x19, [sp, -16]!; sub sp, sp, 0x810; stp fp, lr, [sp]; mov fp, sp; 492 instructions.
    let tables = tables(0x4161_07b1, &[]);
    assert_each(
        &tables,
        &[
            (0, sp(0, None, None)),
            (1, sp(16, None, Some(0))),
            (2, sp(0x820, None, Some(0x810))),
            (3, sp(0x820, Some(8), Some(0x810))),
            (4, fp(0x820, Some(8), Some(0x810))),
            (487, fp(0x820, Some(8), Some(0x810))),
            // ldp fp, lr, [sp]; add sp, sp, 0x810; ldr x19, [sp], 16; ret
            (488, sp(0x820, Some(8), Some(0x810))),
            (489, sp(0x820, None, Some(0x810))),
            (490, sp(16, None, Some(0))),
            (491, sp(0, None, None)),
        ],
    );
    // After a call it is in its body.
    assert_eq!(found(&tables, 490, false), fp(0x820, Some(8), Some(0x810)));
    let behind = CODE + 492 * 4;
    assert_eq!(caller(&tables, behind, &Frame::new(Arch::Arm64, behind, true)), Some(Unwound::Leaf));
    assert_eq!(caller(&tables, behind + 4, &Frame::new(Arch::Arm64, behind + 4, false)), Some(Unwound::Failed));
    assert!(!tables.has_rules_at(Arch::Arm64, behind));
}

#[test]
fn a_packed_function_that_saves_x19_and_lr_allocates_first() {
    // sub sp, sp, 16; stp x19, lr, [sp]; …; ldp x19, lr, [sp]; add sp, sp, 16; ret: as MSVC writes it.
    let tables = tables(0x00a1_0029, &[]);
    assert_each(
        &tables,
        &[
            (0, sp(0, None, None)),
            (1, sp(16, None, None)),
            (2, sp(16, Some(8), Some(0))),
            (7, sp(16, Some(8), Some(0))),
            (8, sp(16, None, None)),
            (9, sp(0, None, None)),
        ],
    );
}

#[test]
fn a_packed_part_of_a_function_has_no_prologue() {
    let tables = tables(0x4161_07b2, &[]);
    assert_each(&tables, &[(0, fp(0x820, Some(8), Some(0x810))), (491, fp(0x820, Some(8), Some(0x810)))]);
}

#[test]
fn a_full_record_with_one_sequence_for_both_ends() {
    // stp x19, x20, [sp, -16]!; stp fp, lr, [sp, -144]!; mov fp, sp; …; an epilogue at instruction 56 of 61.
    let tables = tables(XDATA, &[0x1040_003d, 0x0000_0038, 0xe422_91e1, 0xe422_91e1]);
    assert_each(
        &tables,
        &[
            (0, sp(0, None, None)),
            (1, sp(16, None, Some(0))),
            (2, sp(160, Some(8), Some(144))),
            (3, fp(160, Some(8), Some(144))),
            (55, fp(160, Some(8), Some(144))),
            (56, fp(160, Some(8), Some(144))),
            (57, sp(160, Some(8), Some(144))),
            (58, sp(16, None, Some(0))),
            (59, sp(0, None, None)),
            (60, fp(160, Some(8), Some(144))),
        ],
    );
}

#[test]
fn a_variadic_function_stores_its_parameters() {
    // sub sp, sp, 80; stp x19, lr, [sp]; four stores; …; an epilogue at instruction 15: ldp x19, lr, [sp]; add sp, sp, 80; ret
    let tables = tables(XDATA, &[0x1840_0012, 0x0100_000f, 0xe3e3_e3e3, 0xe405_00d6, 0xe405_00d6]);
    assert_each(
        &tables,
        &[
            (0, sp(0, None, None)),
            (1, sp(80, None, None)),
            (2, sp(80, Some(8), Some(0))),
            (6, sp(80, Some(8), Some(0))),
            (15, sp(80, Some(8), Some(0))),
            (16, sp(80, None, None)),
            (17, sp(0, None, None)),
        ],
    );
}

#[test]
fn a_part_with_the_prologue_of_its_function() {
    // end_c; set_fp; save_regp x19, 240; save_fplr_x 256; end. One epilogue, packed in the header, which begins with set_fp.
    let codes = [0xe5, 0xe1, 0xc8, 0x1e, 0x9f, 0xe4, 0xe3, 0xe3u8].map(u32::from);
    let word = |at: usize| codes[at] | codes[at + 1] << 8 | codes[at + 2] << 16 | codes[at + 3] << 24;
    let head = 10 | 1 << 21 | 1 << 22 | 2 << 27;
    let tables = tables(XDATA, &[head, word(0), word(4)]);
    // save_fplr_x of 0x9f allocates 256.
    assert_each(
        &tables,
        &[
            (0, fp(256, Some(8), Some(240))),
            (6, fp(256, Some(8), Some(240))),
            (7, sp(256, Some(8), Some(240))),
            (8, sp(256, Some(8), None)),
            (9, sp(0, None, None)),
        ],
    );
}

#[test]
fn pairs_follow_each_other() {
    // save_next; save_next; save_r19r20_x 64; end, as one prologue of three instructions: x19 to x24.
    let tables = tables(XDATA, &[20 | 1 << 27 | 1 << 22, 10 | 3 << 22, 0xe428_e6e6]);
    let frame = Frame::new(Arch::Arm64, CODE + 20, false);
    let Some(Unwound::Caller(found)) = caller(&tables, CODE + 20, &frame) else { panic!() };
    assert_eq!(found.sp(), SP + 64);
    for register in 19..=24u8 {
        assert_eq!(found.get(register), Some(word(SP + u64::from(register - 19) * 8)), "x{register}");
    }
}

#[test]
fn frames_of_the_system() {
    let machine = tables(XDATA, &[20 | 1 << 27 | 1 << 22, 19 | 3 << 22, 0xe3e4_e901]);
    let frame = Frame::new(Arch::Arm64, CODE + 20, false);
    let Some(Unwound::Interrupted(found)) = caller(&machine, CODE + 20, &frame) else { panic!() };
    assert_eq!((found.sp(), found.pc()), (word(SP + 16), word(SP + 24)));
    let context = tables(XDATA, &[20 | 1 << 27 | 1 << 22, 19 | 3 << 22, 0xe3e4_ea01]);
    let Some(Unwound::Interrupted(found)) = caller(&context, CODE + 20, &frame) else { panic!() };
    assert_eq!(
        (found.get(0), found.sp(), found.pc()),
        (Some(word(SP + 24)), word(SP + 16 + 0x100), word(SP + 16 + 0x108))
    );
}

#[test]
fn damage_is_no_caller() {
    let frame = Frame::new(Arch::Arm64, CODE + 20, true);
    let damaged: [&[u32]; 6] = [
        // another version; more codes than there are; a code of the kernel; one that is not known; one that is cut; none at all
        &[20 | 1 << 18 | 1 << 27, 0xe4e4_e4e4],
        &[20 | 9 << 27, 0xe4e4_e4e4],
        &[20 | 1 << 27, 0xe4e4_e4e8],
        &[20 | 1 << 27, 0xe4e4_e4f0],
        &[20 | 1 << 27, 0xe0e3_e3e3],
        &[],
    ];
    for xdata in damaged {
        let found = caller(&tables(XDATA, xdata), CODE + 20, &frame);
        assert!(matches!(found, None | Some(Unwound::Failed)), "{xdata:x?} {found:?}");
    }
    assert!(caller(&tables(3, &[]), CODE + 20, &frame).is_none());
}
