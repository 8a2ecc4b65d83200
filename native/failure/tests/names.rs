//! Crashes to names: public records of Microsoft's, and the same rules on other systems.

use failure::name::{Facts, Frame, Mapping, Profile, Thrown, Vocabulary, failure_name};
use failure::reason::Access;
use vocabulary::{Language, Os, Trust};

/// Frames from `module!function`, `module` or ``.
fn frames<'a>(stack: &[&'a str]) -> Vec<Frame<'a>> {
    stack
        .iter()
        .map(|text| match text.split_once('!') {
            Some((module, function)) => Frame { module: Some(module), function: Some(function), ..Frame::default() },
            None => Frame { module: Some(*text).filter(|text| !text.is_empty()), ..Frame::default() },
        })
        .collect()
}

fn windows(code: u32, parameters: &[u64], stack: &[&str]) -> String {
    let facts = Facts {
        platform: Os::Windows,
        code: Some(code),
        parameters,
        process: Some("App.exe"),
        frames: &frames(stack),
        ..Facts::default()
    };
    failure_name(&facts).name
}

#[test]
fn public_records() {
    let cases: &[(u32, &[u64], &[&str], &str)] = &[
        (
            0xc000_0005,
            &[0, 0],
            &["qbittorrent.exe!QListWidgetItem::setText"],
            "NULL_POINTER_READ_c0000005_qbittorrent.exe!QListWidgetItem::setText",
        ),
        (
            0xc000_0005,
            &[0, 6],
            &["msvcr120-ruby230.dll!st_lookup", "msvcr120-ruby230.dll!lookup_method_table"],
            "NULL_CLASS_PTR_READ_c0000005_msvcr120-ruby230.dll!st_lookup",
        ),
        (
            0xc000_0005,
            &[1, 0x712_6000],
            &["perl523.dll!Perl_pp_flop"],
            "INVALID_POINTER_WRITE_c0000005_perl523.dll!Perl_pp_flop",
        ),
        (
            0xc000_0005,
            &[0, 0x4141_4141],
            &["KERNELBASE.dll!lstrlenA", "msi.dll!CApiConvertString::operator unsigned short const *"],
            "INVALID_POINTER_READ_c0000005_msi.dll!CApiConvertString::operator_unsigned_short_const_*",
        ),
        (0xc000_0005, &[8, 0x1_f3ef_3300], &["", "AccessV.exe!main"], "SOFTWARE_NX_FAULT_c0000005_AccessV.exe!main"),
        (
            0xc000_0602,
            &[],
            &["KERNELBASE.dll!RaiseFailFastException", "Fabric.exe!Common::Assert::DoFailFast"],
            "FAIL_FAST_EXCEPTION_c0000602_Fabric.exe!Common::Assert::DoFailFast",
        ),
        (
            0xc000_0409,
            &[7],
            &[
                "KERNELBASE.dll!RaiseException",
                "VCRUNTIME140.dll!_CxxThrowException",
                "Microsoft.ReactNative.dll!winrt::throw_hresult",
                "Microsoft.ReactNative.dll!winrt::check_hresult",
                "Microsoft.ReactNative.dll!winrt::Microsoft::ReactNative::ABIViewManager::RemoveAllChildren",
            ],
            "FAIL_FAST_FATAL_APP_EXIT_c0000409_Microsoft.ReactNative.dll!winrt::Microsoft::ReactNative::ABIViewManager::RemoveAllChildren",
        ),
        (
            0xe06d_7363,
            &[],
            &[
                "KERNELBASE.dll!RaiseException",
                "vcruntime140_app.dll!_CxxThrowException",
                "vccorlib140_app.dll!__abi_WinRTraiseCOMException",
                "Calculator.exe!__abi_WinRTraiseException",
                "Calculator.exe!Windows::UI::Xaml::PropertyMetadata::PropertyMetadata",
            ],
            "CPP_EXCEPTION_e06d7363_Calculator.exe!Windows::UI::Xaml::PropertyMetadata::PropertyMetadata",
        ),
        (0xc000_0006, &[0, 0x1000, 0xc000_009c], &["App.exe!f"], "IN_PAGE_ERROR_c0000006_hardware_disk!Unknown"),
        (
            0xc000_0374,
            &[],
            &["ntdll.dll!RtlReportCriticalFailure"],
            "HEAP_CORRUPTION_c0000374_ntdll.dll!RtlReportCriticalFailure",
        ),
        (0xc000_0374, &[], &[], "HEAP_CORRUPTION_c0000374_heap_corruption!App.exe"),
        (0xc000_0005, &[1, 8], &[], "NULL_CLASS_PTR_WRITE_c0000005_App.exe!unknown_error_in_process"),
        (0x1007, &[], &["simpleweather.uwp.dll"], "APPLICATION_FAULT_1007_simpleweather.uwp.dll!Unknown"),
        (0xc000_001d, &[], &["SystemInformer.exe"], "ILLEGAL_INSTRUCTION_c000001d_SystemInformer.exe!Unknown"),
        (0xe043_4352, &[0xffff_ffff_8013_1509], &["ctiuser.dll"], "CLR_EXCEPTION_80131509_ctiuser.dll!Unknown"),
        (0x8000_0003, &[], &["win32u.dll!NtUserWaitMessage"], "BREAKPOINT_80000003_win32u.dll!NtUserWaitMessage"),
    ];
    for &(code, parameters, stack, name) in cases {
        assert_eq!(windows(code, parameters, stack), name);
    }
}

