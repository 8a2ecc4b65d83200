//! Records of facts, as JSON, to names: what the record layer adds to naming.
#![allow(clippy::unwrap_used)]

use failure::record::{Naming, explained, name};
use vocabulary::Arch;

fn named(record: &str) -> String {
    name(record.as_bytes(), &Naming::default()).unwrap().name
}

/// Stands for the demanglers, which this crate does not have.
fn demangle(text: &str) -> Option<String> {
    match text {
        "_ZN4game6Player4moveEif" => Some("game::Player::move(int, float)".to_owned()),
        "?move@Player@game@@QEAAXHM@Z" => Some("public: void __cdecl game::Player::move(int, float)".to_owned()),
        "_ZSt9terminatev" => Some("std::terminate()".to_owned()),
        _ => None,
    }
}

#[test]
fn mangled_functions_are_read() {
    let naming = Naming { demangle: Some(demangle), ..Naming::default() };
    let named = |record: &str| name(record.as_bytes(), &naming).unwrap().name;
    let stack = |top: &str| format!(r#"{{"platform": "linux", "signal": "SIGSEGV", "stack": ["libgame.so!{top}"]}}"#);
    let expected = "NULL_POINTER_SIGSEGV_libgame.so!game::Player::move";
    assert_eq!(named(&stack("_ZN4game6Player4moveEif+0x1a")), expected);
    assert_eq!(named(&stack("?move@Player@game@@QEAAXHM@Z")), expected);
    assert_eq!(named(&stack("game::Player::move(int, float)")), expected);
    // What cannot be read stays as it is.
    assert_eq!(named(&stack("_Zfoo")), "NULL_POINTER_SIGSEGV_libgame.so!_Zfoo");
    // Rules look at what was read.
    let aborted = r#"{"platform": "linux", "signal": "SIGABRT", "stack": [{"module": "app", "function": "_ZSt9terminatev"},
        {"module": "app", "function": "_ZN4game6Player4moveEif"}]}"#;
    assert_eq!(named(aborted), "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_app!game::Player::move");
}

/// A report keeps the linkage names of Swift 3.
#[test]
fn mangled_functions_of_a_report_are_read() {
    let report = r#"{"crash_info": {"signal": "SIGSEGV"}, "system_info": {"os": "Linux"}, "crashing_thread": {"frames": [
        {"module": "libgame.so", "function": "_ZN4game6Player4moveEif", "offset": "0x10"}]}}"#;
    let named = |demangle| name(report.as_bytes(), &Naming { demangle, ..Naming::default() }).unwrap().function;
    assert_eq!(named(Some(demangle)), "game::Player::move");
    assert_eq!(named(None), "_ZN4game6Player4moveEif");
}

/// Facts that cannot all be true are named by the first that the order of the class's rules looks at, and `why` says by
/// which.
#[test]
fn contradictory_facts() {
    let cases = [
        // A signal on Windows is not looked at.
        (
            r#"{"platform": "windows", "signal": "SIGSEGV", "exception_code": "c0000094", "stack": ["a.dll!f"]}"#,
            "INTEGER_DIVIDE_BY_ZERO_c0000094_a.dll!f",
        ),
        // A code of Windows on Linux: the signal counts.
        (
            r#"{"platform": "linux", "signal": "SIGFPE", "si_code": 1, "exception_code": "c0000005", "stack": ["a!f"]}"#,
            "INTEGER_DIVIDE_BY_ZERO_SIGFPE_a!f",
        ),
        // A write that is said to be a read by the exception, and the other way round by who knows better.
        (
            r#"{"exception_code": "c0000005", "exception_parameters": [0, 0], "access": "write", "stack": ["a.dll!f"]}"#,
            "NULL_POINTER_WRITE_c0000005_a.dll!f",
        ),
        // A hang with an exception is the exception's.
        (
            r#"{"exception_code": "c0000005", "exception_parameters": [0, 0], "hang": true, "stack": ["a.dll!f"]}"#,
            "NULL_POINTER_READ_c0000005_a.dll!f",
        ),
        // An exception of a language beside another code: the language's.
        (
            r#"{"exception_code": "c0000005", "exception": {"language": "clr", "type": "System.NullReferenceException"},
                "stack": ["a.dll!N.T.M"]}"#,
            "CLR_EXCEPTION_System.NullReferenceException_80004003_a.dll!N.T.M",
        ),
        // A recursion beyond the frames, a thread that nobody has, parameters that are no numbers.
        (
            r#"{"exception_code": "c00000fd", "recursion": {"first": 7, "period": 18446744073709551615},
                "exception_parameters": ["x", 1], "thread": 99, "stack": ["a.dll!f"]}"#,
            "STACK_OVERFLOW_c00000fd_a.dll!f",
        ),
        // A frame in a module that was unloaded, and loaded.
        (
            r#"{"exception_code": "c0000005", "exception_parameters": [8, 0],
                "stack": [{"module": "a.dll", "function": "f", "unloaded": true}]}"#,
            "INVALID_POINTER_EXECUTE_c0000005_unknown!Unloaded",
        ),
    ];
    for (record, expected) in cases {
        let failure = name(record.as_bytes(), &Naming::default()).unwrap();
        assert_eq!(failure.name, expected, "{record}");
        assert!(failure.why.len() >= 2, "{record}");
        assert!(failure.why[0].starts_with("class from: "), "{record}");
    }
}

