//! Stacks of Windows: their end, large frames, what earlier calls left behind, and exceptions on the way.
use crate::process::{Process, WINDOWS, addresses};
use unwind::End;
use vocabulary::Trust::{Cfi, Context, Scan};
use vocabulary::{Arch, amd64, x86};

const STACK: u64 = 0x00e0_0000_0000;
const APP: u64 = 0x1_4000_0000;
const NTDLL: u64 = 0x7ffb_0000_0000;

/// Functions of `app.exe`, each with 16 bytes of frame, return address included.
const SYMBOLS: &str = "MODULE windows x86_64 0 app.pdb\n\
    FUNC 1000 100 0 a\nFUNC 2000 100 0 b\nFUNC 3000 100 0 c\nFUNC 4000 100 0 d\nFUNC 5000 100 0 e\n\
    STACK CFI INIT 1000 4100 .cfa: $rsp 16 + .ra: .cfa 8 - ^\n";

fn process(symbols: Option<&str>) -> Process {
    Process::new(Arch::Amd64, WINDOWS)
        .reg(amd64::RIP, APP + 0x1010)
        .reg(amd64::RSP, STACK)
        .module(APP, 0x10000, "app.exe", symbols)
}

/// Words of a stack, zero but for some.
fn stack(length: usize, words: &[(usize, u64)]) -> Vec<u64> {
    let mut stack = vec![0; length];
    for &(at, word) in words {
        stack[at] = word;
    }
    stack
}

#[test]
fn zero_ends_a_stack_only_at_its_top() {
    // b's rules do not describe it: they lead to zero. The return address into c lies behind.
    let words = [(1, APP + 0x2020), (9, APP + 0x3030), (11, APP + 0x4040)];
    let high = process(Some(SYMBOLS)).words(STACK, &stack(40, &words));
    let (frames, end) = high.walk();
    assert_eq!(addresses(&frames), [APP + 0x1010, APP + 0x2020]);
    assert_eq!(end.end, End::Zero);
    let low = process(Some(SYMBOLS)).words(STACK, &stack(2000, &words));
    let (frames, _) = low.walk();
    assert_eq!(frames[2..4], [(APP + 0x3030, Scan), (APP + 0x4040, Cfi)]);
}

#[test]
fn what_leads_astray_is_passed_over() {
    // d at word 3 leads to e, and e to nothing; b at word 8 leads to c and on.
    let words =
        [(3, APP + 0x4040), (5, APP + 0x5050), (7, 0x17), (8, APP + 0x2020), (10, APP + 0x3030), (12, APP + 0x4041)];
    let start = process(Some(SYMBOLS)).reg(amd64::RIP, 0x1_5000_1000).module(0x1_5000_0000, 0x10000, "other.dll", None);
    let (frames, _) = start.words(STACK, &stack(40, &words)).walk();
    assert_eq!(frames[1..4], [(APP + 0x2020, Scan), (APP + 0x3030, Cfi), (APP + 0x4041, Cfi)]);
}

#[test]
fn a_large_frame_is_crossed_where_code_is_known() {
    // 100 words of buffers in the function at 0x2020, which has no rules.
    let words = stack(2000, &[(1, APP + 0x2020), (101, APP + 0x3030)]);
    let blind = process(None).words(STACK, &words);
    assert_eq!(addresses(&blind.walk().0), [APP + 0x1010, APP + 0x2020]);
    let mapped = process(None).words(STACK, &words).region(APP + 0x1000, 0x8000, true).region(STACK, 16000, false);
    assert_eq!(addresses(&mapped.walk().0), [APP + 0x1010, APP + 0x2020, APP + 0x3030]);
}

#[test]
fn what_an_exception_interrupted_is_found_behind_its_dispatcher() {
    let ntdll = "MODULE windows x86_64 0 ntdll.pdb\nFUNC 1000 100 0 RtlDispatchException\nPUBLIC 2000 0 KiUserExceptionDispatch\n\
                 STACK CFI INIT 1000 100 .cfa: $rsp 16 + .ra: .cfa 8 - ^\n";
    // a stands at its first instruction: only exact registers tell that nothing is pushed yet.
    let interrupted = STACK + 0x1000;
    let (frames, stack) = Process::new(Arch::Amd64, WINDOWS)
        .reg(amd64::RIP, NTDLL + 0x1010)
        .reg(amd64::RSP, STACK)
        .module(APP, 0x10000, "app.exe", Some(&SYMBOLS.replace("INIT 1000 4100", "INIT 2000 3100")))
        .module(NTDLL, 0x10000, "ntdll.dll", Some(ntdll))
        .context(STACK + 16, &[(amd64::RSP, interrupted), (amd64::RIP, APP + 0x1000)])
        .bytes(
            STACK,
            &[
                vec![0; 8],
                (NTDLL + 0x2020).to_le_bytes().to_vec(),
                vec![0; 0x1000 - 16],
                (APP + 0x2020).to_le_bytes().to_vec(),
                vec![0; 8],
                (APP + 0x3030).to_le_bytes().to_vec(),
                vec![0; 64],
            ]
            .concat(),
        )
        .walk();
    assert_eq!(
        frames[..5],
        [
            (NTDLL + 0x1010, Context),
            (NTDLL + 0x2020, Cfi),
            (APP + 0x1000, Context),
            (APP + 0x2020, vocabulary::Trust::Leaf),
            (APP + 0x3030, Cfi)
        ]
    );
    assert_eq!(stack.frames[2].lookup, APP + 0x1000);
}

#[test]
fn the_dispatcher_of_x86_is_given_pointers() {
    const LOW: u64 = 0x0070_0000;
    let ntdll = "MODULE windows x86 0 ntdll.pdb\nFUNC 1000 100 0 RtlDispatchException\nPUBLIC 2000 0 _KiUserExceptionDispatcher@8\n";
    let words = |words: &[u64]| words.iter().flat_map(|&w| (w as u32).to_le_bytes()).collect::<Vec<u8>>();
    let mut bytes = words(&[LOW + 0x20, 0x50_2020, LOW + 0x100, LOW + 0x40]);
    bytes.resize(0x810, 0);
    bytes.extend(words(&[0, 0x40_2020, 0, 0, 0, 0]));
    let (frames, _) = Process::new(Arch::X86, WINDOWS)
        .reg(x86::EIP, 0x50_1010)
        .reg(x86::ESP, LOW)
        .reg(x86::EBP, LOW)
        .module(0x40_0000, 0x10000, "app.exe", None)
        .module(0x50_0000, 0x10000, "ntdll.dll", Some(ntdll))
        .context(LOW + 0x40, &[(x86::ESP, LOW + 0x800), (x86::EIP, 0x40_1010), (x86::EBP, LOW + 0x810)])
        .bytes(LOW, &bytes)
        .walk();
    assert_eq!(addresses(&frames)[..4], [0x50_1010, 0x50_2020, 0x40_1010, 0x40_2020]);
}