#[test]
fn a_record_with_its_hash() {
    let facts = Facts {
        platform: Os::Windows,
        code: Some(0xc000_0006),
        service_group: Some("localservice"),
        ..Facts::default()
    };
    let failure = failure_name(&facts);
    assert_eq!(failure.name, "SVCHOSTGROUP_localservice_IN_PAGE_ERROR_c0000006_hardware_disk!Unknown");
    assert_eq!(failure.hash, "11242ef3-ebd8-d525-838d-b5497b225695");
    assert_eq!(failure.symbol, "hardware_disk!Unknown");
    assert_eq!(failure.problem_classes, ["SVCHOSTGROUP_localservice", "IN_PAGE_ERROR"]);
}

#[test]
fn managed_record() {
    let frames = frames(&["PowerLauncher.dll!PowerLauncher.App+<>c__DisplayClass22_0.<Dispose>b__0"]);
    let thrown = Thrown { language: Language::Clr, type_name: Some("System.NullReferenceException"), hresult: None };
    let facts = Facts {
        platform: Os::Windows,
        code: Some(0xe043_4352),
        thrown: Some(thrown),
        frames: &frames,
        ..Facts::default()
    };
    assert_eq!(
        failure_name(&facts).name,
        "CLR_EXCEPTION_System.NullReferenceException_80004003_PowerLauncher.dll!PowerLauncher.App+__c__DisplayClass22_0._Dispose_b__0"
    );
}

#[test]
fn vocabularies_know_each_other() {
    let stack = frames(&["a.dll!f"]);
    let classic = Facts {
        platform: Os::Windows,
        code: Some(0xc000_0005),
        parameters: &[0, 0],
        frames: &stack,
        ..Facts::default()
    };
    let newer = Facts { vocabulary: Vocabulary::V2410, ..classic };
    let (classic, newer) = (failure_name(&classic), failure_name(&newer));
    assert_eq!(newer.name, "INVALID_POINTER_READ_c0000005_a.dll!f");
    assert_eq!(classic.hashes.other_vocabulary.as_ref(), Some(&newer.hash));
    assert_eq!(newer.hashes.other_vocabulary.as_ref(), Some(&classic.hash));
}

#[test]
fn profiles() {
    let stack = frames(&["ucrtbase.dll!abort", "ucrtbase.dll!terminate", "WindowsTerminal.exe"]);
    let wer =
        Facts { platform: Os::Windows, code: Some(0xc000_0409), parameters: &[7], frames: &stack, ..Facts::default() };
    assert_eq!(failure_name(&wer).symbol, "WindowsTerminal.exe!Unknown");
    assert_eq!(failure_name(&Facts { profile: Profile::Windbg, ..wer }).symbol, "ucrtbase.dll!abort");
}

