//! Whatever comes in, a valid name comes out.

use failure::name::{Facts, Failure, Frame, Profile, Thrown, Vocabulary, failure_name};
use failure::reason::{Raw, decode};
use proptest::prelude::*;
use vocabulary::{Arch, Language, Os, Trust};

fn check(failure: &Failure) {
    for text in [&failure.name, &failure.symbol] {
        assert!((1..=512).contains(&text.len()), "{text}");
        assert!(text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{text:?}");
        assert_eq!(text.matches('!').count(), 1, "{text}");
    }
    assert!(failure.name.ends_with(&failure.symbol));
    assert_eq!(failure.symbol, format!("{}!{}", failure.image, failure.function));
    assert!(!failure.image.is_empty() && !failure.function.is_empty() && !failure.code.is_empty());
    assert_eq!(failure.hash.len(), 36);
}

fn checked(facts: &Facts<'_>) -> Failure {
    let failure = failure_name(facts);
    check(&failure);
    failure
}

const PLATFORMS: [Os; 6] = [Os::Windows, Os::Linux, Os::Android, Os::MacOs, Os::Ios, Os::Unknown];

fn function(name: &str) -> [Failure; 6] {
    let frames = [Frame { module: Some("a.dll"), function: Some(name), ..Frame::default() }];
    PLATFORMS.map(|platform| checked(&Facts { platform, code: Some(6), frames: &frames, ..Facts::default() }))
}

#[test]
fn nothing_is_known() {
    for platform in PLATFORMS {
        checked(&Facts { platform, ..Facts::default() });
    }
}

#[test]
fn long_and_deep_functions() {
    for text in [
        "x".repeat(155_000),
        format!("f{}int{}", "<A".repeat(1000), ">".repeat(1000)),
        "<".repeat(100_000),
        ">".repeat(100_000),
        "(".repeat(100_000),
        ")".repeat(100_000),
        "`".repeat(100_000),
        "{".repeat(100_000),
        "f<(".repeat(50_000),
        "operator<".repeat(20_000),
        ".1".repeat(50_000),
        "a@1".repeat(50_000),
        "::h0123456789abcdef".repeat(5_000),
        "a b ".repeat(40_000),
        "\u{1}\u{2}\n\t".repeat(1000),
        "日本語".repeat(10_000),
        " [clone ".repeat(10_000),
        "'lambda".repeat(10_000),
        "!".repeat(1000),
        " ".repeat(1000),
        "()".to_owned(),
        "{".to_owned(),
        "{}".to_owned(),
        "@".to_owned(),
        "$_".to_owned(),
        "'lambda".to_owned(),
        "operator".to_owned(),
        "(anonymous namespace)".to_owned(),
    ] {
        function(&text);
    }
}

#[test]
fn long_names_stay_different() {
    let (a, b) = ("x".repeat(1000), format!("{}y", "x".repeat(1000)));
    assert_ne!(function(&a)[0].name, function(&b)[0].name);
    let (a, b) = ("x".repeat(20_000), format!("{}y", "x".repeat(15_000)));
    assert_ne!(function(&a)[1].name, function(&b)[1].name);
}

#[test]
fn thirty_thousand_frames() {
    let names: Vec<String> = (0..30_000).map(|i| format!("f{}", i % 7)).collect();
    for trust in [Trust::Cfi, Trust::Scan] {
        let frames: Vec<Frame<'_>> = names
            .iter()
            .map(|name| Frame { module: Some("libc.so.6"), function: Some(name), trust, ..Frame::default() })
            .collect();
        for platform in PLATFORMS {
            let code = if platform == Os::Windows { 0xc000_00fd } else { 11 };
            checked(&Facts { platform, code: Some(code), stack_overflow: true, frames: &frames, ..Facts::default() });
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[a-zA-Z0-9_:<>()`'{}\\[\\]@.!$ ,*&~#/\\\\-]{0,60}",
        Just(String::new()),
        Just("abort".to_owned()),
        Just("libc.so.6".to_owned()),
        Just("KERNELBASE.dll".to_owned()),
        any::<String>(),
    ]
}

type FrameParts = (Option<String>, Option<String>, Option<String>, bool, u8, bool);

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_facts(
        (platform, cpu, code, flags) in (0..6_usize, 0..5_usize, any::<Option<u32>>(), any::<u32>()),
        small in any::<bool>(),
        (address, parameters) in (any::<u64>(), proptest::collection::vec(any::<u64>(), 0..5)),
        parts in proptest::collection::vec(
            (proptest::option::of(text()), proptest::option::of(text()), proptest::option::of(text()), any::<bool>(), 0..4_u8, any::<bool>()),
            0..12,
        ),
        (process, message, type_name, signal) in
            (proptest::option::of(text()), proptest::option::of(text()), proptest::option::of(text()), proptest::option::of(text())),
        (language, overflow, hang, newer, windbg) in (0..8_usize, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let cpu = [Some(Arch::X86), Some(Arch::Amd64), Some(Arch::Arm), Some(Arch::Arm64), None][cpu];
        let platform = PLATFORMS[platform];
        let code = code.map(|code| if small { code % 40 } else { code });
        let flags = if small { flags % 16 } else { flags };
        decode(&Raw { platform, cpu, code: code.unwrap_or(0), flags, address, parameters: &parameters });
        let parts: Vec<FrameParts> = parts;
        let frames: Vec<Frame<'_>> = parts
            .iter()
            .map(|(module, function, file, inline, trust, unloaded)| Frame {
                module: module.as_deref(),
                function: function.as_deref(),
                file: file.as_deref(),
                inline: *inline,
                trust: [Trust::Context, Trust::Cfi, Trust::FramePointer, Trust::Scan][usize::from(*trust)],
                debug_id: function.as_deref(),
                offset: Some(address),
                unloaded: *unloaded && *inline,
                ..Frame::default()
            })
            .collect();
        let languages = [
            Language::Cpp, Language::ObjectiveC, Language::Clr, Language::Jvm, Language::JavaScript, Language::Python,
        ];
        let thrown = languages.get(language).map(|&language| Thrown { language, type_name: type_name.as_deref(), hresult: None });
        let facts = Facts {
            platform,
            cpu,
            code,
            flags,
            address,
            parameters: &parameters,
            process: process.as_deref(),
            service_group: signal.as_deref(),
            frames: &frames,
            message: message.as_deref(),
            signal: signal.as_deref(),
            thrown,
            stack_overflow: overflow,
            hang,
            vocabulary: if newer { Vocabulary::V2410 } else { Vocabulary::Classic },
            profile: if windbg { Profile::Windbg } else { Profile::Wer },
            ..Facts::default()
        };
        let failure = failure_name(&facts);
        check(&failure);
        prop_assert_eq!(&failure, &failure_name(&facts));
    }
}

proptest! {
    /// An address expression differs from run to run, so that it is never a function, whatever the platform.
    #[test]
    fn address_expressions_are_never_blamed(
        expression in r"(0x[0-9a-f]{1,16}([ +].{0,40})?|[+ ]{0,3}[0-9]{1,18}( ?\+ ?(0x)?[0-9][0-9a-f]{0,8}){0,2})",
        managed in proptest::option::of(0_usize..4),
    ) {
        let languages = [Language::Clr, Language::Jvm, Language::JavaScript, Language::Python];
        let frames = [
            Frame { module: Some("a.dll"), function: Some(&expression), ..Frame::default() },
            Frame { module: Some("a.dll"), function: Some(&expression), inline: true, ..Frame::default() },
        ];
        let thrown = managed.map(|index| Thrown { language: languages[index], type_name: Some("T"), hresult: None });
        for platform in PLATFORMS {
            let facts = Facts { platform, code: Some(6), frames: &frames, thrown, ..Facts::default() };
            let failure = checked(&facts);
            prop_assert!(
                matches!(&*failure.function, "Unknown" | "unknown_function" | "unknown_error_in_process"),
                "{}", failure.name
            );
        }
    }
}
