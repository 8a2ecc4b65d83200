//! The same crash of an Apple system has one name whatever it is read from: as a minidump (Mach exception and its codes),
//! as an `.ips` (both, and words), as a log of App Center (the signal and its code).

use failure::name::{Facts, Frame, Thrown, failure_name};
use failure::reason::Access;
use failure::reason::mac::{access_from_esr, access_from_trap};
use vocabulary::{Arch, Language, Os};

fn frames<'a>(texts: &[&'a str]) -> Vec<Frame<'a>> {
    let frame = |text: &&'a str| match text.split_once('!') {
        Some((module, function)) => Frame { module: Some(module), function: Some(function), ..Frame::default() },
        None => Frame { module: Some(text), ..Frame::default() },
    };
    texts.iter().map(frame).collect()
}

fn ios<'a>(frames: &'a [Frame<'a>]) -> Facts<'a> {
    Facts {
        platform: Os::Ios,
        cpu: Some(Arch::Arm64),
        process: Some("App"),
        instruction: Some(0x1_0000_4000),
        frames,
        ..Facts::default()
    }
}

/// A dump's exception record: exception, first code, second code.
fn dump<'a>(base: Facts<'a>, code: u32, flags: u32, address: u64) -> Facts<'a> {
    Facts { code: Some(code), flags, address, ..base }
}

/// An `.ips`: the same, and the signal.
fn ips<'a>(base: Facts<'a>, (code, flags, address): (u32, u32, u64), signal: &'a str) -> Facts<'a> {
    Facts { signal: Some(signal), fault_address: Some(address), ..dump(base, code, flags, address) }
}

/// A log of App Center: signal, its code, address.
fn app_center<'a>(base: Facts<'a>, signal: &'a str, signal_code: &'a str, address: u64) -> Facts<'a> {
    Facts { signal: Some(signal), signal_code: Some(signal_code), fault_address: Some(address), address, ..base }
}