#[test]
fn windows_does_not_blame_inline_frames() {
    let mut stack = frames(&["ExtendedTools.dll!PhAddItem", "ExtendedTools.dll!EtCallback"]);
    stack[0].inline = true;
    let facts = Facts { platform: Os::Windows, code: Some(0xc000_0005), frames: &stack, ..Facts::default() };
    assert_eq!(failure_name(&facts).function, "EtCallback");
    assert_eq!(failure_name(&Facts { platform: Os::Linux, code: Some(11), ..facts }).function, "PhAddItem");
}

fn linux<'a>(signal: u32, code: i32, address: u64, frames: &'a [Frame<'a>]) -> Facts<'a> {
    Facts {
        platform: Os::Linux,
        code: Some(signal),
        flags: code as u32,
        address,
        process: Some("app"),
        frames,
        ..Facts::default()
    }
}

#[test]
fn linux_faults() {
    let stack = frames(&["/usr/lib/libgame.so!game::Player::move(int, float) const [clone .isra.0]"]);
    let name = |signal, code, address| failure_name(&linux(signal, code, address, &stack)).name;
    assert_eq!(name(11, 1, 0), "NULL_POINTER_SIGSEGV_libgame.so!game::Player::move");
    assert_eq!(name(11, 1, 0x18), "NULL_CLASS_PTR_SIGSEGV_libgame.so!game::Player::move");
    assert_eq!(name(11, 1, 0x5000), "INVALID_POINTER_SIGSEGV_libgame.so!game::Player::move");
    assert_eq!(name(11, 2, 0x5000), "INVALID_POINTER_SIGSEGV_libgame.so!game::Player::move");
    assert_eq!(name(11, 9, 0x5000), "HEAP_CORRUPTION_SIGSEGV_libgame.so!game::Player::move");
    // No address is no null address.
    assert_eq!(name(11, 0x80, 0), "INVALID_POINTER_SIGSEGV_libgame.so!game::Player::move");
    assert_eq!(name(7, 2, 0x5000), "IN_PAGE_ERROR_SIGBUS_libgame.so!game::Player::move");
    assert_eq!(name(8, 1, 0x5000), "INTEGER_DIVIDE_BY_ZERO_SIGFPE_libgame.so!game::Player::move");
    assert_eq!(name(4, 1, 0x5000), "ILLEGAL_INSTRUCTION_SIGILL_libgame.so!game::Player::move");
    let facts = linux(11, 1, 0, &stack);
    let jump = Facts { instruction: Some(0), ..facts };
    assert!(failure_name(&jump).name.starts_with("INVALID_POINTER_EXECUTE_SIGSEGV_"));
    let write = Facts { access: Some(Access::Write), ..facts };
    assert!(failure_name(&write).name.starts_with("NULL_POINTER_SIGSEGV_"));
    let data = Facts { access: Some(Access::Execute), mapping: Mapping::NotExecutable, address: 0x7000, ..facts };
    assert!(failure_name(&data).name.starts_with("SOFTWARE_NX_FAULT_SIGSEGV_"));
}

#[test]
fn linux_aborts() {
    let abort = |stack: &[&str], message| {
        let frames = frames(stack);
        failure_name(&Facts { message, ..linux(6, -6, 0, &frames) }).name
    };
    let plain = ["libc.so.6!pthread_kill", "libc.so.6!gsignal", "libc.so.6!abort", "app!check()", "app!main"];
    assert_eq!(abort(&plain, None), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_app!check");
    assert_eq!(
        abort(&plain, Some("free(): double free detected in tcache 2")),
        "HEAP_CORRUPTION_DOUBLE_FREE_SIGABRT_app!check"
    );
    let thrown = [
        "libc.so.6!raise",
        "libc.so.6!abort",
        "libstdc++.so.6!__gnu_cxx::__verbose_terminate_handler()",
        "libstdc++.so.6!std::terminate()",
        "libstdc++.so.6!__cxa_throw",
        "libstdc++.so.6!std::__throw_out_of_range(char const*)",
        "app!load(std::string const&)",
    ];
    assert_eq!(abort(&thrown, None), "CPP_EXCEPTION_SIGABRT_app!load");
    let asserted = ["libc.so.6", "libc.so.6", "libc.so.6!__assert_fail", "app!f"];
    assert_eq!(abort(&asserted, None), "ASSERTION_SIGABRT_app!f");
    // Only the run-time is left: it is blamed, and its image says so.
    assert_eq!(abort(&["libc.so.6!abort"], None), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_libc.so.6!abort");
    assert_eq!(abort(&[], None), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_app!unknown_error_in_process");
}

#[test]
fn guesses_are_not_blamed_before_what_is_known() {
    let mut stack = frames(&["liba.so!junk", "libb.so!real"]);
    stack[0].trust = Trust::Scan;
    assert_eq!(failure_name(&linux(11, 1, 0, &stack)).function, "real");
    stack[1].trust = Trust::Scan;
    assert_eq!(failure_name(&linux(11, 1, 0, &stack)).function, "junk");
}

#[test]
fn a_full_stack_is_blamed_on_its_cycle() {
    let cycle = ["app!visit", "app!walk", "app!descend"];
    let name = |skip: usize| {
        let texts: Vec<&str> =
            std::iter::once("libc.so.6!malloc").chain(cycle.iter().copied().cycle().skip(skip).take(90)).collect();
        let stack = frames(&texts);
        let facts = Facts { stack_overflow: true, ..linux(11, 1, 0x7ffc_0000_0000, &stack) };
        failure_name(&facts)
    };
    // Wherever in the cycle the stack ran full.
    for skip in 0..3 {
        assert_eq!(name(skip).name, "STACK_OVERFLOW_SIGSEGV_app!descend");
    }
}

#[test]
fn apple_names() {
    let stack = frames(&[
        "libsystem_kernel.dylib!__pthread_kill",
        "libsystem_c.dylib!abort",
        "libc++abi.dylib!abort_message",
        "libobjc.A.dylib!_objc_terminate()",
        "libobjc.A.dylib!objc_exception_throw",
        "CoreFoundation!+[NSException raise:format:]",
        "App!-[ViewController tap:]",
    ]);
    let message = Some("*** Terminating app due to uncaught exception 'NSRangeException', reason: 'x'");
    let facts = Facts { platform: Os::Ios, signal: Some("SIGABRT"), message, frames: &stack, ..Facts::default() };
    assert_eq!(failure_name(&facts).name, "OBJC_EXCEPTION_NSRangeException_SIGABRT_App!-[ViewController_tap:]");
    let bad = frames(&["App!App.Model.load(from: Swift.String) -> ()"]);
    let facts = Facts { platform: Os::MacOs, code: Some(1), flags: 1, address: 0x10, frames: &bad, ..Facts::default() };
    assert_eq!(
        failure_name(&facts).name,
        "NULL_CLASS_PTR_SIGSEGV_App!App.Model.load(from:_Swift.String)_->_()".replace("->", "-_")
    );
    let swift = frames(&["libswiftCore.dylib!_assertionFailure(_:_:file:line:flags:)", "App!run"]);
    let facts = Facts { platform: Os::Ios, code: Some(6), flags: 1, frames: &swift, ..Facts::default() };
    assert_eq!(failure_name(&facts).name, "FAIL_FAST_SWIFT_TRAP_SIGTRAP_App!run");
    let guard = Facts { platform: Os::Ios, code: Some(12), flags: 0x4000_0001, frames: &swift, ..Facts::default() };
    assert_eq!(failure_name(&guard).name, "FAIL_FAST_GUARD_FD_EXC_GUARD_App!run");
    let memory = Facts { platform: Os::Ios, code: Some(11), flags: 0x6000_0000, frames: &swift, ..Facts::default() };
    assert_eq!(failure_name(&memory).name, "RESOURCE_LIMIT_MEMORY_EXC_RESOURCE_App!run");
    assert_eq!(failure_name(&memory).event_type, "memory");
    let watchdog = Facts { platform: Os::Ios, termination: Some(0x8bad_f00d), frames: &swift, ..Facts::default() };
    assert_eq!(failure_name(&watchdog).name, "APPLICATION_HANG_WATCHDOG_8badf00d_App!run");
    assert_eq!(failure_name(&watchdog).event_type, "hang");
}

#[test]
fn looser_hashes_forgive_templates() {
    let (a, b) = (frames(&["a.so!f<int>(int)", "a.so!g"]), frames(&["a.so!f<char>(char)", "a.so!g"]));
    let (a, b) = (failure_name(&linux(11, 1, 0, &a)), failure_name(&linux(11, 1, 0, &b)));
    assert_ne!(a.hash, b.hash);
    assert_eq!(
        (a.hashes.strict.as_str(), a.hashes.coarse.as_str()),
        (b.hashes.strict.as_str(), b.hashes.coarse.as_str())
    );
    assert_eq!(a.hashes.address, None);
}

#[test]
fn a_fault_inside_a_signal_handler_is_the_handler_s() {
    let mut stack = frames(&["app!on_signal", "libc.so.6!__restore_rt", "app!work", "app!main"]);
    let name = |facts: &Facts<'_>| failure_name(facts).name;
    // A text that the handler printed: nothing says that the first frame is the crash's.
    assert_eq!(name(&linux(11, 1, 0x10, &stack)), "NULL_CLASS_PTR_SIGSEGV_app!work");
    stack[0].trust = Trust::Context;
    assert_eq!(name(&linux(11, 1, 0x10, &stack)), "NULL_CLASS_PTR_SIGSEGV_app!on_signal");
    assert_eq!(name(&linux(8, 1, 0x4000, &stack)), "INTEGER_DIVIDE_BY_ZERO_SIGFPE_app!on_signal");
    // Raised: the handler only passes on what happened below.
    assert_eq!(name(&linux(6, -6, 0, &stack)), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_app!work");
    assert_eq!(name(&linux(11, -6, 0, &stack)), "APPLICATION_FAULT_SIGSEGV_app!work");
    let apple = Facts { platform: Os::MacOs, ..linux(1, 1, 0x10, &stack) };
    let mut trampoline = frames(&["app!on_signal", "libsystem_platform.dylib!_sigtramp", "app!work"]);
    trampoline[0].trust = Trust::Context;
    let faulted = Facts { frames: &trampoline, ..apple };
    assert_eq!(name(&faulted), "NULL_CLASS_PTR_SIGSEGV_app!on_signal");
    let aborted = Facts { code: Some(10), address: 0, signal: Some("SIGABRT"), ..faulted };
    assert_eq!(name(&aborted), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_app!work");
}

#[test]
fn sent_signals_and_privileged_instructions_are_no_accesses() {
    let stack = frames(&["app!stop"]);
    let name = |facts: &Facts<'_>| failure_name(facts).name;
    assert_eq!(name(&linux(11, -6, 0x3e8_0000_1234, &stack)), "APPLICATION_FAULT_SIGSEGV_app!stop");
    assert_eq!(name(&linux(7, -1, 0, &stack)), "APPLICATION_FAULT_SIGBUS_app!stop");
    let user = Facts { sent: true, ..linux(11, 0, 0x3e8_0000_1234, &stack) };
    assert_eq!(name(&user), "APPLICATION_FAULT_SIGSEGV_app!stop");
    let halted = Facts { privileged: true, ..linux(11, 0x80, 0, &stack) };
    assert_eq!(name(&halted), "PRIVILEGED_INSTRUCTION_SIGSEGV_app!stop");
    // The kernel gives no address: the value in its field is not one.
    let protection = Facts { fault_address: Some(0), ..linux(11, 0x80, 0, &stack) };
    assert_eq!(name(&protection), "INVALID_POINTER_SIGSEGV_app!stop");
}

#[test]
fn the_coarse_hash_forgives_the_access() {
    let stack = frames(&["a.dll!f", "a.dll!g"]);
    let named = |parameters: &[u64]| {
        let facts =
            Facts { platform: Os::Windows, code: Some(0xc000_0005), parameters, frames: &stack, ..Facts::default() };
        failure_name(&facts)
    };
    let (read, write, execute) = (named(&[0, 0x5000]), named(&[1, 0x5000]), named(&[8, 0]));
    assert_ne!(read.hash, write.hash);
    assert_ne!(read.hashes.strict, write.hashes.strict);
    assert_eq!(read.hashes.coarse, write.hashes.coarse);
    assert_ne!(read.hashes.coarse, execute.hashes.coarse);
}
