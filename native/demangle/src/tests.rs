//! Names and their readable forms.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

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

/// Each as `c++filt` of binutils 2.40 prints it, but for spaces and parentheses in expressions.
#[test]
fn itanium() {
    for (name, text) in [
        ("_ZN1A3fooIJiiEEEvDpOT_", "void A::foo<int, int>(int&&, int&&)"),
        ("_ZN1A3fooIJEEEvDpOT_", "void A::foo<>()"),
        ("_ZN1A3fooIiJEEEvOT_DpOT0_", "void A::foo<int>(int&&)"),
        ("_ZN1A3fooIJiRcEEEvDpOT_", "void A::foo<int, char&>(int&&, char&)"),
        ("_Z3fooIJicEEvDpRKT_", "void foo<int, char>(int const&, char const&)"),
        ("_Z3fooIJA3_ciEEvDpRKT_", "void foo<char [3], int>(char const (&) [3], int const&)"),
        ("_Z3fooIJicEEvDpPT_", "void foo<int, char>(int*, char*)"),
        ("_Z3fooIJicEEvDp1SIT_E", "void foo<int, char>(S<int>, S<char>)"),
        ("_Z3fooIJicEEvPFvDpT_E", "void foo<int, char>(void (*)(int, char))"),
        ("_Z3fooIJFivEFcvEEEvDpPT_", "void foo<int (), char ()>(int (*)(), char (*)())"),
        ("_Z3fooIJicEJdEEvDpT_DpT0_", "void foo<int, char, double>(int, char, double)"),
        ("_ZN1B1cINS_1aEJEE1dE", "B::c<B::a>::d"),
        (
            "_Z1fIZ1gvEUlTyRT_E_EvS0_",
            "void f<g()::{lambda<typename $T0>($T0&)#1}>(g()::{lambda<typename $T0>($T0&)#1})",
        ),
        (
            "_ZZ1fIiEvT_ENKUlTyRT_E_clIiEEDaS2_",
            "auto void f<int>(int)::{lambda<typename $T0>($T0&)#1}::operator()<int>(int&) const",
        ),
        ("_ZZ1fvENKUlT_E_clIiEEDaS_", "auto f()::{lambda(auto:1)#1}::operator()<int>(int) const"),
        (
            "_ZZ1fvENKUlDpOT_E_clIJiiEEEDaS1_",
            "auto f()::{lambda(auto:1&&...)#1}::operator()<int, int>(int&&, int&&) const",
        ),
        (
            "_ZZ1fvENKUlTyTnT_TpTyE_clEv",
            "f()::{lambda<typename $T0, $T0 $N0, typename $T1...>()#1}::operator()() const",
        ),
        ("_Z1fILj5ELs3ELb1ELin5ELm7EEvv", "void f<5u, (short)3, true, -5, 7ul>()"),
        ("_Z1fILN1A1EE0EEvv", "void f<(A::E)0>()"),
        ("_Z1fIXgtLi1ELi2EEEvv", "void f<((1)>(2))>()"),
        ("_Z1fN1A1BIFvvEEE", "f(A::B<void ()>)"),
        ("_ZN1AC5Ev", "A::A()"),
        ("_ZN1AD5Ev", "A::~A()"),
        (
            "_ZNSsC1ERKSs",
            "std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string(std::string const&)",
        ),
        ("_ZN1AcvT_IiEEv", "A::operator int<int>()"),
        ("_ZN1AltIiEEvv", "void A::operator< <int>()"),
        ("_Zli2_xy", "operator\"\" _x(unsigned long long)"),
        ("_ZTCN1A1BE0_NS_1CE", "construction vtable for A::C-in-A::B"),
        ("_Z1fDv4_f", "f(float __vector(4))"),
        ("_Z1fM1AKFviE", "f(void (A::*)(int) const)"),
        ("_Z1fPA3_KPFivE", "f(int (* const (*) [3])())"),
        ("_ZNKR1A1fEv", "A::f() const &"),
        ("_Z1fIiEDTcl1gfp_EET_", "decltype (g({parm#1})) f<int>(int)"),
        ("_Z1fIJiiEEDTcl1gspfp_EEDpT_", "decltype (g({parm#1}...)) f<int, int>(int, int)"),
        ("_Z1fv.isra.0.cold", "f() [clone .isra.0] [clone .cold]"),
        ("_Z1fv.llvm.123", "f() [clone .llvm.123]"),
        ("_ZNSt14overflow_errorD1Ev@GLIBCXX_3.4", "std::overflow_error::~overflow_error()@GLIBCXX_3.4"),
        ("___Z4testv_block_invoke_2", "invocation function for block in test()"),
        // A substitution of a parameter stands for the argument where it is used.
        (
            "_Z1hIcZ1gIiEvPT_EUlS1_E_EvS1_T0_",
            "void h<char, void g<int>(int*)::{lambda(auto:1)#1}>(char, void g<int>(int*)::{lambda(auto:1)#1})",
        ),
    ] {
        let readable = demangle(name).unwrap_or_default();
        assert_eq!(readable, text, "{name}");
    }
}

