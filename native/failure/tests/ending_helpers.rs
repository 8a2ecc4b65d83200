//! Frames that end the process for their caller, libc that is linked statically, requests for a dump, and what writers put
//! in the place of a function.

use failure::name::{Facts, Frame, Profile, failure_name, normalise};
use proptest::prelude::*;
use vocabulary::Os;

fn frames<'a>(stack: &[&'a str]) -> Vec<Frame<'a>> {
    let frame = |text: &&'a str| match text.split_once('!') {
        Some((module, function)) => Frame { module: Some(module), function: Some(function), ..Frame::default() },
        None => Frame { module: Some(text), ..Frame::default() },
    };
    stack.iter().map(frame).collect()
}

fn name(platform: Os, code: u32, flags: i32, stack: &[&str]) -> String {
    let frames = frames(stack);
    let facts = Facts {
        platform,
        code: Some(code),
        flags: flags as u32,
        process: Some("app"),
        frames: &frames,
        ..Facts::default()
    };
    failure_name(&facts).name
}

#[test]
fn engines_speak_for_their_caller() {
    let unreal = [
        "Core!FWindowsErrorOutputDevice::Serialize",
        "Core!AssertFailedImplV",
        "Core!FDebug::CheckVerifyFailedImpl2",
        "Game!AActor::Tick",
    ];
    assert_eq!(name(Os::Windows, 0x4000, 0, &unreal), "APPLICATION_FAULT_4000_Game!AActor::Tick");
    assert_eq!(name(Os::Linux, 5, -6, &unreal), "ASSERTION_SIGTRAP_Game!AActor::Tick");
    let log = ["Core!FMsg::Logf_InternalImpl", "Game!Run"];
    assert_eq!(name(Os::Windows, 0x4000, 0, &log), "APPLICATION_FAULT_4000_Game!Run");
    let v8 = ["node!v8::base::OS::Abort()", "node!V8_Fatal(char const*, ...)", "node!v8::internal::Heap::Check()"];
    for platform in [Os::Linux, Os::MacOs, Os::Windows] {
        let named = name(platform, 0x8000_0003, 0, &v8);
        assert!(named.ends_with("_node!v8::internal::Heap::Check"), "{named}");
    }
    let aot = ["app!RhFailFast", "app!S_P_CoreLib_System_Environment__FailFast", "app!Shop_Cart__Load"];
    assert_eq!(name(Os::Linux, 6, -6, &aot), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_app!Shop_Cart__Load");
}

#[test]
fn a_bad_handle_is_its_user_s() {
    let stack = ["ntdll.dll!KiRaiseUserExceptionDispatcher", "KERNELBASE.dll!CloseHandle", "app.exe!Log::close"];
    assert_eq!(name(Os::Windows, 0xc000_0008, 0, &stack), "INVALID_HANDLE_c0000008_app.exe!Log::close");
}

#[test]
fn the_system_s_heap_is_passed_over_as_the_back_end_does() {
    let stack = frames(&["ucrtbase.dll!_free_base", "app.dll!Widget::~Widget"]);
    let facts = Facts { platform: Os::Windows, code: Some(0xc000_0374), frames: &stack, ..Facts::default() };
    assert_eq!(failure_name(&facts).symbol, "app.dll!Widget::~Widget");
    let debugger = Facts { profile: Profile::Windbg, ..facts };
    assert_eq!(failure_name(&debugger).symbol, "ucrtbase.dll!_free_base");
    // A copy inside the program's own image is blamed there, too.
    let own = frames(&["fancyzones.dll!_free_base", "fancyzones.dll!run"]);
    assert_eq!(failure_name(&Facts { frames: &own, ..facts }).symbol, "fancyzones.dll!_free_base");
}

#[test]
fn libc_is_plumbing_also_inside_the_program() {
    for helper in [
        "strlen",
        "__strlen_evex",
        "__memmove_avx_unaligned_erms",
        "_int_free",
        "malloc_consolidate",
        "get_meta",
        "a_crash",
    ] {
        let stack = [&format!("app!{helper}"), "app!Cart::add", "app!main", "app!__libc_start_main_impl", "app!_start"];
        let named = name(Os::Linux, 11, 1, &stack.map(|text: &str| text));
        assert_eq!(named, "NULL_POINTER_SIGSEGV_app!Cart::add", "{helper}");
    }
    // A function of the program that only sounds like one.
    assert_eq!(name(Os::Linux, 11, 1, &["app!Text::strlen"]), "NULL_POINTER_SIGSEGV_app!Text::strlen");
    assert_eq!(name(Os::Linux, 11, 1, &["app!_start", "libgame.so"]), "NULL_POINTER_SIGSEGV_libgame.so!Unknown");
}

#[test]
fn terminate_without_a_throw_is_no_exception() {
    // The nearest public symbol of what called `abort` is that of a throw.
    let stack = [
        "libc.so.6!abort",
        "libstdc++.so.6!__cxa_throw_bad_array_new_length",
        "libstdc++.so.6!std::terminate()",
        "app!Worker::stop",
    ];
    assert_eq!(name(Os::Linux, 6, -6, &stack), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_app!Worker::stop");
    let thrown =
        ["libc.so.6!abort", "libstdc++.so.6!std::terminate()", "libstdc++.so.6!__cxa_throw", "app!Worker::stop"];
    assert_eq!(name(Os::Linux, 6, -6, &thrown), "CPP_EXCEPTION_SIGABRT_app!Worker::stop");
}

#[test]
fn rust_s_handler_of_a_full_stack_says_so() {
    let mut stack = vec![
        "libc.so.6!abort",
        "app!std::sys::pal::unix::abort_internal",
        "app!std::sys::pal::unix::stack_overflow::imp::signal_handler",
        "libc.so.6!__restore_rt",
    ];
    stack.extend(["app!walk", "app!descend"].iter().cycle().take(12));
    assert_eq!(name(Os::Linux, 6, -6, &stack), "STACK_OVERFLOW_SIGABRT_app!descend");
    let failed = ["app!__rustc::rust_begin_unwind", "app!alloc::raw_vec::handle_error", "app!load"];
    for (platform, code) in [(Os::Linux, 6), (Os::MacOs, 10), (Os::Windows, 0xc000_0409)] {
        assert!(name(platform, code, 0, &failed).ends_with("_app!load"));
    }
}

#[test]
fn a_dump_that_was_asked_for_is_no_crash() {
    for (platform, code, expected) in [
        (Os::Linux, 0xffff_ffff, "ffffffff"),
        (Os::Windows, 0x0517_a7ed, "517a7ed"),
        (Os::MacOs, 0x4350_7378, "43507378"),
        (Os::Windows, 0, "0"),
    ] {
        let stack = frames(&["app!ask"]);
        let facts = Facts { platform, code: Some(code), frames: &stack, ..Facts::default() };
        let failure = failure_name(&facts);
        assert_eq!(failure.name, format!("DUMP_REQUESTED_{expected}_app!ask"));
        assert_eq!(failure.event_type, "requested");
    }
    let debugger =
        Facts { platform: Os::Windows, code: Some(0x0517_a7ed), profile: Profile::Windbg, ..Facts::default() };
    assert!(failure_name(&debugger).name.starts_with("APPLICATION_FAULT_517a7ed_"));
}

#[test]
fn a_file_that_was_removed_keeps_its_name() {
    assert_eq!(name(Os::Linux, 11, 1, &["/opt/app (deleted)!f"]), "NULL_POINTER_SIGSEGV_app!f");
    assert_eq!(name(Os::Linux, 11, 1, &["/lib/libc.so.6 (deleted)!g", "app!f"]), "NULL_POINTER_SIGSEGV_app!f");
}

#[test]
fn placeholders_are_no_functions() {
    for text in [
        "???",
        "0",
        "000000000000000000",
        "0x100ac0000",
        "0x1000 + 0x20",
        "0x1000 + 32",
        "+ 32",
        "00007ff812345678",
        "1234 + 5",
    ] {
        for platform in [Os::Linux, Os::MacOs, Os::Windows] {
            assert!(normalise(text, platform).is_none(), "{text}");
        }
    }
    for (text, expected) in
        [("main + 20", "main"), ("-[A b:] + 0x14", "-[A b:]"), ("A::operator+", "A::operator+"), ("f2", "f2")]
    {
        assert_eq!(normalise(text, Os::MacOs).as_deref(), Some(expected));
    }
}

#[test]
fn a_rust_panic_is_blamed_on_its_caller_on_all_systems() {
    let handlers = [
        "std::sys_common::backtrace::__rust_end_short_backtrace",
        "std::sys::backtrace::__rust_end_short_backtrace::<std::panicking::begin_panic_handler::{closure#0}, !>",
        "std::sys::backtrace::__rust_end_short_backtrace<std::panicking::begin_panic_handler::closure_env$0,never$>",
        "std::sys::backtrace::__rust_end_short_backtrace_std::panicking::begin_panic_handler::closure_env$0,never$_",
    ];
    let checks = [
        "core::panicking::panic_bounds_check",
        "core::option::unwrap_failed",
        "core::slice::copy_from_slice_impl::len_mismatch_fail",
        "core::slice::index::slice_end_index_len_fail",
        "core::slice::index::slice_index_fail::do_panic::runtime",
        "<[T]>::copy_from_slice::len_mismatch_fail",
    ];
    for (platform, code) in [(Os::Linux, 6), (Os::MacOs, 10), (Os::Windows, 0xc000_0409)] {
        for (handler, check) in handlers.iter().flat_map(|handler| checks.map(|check| (handler, check))) {
            let (handler, check) = (format!("app!{handler}"), format!("app!{check}"));
            let stack = [
                "app!std::panicking::rust_panic_with_hook",
                "app!std::panicking::begin_panic_handler::{{closure}}",
                &handler,
                "app!_rust_begin_unwind",
                "app!core::panicking::panic_fmt",
                &check,
                "app!shop::cart::total",
            ];
            let named = name(platform, code, 0, &stack);
            assert!(named.ends_with("_app!shop::cart::total"), "{named}: {handler}, {check}");
        }
        // What starts a thread is not blamed for what runs in it.
        let thread =
            ["app!core::panicking::panic_fmt", "app!std::sys::backtrace::__rust_begin_short_backtrace", "app!go"];
        assert!(name(platform, code, 0, &thread).ends_with("_app!go"));
        // A function of the program that only sounds like one.
        let own = name(platform, code, 0, &["app!shop::slice::read_fail", "app!main"]);
        assert!(own.ends_with("_app!shop::slice::read_fail"), "{own}");
    }
}

#[test]
fn fatal_messages_of_libraries_are_blamed_on_their_caller() {
    let stacks: [&[&str]; 8] = [
        &["a!absl::log_internal::LogMessage::Die()", "a!absl::log_internal::LogMessageFatal::~LogMessageFatal()"],
        &[
            "a!absl::lts_20240116::log_internal::LogMessage::FailWithoutStackTrace()",
            "a!absl::lts_20240116::log_internal::LogMessage::Flush()",
            "a!absl::lts_20240116::log_internal::LogMessageFatal::~LogMessageFatal()",
        ],
        &[
            "a!google::protobuf::internal::LogMessage::Finish()",
            "a!google::protobuf::internal::LogFinisher::operator=(google::protobuf::internal::LogMessage&)",
        ],
        &["a!tensorflow::internal::LogMessageFatal::~LogMessageFatal()"],
        &["a!logging::LogMessage::~LogMessage", "a!logging::LogMessageFatal::~LogMessageFatal"],
        &["a!WTFCrashWithInfo(int, char const*, char const*, int)"],
        &["a!hermes::hermes_fatal"],
        &[
            "a!node::Abort()",
            "a!node::OOMErrorHandler(char const*, bool)",
            "a!v8::Utils::ReportOOMFailure(v8::internal::Isolate*, char const*, bool)",
            "a!v8::internal::V8::FatalProcessOutOfMemory(v8::internal::Isolate*, char const*, bool)",
            "a!v8::internal::Heap::FatalProcessOutOfMemory(char const*)",
        ],
    ];
    for (platform, code) in [(Os::Linux, 6), (Os::MacOs, 10), (Os::Windows, 0x8000_0003)] {
        for stack in stacks {
            let named = name(platform, code, 0, &[stack, &["a!Foo::bar()"]].concat());
            assert!(named.ends_with("_a!Foo::bar"), "{named}: {stack:?}");
        }
    }
}

#[test]
fn a_jni_abort_is_blamed_on_the_native_caller() {
    let stack = [
        "libc.so!abort",
        "libart.so!art::Runtime::Abort(char const*)",
        "libbase.so!android::base::SetAborter(std::__1::function<void (char const*)>&&)::$_0::__invoke(char const*)",
        "libbase.so!android::base::LogMessage::~LogMessage()",
        "libart.so!art::JavaVMExt::JniAbort(char const*, char const*)",
        "libart.so!art::JavaVMExt::JniAbortV(char const*, char const*, std::__va_list)",
        "libart.so!art::(anonymous namespace)::ScopedCheck::AbortF(char const*, ...)",
        "libart.so!art::(anonymous namespace)::CheckJNI::GetObjectClass(_JNIEnv*, _jobject*)",
        "libshop.so!cart::total(cart::Item const*)",
    ];
    let named = name(Os::Android, 6, -6, &stack);
    assert!(named.ends_with("_libshop.so!cart::total"), "{named}");
    let log = [
        "libc.so!abort",
        "libbase.so!android::base::DefaultAborter(char const*)",
        "libbase.so!android::base::LogMessage::~LogMessage()",
        "libx.so!foo()",
    ];
    assert!(name(Os::Android, 6, -6, &log).ends_with("_libx.so!foo"));
}

#[test]
fn a_placeholder_for_an_image_is_not_blamed() {
    for placeholder in ["(null)", "(null)!(null)", "unknown", "unknown!0x0", "???"] {
        let named = name(Os::MacOs, 1, 1, &[placeholder, "Shop!callback(int)"]);
        assert!(named.ends_with("_Shop!callback"), "{placeholder}: {named}");
    }
    // A function makes the image a real one.
    assert!(name(Os::MacOs, 1, 1, &["unknown!run", "Shop!main"]).ends_with("_unknown!run"));
}

proptest! {
    /// Whatever a writer puts in the place of a function, no address and no offset is blamed.
    #[test]
    fn no_address_is_ever_blamed(text in "(void |static |[(<{?])?(0x|0X)?[0-9a-f]{0,18}( ?\\+ ?(0x)?[0-9]{0,9})?[)>}]?") {
        for platform in [Os::Linux, Os::MacOs, Os::Windows] {
            if let Some(function) = normalise(&text, platform) {
                prop_assert!(!function.starts_with("0x") && !function.starts_with("0X"), "{text:?}: {}", &*function);
                prop_assert!(!function.bytes().all(|byte| byte.is_ascii_digit()), "{text:?}: {}", &*function);
            }
        }
    }
}