#[track_caller]
fn one_name(sources: &[Facts<'_>], expected: &str) {
    for (i, facts) in sources.iter().enumerate() {
        assert_eq!(failure_name(facts).name, expected, "source {i}");
    }
}

#[test]
fn null_dereference() {
    let stack =
        frames(&["App!-[Model load]", "UIKitCore!-[UIViewController loadViewIfRequired]", "App!main", "dyld!start"]);
    let base = ios(&stack);
    for (address, name) in [(0, "NULL_POINTER"), (0x18, "NULL_CLASS_PTR"), (0x1_2345_6789, "INVALID_POINTER")] {
        one_name(
            &[
                dump(base, 1, 1, address),
                ips(base, (1, 1, address), "SIGSEGV"),
                // The kernel of iOS calls it so, whatever is there.
                app_center(base, "SIGSEGV", "SEGV_ACCERR", address),
                app_center(base, "SIGSEGV", "SEGV_MAPERR", address),
            ],
            &format!("{name}_SIGSEGV_App!-[Model_load]"),
        );
    }
    // Nothing is mapped at null, whatever kind of failure the kernel makes of it.
    one_name(
        &[dump(base, 1, 2, 0), ips(base, (1, 2, 0), "SIGBUS"), app_center(base, "SIGBUS", "BUS_ADRERR", 0)],
        "NULL_POINTER_SIGBUS_App!-[Model_load]",
    );
}

#[test]
fn whether_it_was_a_write_is_not_part_of_the_name() {
    let stack = frames(&["App!f"]);
    let access = access_from_esr(0x9200_0046);
    assert_eq!(access, Some(Access::Write));
    let base = ios(&stack);
    // An `.ips` has the processor's own word for it, a log of App Center has not.
    one_name(
        &[
            Facts { access, ..dump(base, 1, 1, 0) },
            Facts { access, ..ips(base, (1, 1, 0), "SIGSEGV") },
            ips(base, (1, 1, 0), "SIGSEGV"),
            app_center(base, "SIGSEGV", "SEGV_ACCERR", 0),
        ],
        "NULL_POINTER_SIGSEGV_App!f",
    );
    let address = 0x1_0200_0000;
    one_name(
        &[
            dump(base, 1, 2, address),
            ips(base, (1, 2, address), "SIGBUS"),
            app_center(base, "SIGBUS", "BUS_ADRERR", address),
            Facts { access, ..dump(base, 1, 2, address) },
        ],
        "INVALID_POINTER_SIGBUS_App!f",
    );
}

#[test]
fn a_sent_signal_is_no_access() {
    let stack = frames(&["libsystem_kernel.dylib!kill", "App!f"]);
    one_name(
        &[
            dump(ios(&stack), 10, 0, 0),
            ips(ios(&stack), (10, 0, 0), "SIGSEGV"),
            app_center(ios(&stack), "SIGSEGV", "SI_USER", 0),
        ]
        .map(|facts| Facts { signal: Some("SIGSEGV"), fault_address: None, ..facts }),
        "APPLICATION_FAULT_SIGSEGV_App!f",
    );
}

#[test]
fn faults_of_which_the_kernel_tells_nothing() {
    let stack = frames(&["App!f"]);
    let base = Facts { cpu: Some(Arch::Amd64), ..ios(&stack) };
    // A general protection fault: no address, and what stands for it is not one.
    one_name(
        &[dump(base, 1, 13, 0), ips(base, (1, 13, 0), "SIGSEGV"), app_center(base, "SIGSEGV", "SEGV_NOOP", 0)]
            .map(|facts| Facts { fault_address: facts.signal_code.and(facts.fault_address), ..facts }),
        "INVALID_POINTER_SIGSEGV_App!f",
    );
}

#[test]
fn uncaught_objective_c_exception() {
    let thread = frames(&[
        "libsystem_kernel.dylib!__pthread_kill",
        "libsystem_pthread.dylib!pthread_kill",
        "libsystem_c.dylib!abort",
        "libc++abi.dylib!abort_message",
        "libc++abi.dylib!demangling_terminate_handler()",
        "libobjc.A.dylib!_objc_terminate()",
        "libc++abi.dylib!std::__terminate(void (*)())",
        "libc++abi.dylib!__cxa_throw",
        "libobjc.A.dylib!objc_exception_throw",
        "CoreFoundation!_CFThrowFormattedException",
        "CoreFoundation!-[__NSArrayM objectAtIndex:]",
        "App!-[Table rowAt:]",
        "App!main",
    ]);
    // The last exception's own backtrace, and what App Center's SDK hangs on the crashed thread.
    let last = frames(&[
        "CoreFoundation!__exceptionPreprocess",
        "libobjc.A.dylib!objc_exception_throw",
        "CoreFoundation!-[__NSArrayM objectAtIndex:].cold.1",
        "App!-[Table rowAt:]",
        "App!main",
    ]);
    let message = Some(
        "*** Terminating app due to uncaught exception 'NSRangeException', reason: '*** -[__NSArrayM objectAtIndex:]: \
         index 3 beyond bounds [0 .. 2]'",
    );
    let thrown = Some(Thrown { language: Language::ObjectiveC, type_name: Some("NSRangeException"), hresult: None });
    let name = "OBJC_EXCEPTION_NSRangeException_SIGABRT_App!-[Table_rowAt:]";
    one_name(
        &[
            // Crashpad on iOS, Breakpad on iOS, a dump of macOS.
            Facts { thrown, ..dump(ios(&thread), 0x4350_6e78, 0, 0) },
            Facts { message, ..dump(ios(&thread), 5, 0x1_0002, 0) },
            Facts { message, ..dump(ios(&thread), 10, 0, 0) },
            Facts { message, ..ips(ios(&last), (10, 0, 0), "SIGABRT") },
            Facts { thrown, ..app_center(ios(&last), "SIGABRT", "#0", 0) },
        ],
        name,
    );
}

#[test]
fn abort() {
    let stack = frames(&[
        "libsystem_kernel.dylib!__pthread_kill",
        "libsystem_pthread.dylib!pthread_kill",
        "libsystem_c.dylib!abort",
        "App!check",
    ]);
    let base = ios(&stack);
    one_name(
        &[
            dump(base, 10, 0x0600_0000, 0),
            Facts { message: Some("abort() called"), ..ips(base, (10, 0, 0), "SIGABRT") },
            app_center(base, "SIGABRT", "#0", 0),
        ],
        "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_App!check",
    );
}

#[test]
fn swift_trap() {
    let stack = frames(&[
        "libswiftCore.dylib!_assertionFailure(_:_:file:line:flags:)",
        "libswiftCore.dylib!_assertionFailure(_:_:file:line:flags:)",
        "App!Model.load()",
    ]);
    let message = Some("App/Model.swift:12: Fatal error: Unexpectedly found nil while unwrapping an Optional value");
    let base = ios(&stack);
    one_name(
        &[
            dump(base, 6, 1, 0x1_8000_0000),
            Facts { message, ..ips(base, (6, 1, 0x1_8000_0000), "SIGTRAP") },
            app_center(base, "SIGTRAP", "TRAP_BRKPT", 0x1_8000_0000),
            // Older versions of the SDK.
            app_center(base, "SIGABRT", "#0", 8),
        ],
        "FAIL_FAST_SWIFT_TRAP_SIGTRAP_App!Model.load()",
    );
    let base = Facts { cpu: Some(Arch::Amd64), ..base };
    one_name(
        &[
            dump(base, 2, 1, 0),
            Facts { message, ..ips(base, (2, 1, 0), "SIGILL") },
            app_center(base, "SIGILL", "ILL_ILLOPC", 0),
        ],
        "FAIL_FAST_SWIFT_TRAP_SIGILL_App!Model.load()",
    );
}

#[test]
fn builtin_trap() {
    let stack = frames(&["App!-[Trap crash]", "App!main"]);
    let base = ios(&stack);
    one_name(
        &[
            dump(base, 6, 1, 0x1_0000_4000),
            ips(base, (6, 1, 0x1_0000_4000), "SIGTRAP"),
            app_center(base, "SIGTRAP", "TRAP_BRKPT", 0x1_0000_4000),
            app_center(base, "SIGABRT", "#0", 8),
        ],
        "BREAKPOINT_SIGTRAP_App!-[Trap_crash]",
    );
    let base = Facts { cpu: Some(Arch::Amd64), ..base };
    one_name(
        &[dump(base, 2, 1, 0), ips(base, (2, 1, 0), "SIGILL"), app_center(base, "SIGILL", "ILL_NOOP", 8)],
        "ILLEGAL_INSTRUCTION_SIGILL_App!-[Trap_crash]",
    );
}

#[test]
fn full_stack() {
    let texts: Vec<&str> = std::iter::repeat_n("App!-[Guard crash]", 510).chain(["App!main", "dyld!start"]).collect();
    let stack = frames(&texts);
    let base = ios(&stack);
    let full = Facts { stack_overflow: true, ..base };
    let address = 0x1_6fc8_bff0;
    one_name(
        &[
            // A dump knows the stack's limits; the signal is that of another thread than the main one.
            dump(full, 1, 2, address),
            // The main thread, where the kernel corrects the signal.
            ips(base, (1, 2, address), "SIGSEGV"),
            ips(full, (1, 2, address), "SIGBUS"),
            Facts {
                message: Some("Thread stack size exceeded due to excessive recursion"),
                ..ips(base, (1, 2, address), "SIGSEGV")
            },
            app_center(base, "SIGBUS", "BUS_NOOP", 8),
            app_center(full, "SIGSEGV", "SEGV_ACCERR", address),
        ],
        "STACK_OVERFLOW_SIGSEGV_App!-[Guard_crash]",
    );
    // A deep stack is not a full one: here the address is known, and null.
    assert!(failure_name(&app_center(base, "SIGSEGV", "SEGV_ACCERR", 0)).name.starts_with("NULL_POINTER"));
}

#[test]
fn ended_by_the_system() {
    let stack = frames(&["libsystem_kernel.dylib!mach_msg2_trap", "App!-[Store save]", "App!main"]);
    let base = ios(&stack);
    let ended = |namespace, code, facts: Facts<'static>| {
        let facts = Facts { termination: Some(code), termination_namespace: Some(namespace), frames: &stack, ..facts };
        let failure = failure_name(&facts);
        (failure.name, failure.event_type)
    };
    let killed = || Facts { platform: Os::Ios, code: Some(10), signal: Some("SIGKILL"), ..Facts::default() };
    for namespace in ["FRONTBOARD", "SPRINGBOARD"] {
        assert_eq!(
            ended(namespace, 0x8bad_f00d, killed()),
            ("APPLICATION_HANG_WATCHDOG_8badf00d_App!-[Store_save]".to_owned(), "hang")
        );
    }
    let without_words = Facts { termination: Some(0x8bad_f00d), ..base };
    assert_eq!(failure_name(&without_words).name, "APPLICATION_HANG_WATCHDOG_8badf00d_App!-[Store_save]");
    for (namespace, code, class) in [
        ("RUNNINGBOARD", 0xdead_10cc, "FILE_LOCK_HELD_dead10cc"),
        ("WATCHKIT", 0xc51b_ad01, "RESOURCE_LIMIT_CPU_c51bad01"),
        ("CODESIGNING", 2, "CODESIGN_ERROR_SIGKILL"),
        ("METAL", 0x5, "TERMINATION_METAL_5"),
        ("JETSAM", 1, "RESOURCE_LIMIT_MEMORY_1"),
    ] {
        assert_eq!(ended(namespace, code, killed()).0, format!("{class}_App!-[Store_save]"));
    }
    assert_eq!(ended("JETSAM", 1, killed()).1, "memory");
    // A namespace that only repeats the signal says nothing.
    let fault = Facts { signal: Some("SIGSEGV"), code: Some(1), flags: 1, ..killed() };
    assert_eq!(ended("SIGNAL", 11, fault).0, "NULL_POINTER_SIGSEGV_App!-[Store_save]");
    // A page that was changed: the exception with its code, and the namespace.
    one_name(
        &[
            dump(base, 1, 50, 0x1_0000_0000),
            Facts {
                termination: Some(2),
                termination_namespace: Some("CODESIGNING"),
                ..ips(base, (1, 50, 0x1_0000_0000), "SIGKILL")
            },
        ],
        "CODESIGN_ERROR_SIGKILL_App!-[Store_save]",
    );
}

