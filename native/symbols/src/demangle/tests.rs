//! Names and their readable forms.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn every_scheme() {
    for (name, kind, text) in [
        ("_ZN2ns1fEi", Scheme::Itanium, "ns::f(int)"),
        ("__ZN2ns1fEi", Scheme::Itanium, "ns::f(int)"),
        ("_Z1fv.isra.0", Scheme::Itanium, "f() [clone .isra.0]"),
        ("_ZZ1fvENKUliE_clEi", Scheme::Itanium, "f()::{lambda(int)#1}::operator()(int) const"),
        ("_ZTV1A", Scheme::Itanium, "vtable for A"),
        ("_ZThn16_N1A1fEv", Scheme::Itanium, "non-virtual thunk to A::f()"),
        ("_ZTv0_n24_N1A1fEv", Scheme::Itanium, "virtual thunk to A::f()"),
        ("_ZTch0_h16_N1A1fEv", Scheme::Itanium, "covariant return thunk to A::f()"),
        ("_ZN3foo3bar17h0123456789abcdefE", Scheme::Rust, "foo::bar"),
        ("_ZN3foo3bar17h0123456789abcdefE.llvm.123", Scheme::Rust, "foo::bar"),
        ("_RNvC6_123foo3bar", Scheme::Rust, "123foo::bar"),
        ("?f@ns@@YAXXZ", Scheme::Msvc, "void __cdecl ns::f(void)"),
        ("??0klass@@QEAA@H@Z", Scheme::Msvc, "public: __cdecl klass::klass(int)"),
        ("?f@?A0x1a2b3c4d@@YAXXZ", Scheme::Msvc, "void __cdecl `anonymous namespace'::f(void)"),
    ] {
        assert_eq!(scheme(name), Some(kind), "{name}");
        assert_eq!(demangle(name).as_deref(), Some(text), "{name}");
        assert_eq!(demangle(text), None, "plain: {text}");
    }
}

#[test]
fn what_is_plain_stays() {
    for name in [
        "main",
        "_start",
        "_Return_type",
        "_RTC_Shutdown",
        "_ReadFile",
        "_Zfoo",
        "_ZN",
        "?",
        "??",
        "?what",
        "<unknown>",
        "",
        "_RPC",
        "$",
        "$str",
        "a?b",
        "-[Foo bar]",
        "_Z",
        "__Z",
        "_R",
        "?f@@YAXX",
        "_ZN3foo",
        "_Unwind_Resume",
        "_TIFFopen",
    ] {
        assert!(matches!(readable(name), Cow::Borrowed(same) if same == name), "{name} {:?}", demangle(name));
    }
    for name in ["$s4main1fyyF", "_$s4main1fyyF", "_T04main1fyyF"] {
        assert_eq!((scheme(name), demangle(name).as_deref()), (Some(Scheme::Swift), Some("f()")));
    }
}

#[test]
fn words_in_text() {
    assert_eq!(
        demangle_words("at _ZN2ns1fEi+0x12 (?f@@YAXXZ), _Z1gv. main\n"),
        "at ns::f(int)+0x12 (void __cdecl f(void)), g(). main\n"
    );
    assert!(matches!(demangle_words("nothing here: ?"), Cow::Borrowed(_)));
    assert_eq!(demangle_words("größe _Z1fv ü"), "größe f() ü");
}

#[test]
fn hostile() {
    let mut names = vec![
        format!("_Z1f{}i", "P".repeat(60_000)),
        format!("_ZN{}1aIiE{}1fEv", "1aI".repeat(1000), "E".repeat(1000)),
        format!("_Z1f{}", "i".repeat(60_000)),
        format!("_ZN{}{}E1fEv", 155_000, "a".repeat(155_000)),
        format!("_R{}", "NvB_1a".repeat(5000)),
        format!("_RNvB_1a{}", "B_".repeat(5000)),
        format!("?f@@YAX{}H@Z", "PEA".repeat(1300)),
        format!("?{}f@@YAXXZ", "?$A@".repeat(1000)),
        format!("?{}", "?".repeat(4000)),
        format!(
            "?f@@YAXP6AXHH@Z{}@Z",
            (0..10).map(|i| format!("P6AX{}@Z", i.to_string().repeat(300))).collect::<String>()
        ),
        format!("?x@@3PAY{}H@A", "3".repeat(4000)),
        format!("?$TSS{}@x@@4HA", "9".repeat(50)),
        "??_C@_0M@KPLPPDAC@Hello?$z?$z@".to_owned(),
    ];
    // Each part twice the one before.
    let digit = |i: usize| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36]);
    let mut doubling = String::from("_Z1f1A");
    for i in 0..35 {
        let back = if i == 0 { "S_".to_owned() } else { format!("S{}_", digit(i - 1)) };
        doubling.push_str(&format!("FvP{back}{back}E"));
    }
    names.push(doubling);
    for name in names {
        let started = std::time::Instant::now();
        assert!(demangle(&name).is_none_or(|text| text.len() <= MAX_OUTPUT));
        assert!(started.elapsed().as_secs() < 5, "{:.60}", name);
    }
}

proptest::proptest! {
    #[test]
    fn any_text(name in ".{0,200}") {
        let _ = demangle(&name);
        let _ = demangle_words(&name);
    }

    #[test]
    fn text_of_mangled_letters(name in "(_Z|__Z|_R|\\?|\\?\\?|_ZN)[A-Za-z0-9_@?$.]{0,120}") {
        if let Some(text) = demangle(&name) {
            proptest::prop_assert!(text.len() <= MAX_OUTPUT);
        }
    }

    #[test]
    fn text_of_microsoft_s_letters(name in "\\?[fg0]@@YAX([0-9HVUP@ZXAEB6?$]|V\\?\\$A@|V1@|P6AX|@Z|PEA){0,80}@Z") {
        if let Some(text) = demangle(&name) {
            proptest::prop_assert!(text.len() <= MAX_OUTPUT);
        }
    }
}
