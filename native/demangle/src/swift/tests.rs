//! Swift's names. What they stand for was checked against the compiler's own demangler.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::super::{MAX_OUTPUT, demangle as in_any_scheme, demangle_words};
use super::demangle;

/// Mangled and readable, one for each thing that names are made of.
const NAMES: &[(&str, &str)] = &[
    // Functions and labels.
    ("$s4main3FooC3bar1xySi_tF", "Foo.bar(x:)"),
    ("_$s4main3FooC3bar1xySi_tF", "Foo.bar(x:)"),
    ("$S4main3FooC3bar1xySi_tF", "Foo.bar(x:)"),
    ("$s4main5helloSSyYaKF", "hello()"),
    ("$s4main3putyySiF", "put(_:)"),
    ("$s4main6insert_2at4withySS_SiSStF", "insert(_:at:with:)"),
    ("$s4main3FooO4makeACyFZ", "static Foo.make()"),
    ("$s4main4pickyxx_xtlF", "pick<A>(_:_:)"),
    ("$s4main2eeoiySbAA3FooV_ADtF", "== infix(_:_:)"),
    ("$s4main3fooyyxxQpRvzlF", "foo<each A>(_:)"),
    // Members.
    ("$s4main3FooCACycfC", "Foo.__allocating_init()"),
    ("$s4main3FooVACycfC", "Foo.init()"),
    ("$s4main3FooC1xACSgSi_tcfcTo", "@objc Foo.init(x:)"),
    ("$s4main3FooCfD", "Foo.__deallocating_deinit"),
    ("$s4main3FooCfd", "Foo.deinit"),
    ("$s4main3FooC1xSivg", "Foo.x.getter"),
    ("$s4main3FooC1xSivM.resume.0", "Foo.x.modify"),
    ("$s4main3FooV5countSivpZ", "static Foo.count"),
    ("$s4main5stateAA3FooVvau", "state.unsafeMutableAddressor"),
    ("$sSayxSicig", "Array.subscript.getter"),
    ("$s4main3FooC4nameSSSgvpfi", "variable initialization expression of Foo.name"),
    ("$s4main3putyySiFfA_", "default argument 0 of put(_:)"),
    // Contexts.
    ("$s4main3FooV3BarO3runyyF", "Foo.Bar.run()"),
    ("$sSo8NSStringC4mainE4trimSSvg", "NSString.trim.getter"),
    ("$sSasSQ7ElementRpzrlE10firstIndexSiSgyF", "Array<>.firstIndex()"),
    ("$s4main3Foo33_0123456789ABCDEF0123456789ABCDEFLLV3runyyF", "Foo.run()"),
    ("$s4main1fyyF6helperL_yySiF", "helper #1 (_:) in f()"),
    ("$s4main1fyyF4nameL_SSvg", "getter of name #1 in f()"),
    ("$s4main1fyyF5LocalL_V3runyyF", "run() in Local #1 in f()"),
    // Closures, and what the compiler makes.
    ("$s4main3FooC3bar1xySi_tFSiycfU_TA", "partial apply for closure #1 in Foo.bar(x:)"),
    ("$s4main1fyyFyycfU_yycfU0_", "closure #2 in closure #1 in f()"),
    ("$s4main1fyyFyycfu_", "implicit closure #1 in f()"),
    ("$s4main1fyyYaFTQ0_", "(1) await resume partial function for f()"),
    ("$s4main1fyyYaFyyYacfU_TY3_", "(4) suspend resume partial function for closure #1 in f()"),
    ("$s4main3FooV1xSivgTf4n_gTm", "specialized Foo.x.getter"),
    ("$sSa6appendyyxnFSS_Tg5Tf4xn_n", "specialized Array.append(_:)"),
    ("$s4main3FooC3runyyFTj", "dispatch thunk of Foo.run()"),
    ("$s4main3FooVSQAASQ2eeoiySbx_xtFZTW", "protocol witness for static Equatable.== infix(_:_:) in conformance Foo"),
    ("$sIeg_IeyB_TR", "thunk for @escaping @callee_guaranteed () -> ()"),
    (
        "$sSSSis5Error_pIegnrzo_SSSisAA_pIeggrzo_TR",
        "thunk for @escaping @callee_guaranteed (@in_guaranteed String) -> (@out Int, @error @owned Error)",
    ),
    ("$s4main4ItemVSgWOh", "outlined destroy of Item?"),
    ("$s4main4ItemVwcp", "initializeWithCopy for Item"),
    ("$s4main5state_WZ", "one-time initialization function for state"),
    ("$s4main3FooC4nameSSvpACTK", "key path getter for Foo.name : Foo"),
    // Types.
    ("$s4main3FooVMa", "type metadata accessor for Foo"),
    ("$s4main3FooV3BarVySi_SSGMa", "type metadata accessor for Foo<Int>.Bar<String>"),
    ("$sSDySSSaySiGSgGMa", "type metadata accessor for [String : [Int]?]"),
    ("$sSiSg_SS4nametMa", "type metadata accessor for (Int?, name: String)"),
    ("$sSiSS_SbtYaKcMa", "type metadata accessor for (String, Bool) async throws -> Int"),
    ("$s4main1P_AA1QpMa", "type metadata accessor for P & Q"),
    ("$sypSgMa", "type metadata accessor for Any?"),
    ("$sySSXBSgMa", "type metadata accessor for (@convention(block) (String) -> ())?"),
    // Words, Punycode, substitutions.
    ("$s4main03FooB0VMa", "type metadata accessor for FooFoo"),
    ("$s4main0022egbpdajGbuEbxfgehfvwxnyyF", "ليهمابتكلموشعربي؟()"),
    (
        "$ss17_assertionFailure__4file4line5flagss5NeverOs12StaticStringV_SSAHSus6UInt32VtF",
        "_assertionFailure(_:_:file:line:flags:)",
    ),
    // Swift 4.0, labels in the tuple.
    ("_T04main3FooC3barySi1x_SS1ytFTo", "@objc Foo.bar(x:y:)"),
    ("_T04main3FooCACycfc", "Foo.init()"),
    // The Objective-C run-time's.
    ("_TtC4main3Foo", "Foo"),
    ("_TtCV4main3Foo3Bar", "Foo.Bar"),
    ("_TtC4mainP33_0123456789ABCDEF0123456789ABCDEF3Foo", "Foo"),
    ("_TtP4main8Drawable_", "Drawable"),
];