#[test]
fn nothing_but_unknown_frames() {
    let cases = [
        (r#"{"exception_code": "c0000005"}"#, "unknown_error_in_process", "no frame is fit to be blamed"),
        (r#"{"exception_code": "c0000005", "stack": []}"#, "unknown_error_in_process", "no frame is fit to be blamed"),
        (
            r#"{"exception_code": "c0000005", "stack": ["0x7ff612340000", "<ip>", "00007ff612340000"]}"#,
            "unknown_error_in_process",
            "frame 2 ? passed over: in no module",
        ),
        (r#"{"exception_code": "c0000005", "stack": ["a.dll+0x10", "b.dll+0x20"]}"#, "Unknown", "frame 0 blamed"),
        (
            r#"{"platform": "linux", "signal": "SIGSEGV", "stack": ["libc.so.6+0x10"]}"#,
            "Unknown",
            "frame 0: nothing else is left, so it is blamed",
        ),
    ];
    for (record, function, why) in cases {
        let failure = name(record.as_bytes(), &Naming::default()).unwrap();
        assert_eq!(failure.function, function, "{record}");
        assert!(failure.why.iter().any(|said| said == why), "{record}: {:?}", failure.why);
    }
}

/// The kernel of Windows is not named, only hashed as it hashes: its classes are bug checks, which no fact tells.
#[test]
fn kernel_records_have_symbol_and_prefix() {
    let record = r#"{"mode": "km", "exception_code": "c0000005", "stack": ["nt!KeBugCheckEx", "driver!f+0x10"]}"#;
    let failure = name(record.as_bytes(), &Naming::default()).unwrap();
    assert_eq!(failure.hash, failure::hash::failure_hash(&failure.name, failure::hash::Mode::Kernel));
    assert!(failure.why.iter().any(|said| said.contains("kernel")), "{:?}", failure.why);
}

#[test]
fn hostile_texts_in_every_place() {
    let nest = format!("f{}int{}", "<A".repeat(1000), ">".repeat(1000));
    let texts =
        ["\u{1}\u{7}\u{0}\u{1b}[31m", "\"quoted\" 'too'", "💥🧨", "שלום\u{202e}مرحبا\u{202c}", &nest, "!!!", " "];
    for text in texts.into_iter().chain([&*"x".repeat(155_000)]) {
        let text = serde_json::to_string(text).unwrap();
        let record = format!(
            r#"{{"platform": "linux", "signal": "SIGABRT", "process_name": {text}, "message": {text}, "assertion": {text},
                "exception": {{"language": "jvm", "type": {text}}}, "tags": [{text}], "service_group": {text},
                "stack": [{{"module": {text}, "function": {text}, "file": {text}, "debug_id": {text}}}]}}"#
        );
        let explanation = explained(record.as_bytes(), &Naming::default()).unwrap();
        let name = &explanation.failure.name;
        assert!((1..=512).contains(&name.len()) && name.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{name}");
        assert_eq!(name.matches('!').count(), 1, "{name}");
        assert!(!explanation.failure.why.is_empty());
    }
    assert!(named(r#"{"stack": [1]}"#.replace('1', "\"\"").as_str()).ends_with("!unknown_error_in_process"));
}

#[test]
fn every_mach_code_has_one_bucket_by_name_and_by_number() {
    use failure::reason::mach_codes::{exception_name, known_codes};
    for (exception, cpu, code, code_name) in known_codes() {
        let cpu = if cpu == Some(Arch::Amd64) { "amd64" } else { "arm64" };
        let record = |exception: &str, code: &str| {
            format!(
                r#"{{"os": "macos", "cpu": "{cpu}", "mach_exception": {exception}, "mach_code": {code},
                     "address": "0x1000010", "frames": [{{"module": "A", "function": "f"}}]}}"#
            )
        };
        let by_name = named(&record(&format!("{:?}", exception_name(exception).unwrap()), &format!("{code_name:?}")));
        let by_number = named(&record(&exception.to_string(), &code.to_string()));
        assert_eq!(by_name, by_number, "{exception} {code_name}");
        assert_eq!(by_name, named(&record(&format!("\"{exception}\""), &format!("\"{code:#x}\""))), "{code_name}");
    }
}

#[test]
fn resources_and_guards_in_words() {
    let record = |exception: &str, code: &str| {
        named(&format!(
            r#"{{"os": "ios", "mach_exception": "{exception}", "mach_code": {code},
                 "frames": [{{"module": "A", "function": "f"}}]}}"#
        ))
    };
    for code in [r#""CPU""#, r#""CPU_FATAL""#, r#""RESOURCE_TYPE_CPU""#, "2305843009213693952"] {
        assert_eq!(record("EXC_RESOURCE", code), "RESOURCE_LIMIT_CPU_EXC_RESOURCE_A!f", "{code}");
    }
    assert_eq!(record("EXC_RESOURCE", r#""LUCK""#), "RESOURCE_LIMIT_UNKNOWN_EXC_RESOURCE_A!f");
    for code in [r#""GUARD_TYPE_FD""#, r#""GUARD_TYPE_FD, id=0x1""#, "4611686018427387904"] {
        assert_eq!(record("EXC_GUARD", code), "FAIL_FAST_GUARD_FD_EXC_GUARD_A!f", "{code}");
    }
}

#[test]
fn a_mach_code_in_text_is_decimal_or_has_0x() {
    let record = |exception: &str, code: &str| {
        named(&format!(
            r#"{{"os": "ios", "cpu": "arm64", "mach_exception": "{exception}", "mach_code": {code}, "address": "0x1000010",
                 "frames": [{{"module": "A", "function": "f"}}]}}"#
        ))
    };
    let misaligned = "DATATYPE_MISALIGNMENT_SIGBUS_A!f";
    for code in ["257", r#""257""#, r#""0x101""#, r#""0x101, 0x10""#, r#""UNKNOWN_0x101""#, r#""EXC_ARM_DA_ALIGN""#] {
        assert_eq!(record("EXC_BAD_ACCESS", code), misaligned, "{code}");
    }
    assert_ne!(record("EXC_BAD_ACCESS", r#""101""#), misaligned);
    // The kind of a resource is in the upper bits.
    for code in ["2305843009213693953", r#""2305843009213693953""#, r#""UNKNOWN_0x2000000000000001""#] {
        assert_eq!(record("EXC_RESOURCE", code), "RESOURCE_LIMIT_CPU_EXC_RESOURCE_A!f", "{code}");
    }
    assert_eq!(record("EXC_GUARD", r#""-9223372036854775808""#), record("EXC_GUARD", r#""0x8000000000000000""#));
}

#[test]
fn arithmetic_of_apple_is_a_division_of_integers_or_not() {
    let record =
        |facts: &str| named(&format!(r#"{{"os": "macos", {facts}, "frames": [{{"module": "A", "function": "f"}}]}}"#));
    let (division, other) = ("INTEGER_DIVIDE_BY_ZERO_SIGFPE_A!f", "ARITHMETIC_SIGFPE_A!f");
    for (facts, expected) in [
        (r#""cpu": "amd64", "mach_exception": "EXC_ARITHMETIC", "mach_code": "EXC_I386_DIV""#, division),
        (r#""cpu": "amd64", "mach_exception": "EXC_ARITHMETIC", "mach_code": 1"#, division),
        (r#""cpu": "amd64", "mach_exception": "EXC_ARITHMETIC""#, division),
        (r#""cpu": "amd64", "mach_exception": "EXC_ARITHMETIC", "mach_code": "EXC_I386_SSEEXTERR""#, other),
        (r#""cpu": "amd64", "mach_exception": "EXC_ARITHMETIC", "mach_code": 5"#, other),
        (r#""cpu": "amd64", "signal": "SIGFPE""#, division),
        (r#""cpu": "amd64", "signal": "SIGFPE", "si_code": "FPE_FLTDIV""#, other),
        (r#""cpu": "arm64", "signal": "SIGFPE""#, other),
        (r#""cpu": "arm64", "mach_exception": "EXC_ARITHMETIC", "mach_code": 2"#, other),
        (r#""mach_exception": "EXC_ARITHMETIC", "mach_code": "EXC_ARM_FP_IO""#, other),
        (r#""mach_exception": "EXC_ARITHMETIC", "mach_code": "EXC_I386_DIV""#, division),
        // Words of other processors.
        (r#""cpu": "arm64", "mach_exception": "EXC_ARITHMETIC", "mach_code": "EXC_I386_DIV""#, division),
        (r#""cpu": "amd64", "mach_exception": "EXC_ARITHMETIC", "mach_code": "EXC_ARM_FP_IO""#, other),
    ] {
        assert_eq!(record(facts), expected, "{facts}");
    }
    for word in ["UNDEFINED", "IO", "DZ", "OF", "UF", "IX", "ID"] {
        let facts = format!(r#""cpu": "arm64", "mach_exception": "EXC_ARITHMETIC", "mach_code": "EXC_ARM_FP_{word}""#);
        assert_eq!(record(&facts), other, "{word}");
    }
}