#[test]
fn lambdas_that_were_not_read() {
    // getsentry/symbolicator#2056 and nico/demumble#8.
    let invoke = "_ZNSt3__18__invokeB8de200100IRZN2tb12MakeFunctionINS1_14console_detail4ui_tES4_vJPNS1_6WindowEfEEENS_8functionIF\
                  T1_DpT2_EEEPT_MT0_FS8_SA_EEUlOS6_OfE_JS6_fEEEDTclclsr3stdE7declvalISD_EEspclsr3stdE7declvalIT0_EEEEOSD_DpOSM_";
    let text = demangle(invoke).unwrap();
    assert!(text.contains("::{lambda(tb::Window*&&, float&&)#1}&, tb::Window*, float>("), "{text}");
    let dispatch = "_ZNSt3__116__variant_detail12__visitation6__base12__dispatcherIJLm3EEE10__dispatchIONS1_9__variant15__value_\
                    visitorIZNK6libint20TransprecisionMatrixINS8_8TypeListIJsilEEENS_16integer_sequenceImJLm8ELm16ELm32EEEEE11re\
                    adElementEmmEUlTyRT_E_EEJRKNS0_6__baseILNS0_6_TraitE1EJNS8_6MatrixILm8EsEENSM_ILm8EiEENSM_ILm8ElEENSM_ILm16\
                    EsEENSM_ILm16EiEENSM_ILm16ElEENSM_ILm32EsEENSM_ILm32EiEENSM_ILm32ElEEEEEEEEDcSF_DpT0_";
    let text = demangle(dispatch).unwrap();
    let start = "decltype(auto) std::__1::__variant_detail::__visitation::__base::__dispatcher<3ul>::__dispatch<";
    assert!(text.starts_with(start) && text.contains("{lambda<typename $T0>($T0&)#1}"), "{text}");
}

#[test]
fn of_other_compilers() {
    for (name, text) in [
        ("_RNvNvNvCs7qp2U7fqm6G_7mycrate7EXAMPLE7___getit5___KEY$tlv$init", "mycrate::EXAMPLE::__getit::__KEY"),
        ("_ZN7mycrate3KEY17h0123456789abcdefE$tlv$init", "mycrate::KEY"),
        ("??__Efoo@@YAXXZ", "void __cdecl `dynamic initializer for 'foo''(void)"),
        ("??__Ffoo@ns@@YAXXZ", "void __cdecl `dynamic atexit destructor for 'ns::foo''(void)"),
        ("??__E?s@S@@2HA@@YAXXZ", "void __cdecl `dynamic initializer for `public: static int S::s''(void)"),
        ("??__Efoo@?A0xdeadbeef@@YAXXZ", "void __cdecl `dynamic initializer for '`anonymous namespace'::foo''(void)"),
    ] {
        assert_eq!(demangle(name).as_deref(), Some(text), "{name}");
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

/// The library calculates with the numbers of such guards and strings without a check: the result is wrong, or a panic where
/// calculations are checked.
#[test]
fn numbers_out_of_range_never_reach_the_library() {
    use std::cell::Cell;
    thread_local!(static PANICS: Cell<u32> = const { Cell::new(0) });
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| match std::thread::current().name() {
        Some(name) if name.ends_with("numbers_out_of_range_never_reach_the_library") => {
            PANICS.set(PANICS.get() + 1);
        }
        _ => usual(info),
    }));
    let guards = ["?@??$TSS777777775", "?$TSS77777777777@x@@4HA", "?a@?$TSS99999999999@?f@@YAXXZ@4HA"];
    for name in guards.into_iter().chain(["?x@@_0E@1T?$?7A", "?x@@_06@?$Z?$.", "?x@@_06@?$?"]) {
        assert_eq!((demangle(name), PANICS.get()), (None, 0), "{name}");
    }
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
    // Packs in packs: each expanded once for every argument of the one around it.
    names.push(format!("_Z1fIJ{}EEv{}T_", "i".repeat(500), "DpFv".repeat(40)));
    names.push(format!("_Z1fIJ{}EEvDp1aI{}T_{}", "i".repeat(30_000), "Dp1aI".repeat(60), "E".repeat(60)));
    names.push(format!("_Z1fIXcl{}Li1E{}EEvv", "cl".repeat(20_000), "E".repeat(20_000)));
    names.push(format!("_ZN1AcvT_{}", "IT_".repeat(10_000)));
    names.push(format!("_Z1f{}i", "Z1f".repeat(15_000)));
    // Each part twice the one before.
    let digit = |i: usize| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36]);
    let mut doubling = String::from("_Z1f1A");
    for i in 0..35 {
        let back = if i == 0 { "S_".to_owned() } else { format!("S{}_", digit(i - 1)) };
        doubling.push_str(&format!("FvP{back}{back}E"));
    }
    names.push(doubling);
    for name in names {
        assert!(demangle(&name).is_none_or(|text| text.len() <= MAX_OUTPUT));
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
    fn text_of_itanium_s_parts(
        name in "_Z(N|E|1a|2bc|I|J|Dp|O|R|P|K|M|A3_|A_|T_|T0_|TL0_|S_|S0_|St|Sa|Li1E|i|v|X|cl|fp_|sp|F|Z|Ul|Ty|Tn|C1|D2|cv|E_|_|dc|pl|sr){0,60}"
    ) {
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