#[test]
fn loader() {
    let stack = frames(&[
        "dyld!__abort_with_payload",
        "dyld!abort_with_payload",
        "dyld!dyld4::halt(char const*)",
        "dyld!start",
    ]);
    let message = Some("Library not loaded: @rpath/Charts.framework/Charts\n  Referenced from: <0A> /App.app/App");
    let base = Facts { message, ..ios(&stack) };
    one_name(
        &[
            dump(base, 10, 0, 0),
            Facts { termination: Some(1), termination_namespace: Some("DYLD"), ..ips(base, (10, 0, 0), "SIGABRT") },
        ],
        "DYLD_LIBRARY_MISSING_Charts_SIGABRT_dyld!abort_with_payload",
    );
    let bare = Facts { message: None, termination: Some(4), termination_namespace: Some("DYLD"), ..base };
    assert!(failure_name(&bare).name.starts_with("DYLD_SYMBOL_MISSING_SIGABRT_dyld!"));
}

#[test]
fn guards_and_resources() {
    let stack = frames(&["libsystem_kernel.dylib!guarded_close_np", "App!close"]);
    let base = ios(&stack);
    let code = 0x4000_0001_0000_0005_u64;
    // Crashpad keeps the upper half in the flags, reports in text the whole.
    let (kept, whole) = ([12, code, 0], Facts { code: Some(12), flags: code as u32, ..base });
    one_name(
        &[dump(base, 12, (code >> 32) as u32, 0), Facts { parameters: &kept, ..whole }],
        "FAIL_FAST_GUARD_FD_EXC_GUARD_App!close",
    );
}

#[test]
fn access() {
    let cases = [
        (0x9200_0006, Some(Access::Read)),
        (0x9200_0046, Some(Access::Write)),
        (0x9600_0046, Some(Access::Write)),
        (0x8200_0006, Some(Access::Execute)),
        // Cache maintenance, a system call, a breakpoint, nothing.
        (0x9200_0146, None),
        (0x5600_0080, None),
        (0xf200_0001, None),
        (0, None),
    ];
    for (esr, access) in cases {
        assert_eq!(access_from_esr(esr), access, "{esr:x}");
    }
    assert_eq!(access_from_trap(14, 4), Some(Access::Read));
    assert_eq!(access_from_trap(14, 6), Some(Access::Write));
    assert_eq!(access_from_trap(14, 0x14), Some(Access::Execute));
    assert_eq!(access_from_trap(13, 6), None);
}