#[test]
fn names() {
    let got: Vec<_> = NAMES.iter().map(|&(name, _)| (name, demangle(name).unwrap_or_default())).collect();
    let wanted: Vec<_> = NAMES.iter().map(|&(name, text)| (name, text.to_owned())).collect();
    assert_eq!(got, wanted);
    assert!(NAMES.iter().all(|&(name, text)| in_any_scheme(name).as_deref() == Some(text)));
}

#[test]
fn what_is_not_understood_stays() {
    for name in [
        "$s",
        "$s4main",
        "$s4mai",
        "$s4main1fyyFX",
        "$s4main1fyyFF",
        "$s4main1f",
        "$s0",
        "$s00",
        "$s4main0zF",
        "$sA",
        "$sAB",
        "$sSiSi",
        "$scoped_ptr",
        "$sxdata",
        "$s99999999999999999999a",
        "_TtC4main",
        "_TtC4main3Fo",
        "_TtC4main3Foox",
        "_TtSi",
        "_Tt",
        "_T0",
        "-[Foo bar:]",
        "+[Foo(Extra) bar]",
        "-[_TtC4main3Foo bar]",
        "__31-[Foo run]_block_invoke",
    ] {
        assert_eq!(in_any_scheme(name), None, "{name}");
    }
}

#[test]
fn in_text() {
    assert_eq!(demangle_words("0 App $s4main1fyyF + 12, -[Foo bar]"), "0 App f() + 12, -[Foo bar]");
}

/// Each name expands to a very long text, or nests very deeply.
#[test]
fn bounded() {
    let mut doubling = String::from("$sSi_SittD");
    for letter in 'A'..='Z' {
        doubling = format!("$sSi_Sit{}MD", format!("a{letter}_t").repeat(20));
    }
    let bound = |depth: usize| format!("$s{}Si{}D", "Say".repeat(depth), "G".repeat(depth));
    let pairs: String = (0..40).map(|i| format!("Say{0}G{0}_", if i == 0 { "Si" } else { "AA" })).collect();
    for name in [
        doubling,
        bound(20_000),
        format!("$s{pairs}tD"),
        format!("$sSi{}D", "Sg".repeat(30_000)),
        format!("$sSi{}D", "m".repeat(60_000)),
        format!("$s4main1fyyF{}", "yycfU_".repeat(10_000)),
        format!("$s4main1fyyF{}", "Z".repeat(60_000)),
        format!("$s4main{}", "1AV".repeat(20_000)),
        format!("$s4main3FooV{}", "A2048C".repeat(10_000)),
        format!("$s4main{}", "1aV4mainE".repeat(6_000)),
        format!("$s4main1fyyF{}", "Tm".repeat(30_000)),
        format!("$s4main1fyyr{}lF", "60_".repeat(20_000)),
        format!("$s4main00{}", "50000_".to_owned() + &"a".repeat(50_000)),
        format!("$s1Ay{}G", "Si_".repeat(20_000)),
        format!("$s1a{}1b1c", "1aV".repeat(20)),
    ] {
        assert!(demangle(&name).is_none_or(|text| text.len() <= MAX_OUTPUT), "{name:.60}");
    }
    assert_eq!(demangle(&bound(20)).unwrap(), format!("{}Int{}", "[".repeat(20), "]".repeat(20)));
}

proptest! {
    #[test]
    fn any_letters(name in "(\\$s|\\$S|_T0|_Tt)[A-Za-z0-9_.$]{0,80}") {
        let text = demangle(&name);
        prop_assert!(text.is_none_or(|text| text.len() <= MAX_OUTPUT && !text.is_empty()));
    }

    #[test]
    fn any_operators(parts in prop::collection::vec(prop::sample::select(vec![
        "4main", "3Foo", "1f", "C", "V", "O", "P", "y", "_", "t", "Si", "SS", "Sg", "Say", "G", "c", "F", "fC", "fU_",
        "vg", "Z", "E", "l", "r", "x", "q_", "Qz", "AA", "AC", "A2_", "L_", "LL", "TA", "Tg5", "Tf4n_n", "TR", "TW",
        "Ieg_", "WOe", "Ma", "XE", "Ya", "K", "p", "Qr", "u", "Rz", "HC", "HP", "g_", "o", "m", "z", "d",
    ]), 0..40)) {
        let _ = demangle(&format!("$s{}", parts.concat()));
    }

    #[test]
    fn damaged_names(which in 0..NAMES.len(), at in 0_usize..200, byte in "[A-Za-z0-9_]", cut in any::<bool>()) {
        let mut name = NAMES[which].0.to_owned();
        let at = at % name.len();
        if name.is_char_boundary(at) {
            if cut { name.truncate(at) } else { name.replace_range(at..=at, &byte) }
        }
        let _ = demangle(&name);
    }
}
