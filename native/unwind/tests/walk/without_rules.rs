//! Frames that have no unwind rules: what their code, their frame pointer and the functions around them tell.
use crate::process::{MACOS, Process, STACK, addresses, linux_app};
use unwind::End;
use vocabulary::Trust::{Cfi, Context, FramePointer, Leaf, Scan};
use vocabulary::{Arch, amd64};

const FUNCTIONS: &str = "MODULE Linux x86_64 0 app\nFUNC 1000 100 0 leaf\nFUNC 1100 100 0 middle\nFUNC 1200 100 0 outer\n\
                         FUNC 1300 100 0 main\n";

#[test]
fn a_zero_at_a_register_that_is_no_frame_pointer_ends_nothing() {
    let (frames, _) = linux_app(FUNCTIONS, &[7, 0x40_1150, 0, 0, 0x40_1350]).reg(amd64::RBP, STACK + 16).walk();
    assert_eq!(addresses(&frames), [0x40_1010, 0x40_1150, 0x40_1350]);
}

#[test]
fn the_main_of_macos_may_keep_no_frame() {
    // Its caller's address lies right below the zero that dyld left.
    let start = 0x7fff_0000_acc9;
    let process = Process::new(Arch::Amd64, MACOS)
        .reg(amd64::RIP, 0x40_1010)
        .reg(amd64::RSP, STACK)
        .reg(amd64::RBP, STACK)
        .module(0x40_0000, 0x10000, "app", None)
        .module(0x7fff_0000_0000, 0x10000, "libdyld.dylib", None)
        .words(STACK, &[STACK + 40, 0x40_1f8b, 7, 7, start, 0, 1, 0x40_2010, 0]);
    let (frames, stack) = process.walk();
    assert_eq!(frames, [(0x40_1010, Context), (0x40_1f8b, FramePointer), (start, FramePointer)]);
    assert_eq!(stack.end, End::Zero);
}

#[test]
fn a_leaf_is_known_by_its_code() {
    // The frame record is the caller's; only the code tells.
    let stack = &[0x40_1150, 7, STACK + 48, 0x40_1250, 7, 7, 0, 0x40_1350];
    let leaf = linux_app(FUNCTIONS, stack).reg(amd64::RBP, STACK + 16).bytes(0x40_1000, &[0x90; 32]);
    let (frames, _) = leaf.walk();
    assert_eq!(frames[..3], [(0x40_1010, Context), (0x40_1150, Leaf), (0x40_1250, FramePointer)]);
    // push rbp; mov rbp, rsp; sub rsp, 16: the word on top of the stack is a local.
    let mut code = vec![0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10];
    code.resize(32, 0x90);
    let framed = linux_app(FUNCTIONS, stack).reg(amd64::RBP, STACK + 16).bytes(0x40_1000, &code);
    assert_eq!(framed.walk().0[1].0, 0x40_1250);
    // Without the code, an address into another function on top of the stack is taken.
    assert_eq!(linux_app(FUNCTIONS, stack).reg(amd64::RBP, STACK + 16).walk().0[1], (0x40_1150, Leaf));
}

#[test]
fn what_a_function_pushed_is_read_from_its_code() {
    // push rbx; sub rsp, 24
    let mut code = vec![0x53, 0x48, 0x83, 0xec, 24];
    code.resize(32, 0x90);
    let process = linux_app(FUNCTIONS, &[0x40_1350, 0x40_1350, 7, 7, 0x40_1150, 7]).bytes(0x40_1000, &code);
    assert_eq!(process.walk().0[1], (0x40_1150, Leaf));
}

#[test]
fn a_parent_in_clone_has_a_caller_and_a_child_has_none() {
    let symbols = "MODULE Linux x86_64 0 libc.so.6\nFUNC 1000 100 0 __clone3\nFUNC 1100 100 0 create_thread\n";
    let thread = |result| linux_app(symbols, &[0x40_1150, 0x40_1250]).reg(amd64::RAX, result).walk();
    let (frames, _) = thread(4711);
    assert_eq!(frames[..2], [(0x40_1010, Context), (0x40_1150, Leaf)]);
    let (frames, stack) = thread(0);
    assert_eq!((frames.len(), stack.end), (1, End::Root));
}

#[test]
fn a_call_that_never_returns_may_end_its_function() {
    let symbols = format!("{FUNCTIONS}STACK CFI INIT 1100 100 .cfa: $rsp 16 + .ra: .cfa 8 - ^\n");
    // The return address is the first one of `outer`, and the rules for the end of `middle` lead on.
    let process = linux_app(&symbols, &[7, 0x40_1200, 7, 0x40_1350]);
    assert_eq!(process.walk().0[1..], [(0x40_1200, Scan), (0x40_1350, Cfi)]);
    // A pointer to `outer`, with a return address behind it.
    let process = linux_app(&symbols, &[7, 0x40_1200, 0x40_1350]);
    assert_eq!(process.walk().0[1..], [(0x40_1350, Scan)]);
}

#[test]
fn leftovers_of_lazy_binding_are_no_frames() {
    let linker = "MODULE Linux x86_64 0 ld-linux-x86-64.so.2\nFUNC 1000 100 0 _dl_fixup\nFUNC 1100 100 0 resolve\n\
                  STACK CFI INIT 1000 200 .cfa: $rsp 16 + .ra: .cfa 8 - ^\n";
    let walk = |library: &str| {
        linux_app(FUNCTIONS, &[7, 0x50_1050, 7, 0x50_1150, 7, 0x60_0155, 0x40_1250])
            .module(0x50_0000, 0x10000, "/lib64/ld-linux-x86-64.so.2", Some(linker))
            .module(0x60_0000, 0x10000, library, None)
            .walk()
            .0
    };
    assert_eq!(addresses(&walk("/usr/lib/libother.so"))[..2], [0x40_1010, 0x60_0155]);
    assert_eq!(addresses(&walk("/lib/libc.so.6"))[..4], [0x40_1010, 0x50_1050, 0x50_1150, 0x60_0155]);
}

#[test]
fn a_function_that_keeps_a_frame_pointer_for_itself_is_crossed() {
    // A large frame of `alloca`; what the caller had in rbp is no frame pointer.
    let mut stack = vec![7; 600];
    stack[500] = 3;
    stack[501] = 0x40_1250;
    let (frames, _) = linux_app(FUNCTIONS, &stack).reg(amd64::RBP, STACK + 500 * 8).walk();
    assert_eq!(frames[1], (0x40_1250, Scan));
}
