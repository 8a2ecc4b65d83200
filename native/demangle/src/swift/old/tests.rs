//! Names of Swift 3. What they stand for was checked against the compiler's own demangler, as were those of the framework and
//! the program that the corpora hold.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::super::super::{MAX_OUTPUT, Scheme, demangle as in_any_scheme, scheme};
use super::super::demangle;

const NAMES: &[(&str, &str)] = &[
    ("_TFC4Shop4Cart5totalfT_Sd", "Cart.total()"),
    ("_TFC4Shop4Cart3addfTCS_4Item8quantitySi_T_", "Cart.add(_:quantity:)"),
    ("_TZFC4Shop4Cart6sharedfT_S0_", "static Cart.shared()"),
    ("_TToFC4Shop4Cart5totalfT_Sd", "@objc Cart.total()"),
    ("_TToZFC4Shop4Cart6sharedfT_S0_", "@objc static Cart.shared()"),
    ("_TTOFSC8UIRoundsfTSd_Sd", "@nonobjc UIRounds(_:)"),
    ("_TTDFC4Shop4Cart5totalfT_Sd", "dynamic Cart.total()"),
    ("_TTdFC4Shop4Cart5totalfT_Sd", "super Cart.total()"),
    ("_TTVFC4Shop4Cart5totalfT_Sd", "override Cart.total()"),
    ("_TFC4Shop4CartCfT5ownerSS_S0_", "Cart.__allocating_init(owner:)"),
    ("_TFC4Shop4CartcfzT5ownerSS_S0_", "Cart.init(owner:)"),
    ("_TFV4Shop5PriceCfT5centsSi_S0_", "Price.init(cents:)"),
    ("_TFC4Shop4CartD", "Cart.__deallocating_deinit"),
    ("_TFC4Shop4Cartd", "Cart.deinit"),
    ("_TFCSo4CartE", "Cart.__ivar_destroyer"),
    ("_TFCSo4Carte", "Cart.__ivar_initializer"),
    ("_TFC4Shop4Cartg5countSi", "Cart.count.getter"),
    ("_TFC4Shop4Carts5countSi", "Cart.count.setter"),
    ("_TFC4Shop4Cartm5countSi", "Cart.count.materializeForSet"),
    ("_TFC4Shop4CartW5countSi", "Cart.count.didset"),
    ("_TF4Shopau8currencySS", "currency.unsafeMutableAddressor"),
    ("_TFC4Shop4Cartg9subscriptFSiCS_4Item", "Cart.subscript.getter"),
    ("_TiC4Shop4Cart9subscriptFT5indexSi_CS_4Item", "Cart.subscript(index:)"),
    ("_TvC4Shop4Cart5countSi", "Cart.count"),
    ("_TF4Shop4sortFTGSaSi_2byFTSiSi_Sb_GSaSi_", "sort(_:by:)"),
    ("_TF4Shop4sumsFtSi_Si", "sums(_:)"),
    ("_TF4Shop4pickurFTxx_x", "pick<A>(_:_:)"),
    ("_TF4Shop4pairu0_rFTxq__Tq_x_", "pair<A, B>(_:_:)"),
    ("_TF4Shop5firstuRxs8SequencerFxGSqwx8Iterator_", "first<A>(_:)"),
    ("_TF4Shop5innerFRC4Shop4CartT_", "inner(_:)"),
    ("_TF4Shopoi1pFTVS_5PriceS0__S0_", "+ infix(_:_:)"),
    ("_TF4Shopop1nFVS_5PriceSb", "! prefix(_:)"),
    ("_TF4ShopX7Caf_dmaFT_T_", "Café()"),
    ("_TFO4Shop4Kind5labelfT_SS", "Kind.label()"),
    ("_TFVC4Shop4Cart4Line5totalfT_Sd", "Cart.Line.total()"),
    ("_TFE4ShopSS4trimfT_SS", "String.trim()"),
    ("_TFe4ShopRxs8HashablerSa6uniquefT_GSax_", "Array<A>.unique()"),
    ("_TFC4ShopP33_0123456789ABCDEF0123456789ABCDEF5Stock4loadfT_T_", "Stock.load()"),
    ("_TFC4Shop4CartP33_0123456789ABCDEF0123456789ABCDEF4loadfT_T_", "Cart.load()"),
    ("_TFF4Shop5checkFT_T_L_6helperFSiT_", "helper #1 (_:) in check()"),
    ("_TFCF4Shop5checkFT_T_L_5Local3runfT_T_", "run() in Local #1 in check()"),
    ("_TFFC4Shop4Cart5totalFT_SdU_FSiSd", "closure #1 in Cart.total()"),
    ("_TFFFC4Shop4Cart5totalFT_SdU_FSiSdU0_FT_T_", "closure #2 in closure #1 in Cart.total()"),
    ("_TFIvC4Shop4Cart5countSiiu_KT_Si", "implicit closure #1 in variable initialization expression of Cart.count"),
    ("_TIvC4Shop4Cart5countSii", "variable initialization expression of Cart.count"),
    ("_TIFC4Shop4Cart3addFT8quantitySi_T_A_", "default argument 0 of Cart.add(quantity:)"),
    ("_TPA__TFFC4Shop4Cart5totalFT_SdU_FSiSd", "partial apply for closure #1 in Cart.total()"),
    ("_TPAo__TTRXFo_dSi_dSb_XFo_iSi_iSb_", "partial apply for thunk for @callee_owned (@in Int) -> (@out Bool)"),
    ("_TTRXFo_oSS_dSb_XFo_iSS_iSb_", "thunk for @callee_owned (@in String) -> (@out Bool)"),
    ("_TTRXFo__dT__XFdCb__dT__", "thunk for @callee_unowned @convention(block) () -> (@unowned ())"),
    ("_TTRGrXFo_dSi_zoPs5Error__XFo_iSi_ix_", "thunk for @callee_owned (@in Int) -> (@out A)"),
    ("_TTSgq5Sf___TF4Shop4pickurFTxx_x", "specialized pick<A>(_:_:)"),
    ("_TTSg5Si_SS___TF4Shop4pairu0_rFTxq__Tq_x_", "specialized pair<A, B>(_:_:)"),
    ("_TTSr5SiSis8Hashables___TF4Shop4pickurFTxx_x", "specialized pick<A>(_:_:)"),
    ("_TTSf4g_n_d_i___TFC4Shop4Cart3addfTCS_4Item8quantitySi_T_", "specialized Cart.add(_:quantity:)"),
    ("_TTSf4cpfr9some_name_cpi7_cl8closuresSi___TTSg5Si___TF4Shop4pickurFTxx_x", "specialized pick<A>(_:_:)"),
    ("_TTWC4Shop4CartS_9PriceableS_FS1_5totalfT_Sd", "protocol witness for Priceable.total() in conformance Cart"),
    ("_TWPC4Shop4CartS_9PriceableS_", "protocol witness table for Cart"),
    ("_TWaC4Shop4CartS_9PriceableS_", "protocol witness table accessor for Cart"),
    ("_TWIC4Shop4CartS_9PriceableS_", "instantiation function for generic protocol witness table for Cart"),
    ("_TWlC4Shop4CartS0_S_9PriceableS_", "lazy protocol witness table accessor for type Cart and conformance Cart"),
    ("_TWtC4Shop4CartS_9PriceableS_4Unit", "associated type metadata accessor for Unit in Cart"),
    (
        "_TWTC4Shop4CartS_9PriceableS_4UnitS_7Numeric",
        "associated type witness table accessor for Unit : Numeric in Cart",
    ),
    ("_TWvdvC4Shop4Cart5countSi", "direct field offset for Cart.count"),
    ("_TWVV4Shop5Price", "value witness table for Price"),
    ("_TMC4Shop4Cart", "type metadata for Cart"),
    ("_TMaC4Shop4Cart", "type metadata accessor for Cart"),
    ("_TMmC4Shop4Cart", "metaclass for Cart"),
    ("_TMnV4Shop5Price", "nominal type descriptor for Price"),
    ("_TMLGSaV4Shop5Price_", "lazy cache variable for type metadata for [Price]"),
    ("_TMp4Shop9Priceable", "protocol descriptor for Priceable"),
    ("_TwcpV4Shop5Price", "initializeWithCopy for Price"),
    ("_TtC4Shop4Cart", "Cart"),
    ("_TtCC4Shop4Cart4Line", "Cart.Line"),
    ("_TtGSqGSaC4Shop4Cart__", "[Cart]?"),
    ("_TtGSQC4Shop4Cart_", "Cart!"),
    ("_TtGVs10DictionarySSSi_", "[String : Int]"),
    ("_TtGVV4Shop4Pair4SideSi_SS_", "Pair<Int>.Side<String>"),
    ("_TtbSiSb", "@convention(block) (Int) -> Bool"),
    ("_TtFzTSi4nameSS_Sb", "(Int, name: String) throws -> Bool"),
    ("_TtMP4Shop9Priceable_", "Priceable.Protocol"),
    ("_TtP4Shop9PriceableS_4Kind_", "Priceable & Kind"),
    ("_TtXwC4Shop4Cart", "weak Cart"),
    ("_TtRGSaSi_", "inout [Int]"),
    ("_TtBv4Bi32_", "Builtin.Vec4xInt32"),
    ("_TFC4Shop4Cart5totalfS0_FT_Sd", "Cart.total(_:)"),
    ("_TFC4Shop4Cart5totalfT_Sd.resume.0", "Cart.total()"),
    ("_TFF4Shop5checkFT_T_U_FT_T__merged", "closure #1 in check()"),
];

#[test]
fn names() {
    let got: Vec<_> = NAMES.iter().map(|&(name, _)| (name, in_any_scheme(name).unwrap_or_default())).collect();
    let wanted: Vec<_> = NAMES.iter().map(|&(name, text)| (name, text.to_owned())).collect();
    assert_eq!(got, wanted);
    assert!(NAMES.iter().all(|&(name, _)| scheme(name) == Some(Scheme::OldSwift)));
    // Apple's linkers put an underscore in front of every name.
    assert_eq!(in_any_scheme("__TFC4Shop4Cart5totalfT_Sd").unwrap(), "Cart.total()");
}

/// Names that break off, and what people call functions in other languages.
#[test]
fn what_is_not_understood_stays() {
    for name in [
        "_TFC4Shop4Cart5total",
        "_TFC4Shop4Cart5totalfT_",
        "_TFC4Shop4Cart5totalfT_SdSd",
        "_TFC4Shop4Cart9totalfT_Sd",
        "_TFC4Shop4Cart5totalfS9_Sd",
        "_TFC4Shop4CartfT_Sd",
        "_TTSg5Si__TF4Shop4pickurFTxx_x",
        "_TTSg5Si___",
        "_TPA__",
        "_TtC4Shop4Cart_total",
        "_TtC4Shop4Cart.total",
        "_TtTSiSiSi",
        "_TIFFOpenFile",
        "_TFooBarBaz",
        "_TMCoreInit",
        "_TVConnection",
        "_TWVectorAdd",
        "_TimerTick",
        "_TCPConnect",
        "_TZoneTransfer",
        "_TThreadStart",
        "_TtTextField",
    ] {
        assert_eq!(in_any_scheme(name), None, "{name}");
    }
}

/// Each name nests very deeply or expands to a very long text.
#[test]
fn bounded() {
    let mut doubling = String::from("_TtTV1a1bS0_");
    for number in 0..40 {
        // Each type is a tuple of two of the one before.
        doubling.push_str(&format!("GS0_TS{number}_S{number}___"));
    }
    doubling.push('_');
    let pairs: String = (0..60).map(|n| format!("aTS{n}_S{n}__")).collect();
    for name in [
        doubling,
        format!("_Tt{pairs}"),
        format!("_Tt{}", "GSa".repeat(20_000)),
        format!("_Tt{}Si{}", "GSa".repeat(5_000), "_".repeat(5_000)),
        format!("_Tt{}", "F".repeat(60_000)),
        format!("_Tt{}", "R".repeat(60_000)),
        format!("_TtT{}_", "Si".repeat(30_000)),
        format!("_TtP{}_", "s1a".repeat(20_000)),
        format!("_TF{}", "F".repeat(60_000)),
        format!("_TF{}", "E1a".repeat(20_000)),
        format!("_TtQ{}", "Q".repeat(60_000)),
        format!("_Ttu{}rSi", "_".repeat(60_000)),
        format!("_Ttu{}rSi", "99999999_".repeat(5_000)),
        format!("_TtW{}", "x1a".repeat(20_000)),
        format!("_TP{}", "A__TPA".repeat(9_000)),
        format!("_{}TF1a1bFT_T_", "TTSg5Si___".repeat(6_000)),
        format!("_TF4mainX50000{}FT_T_", "a".repeat(50_000)),
        format!("_TtG{}Si_", "C".repeat(100) + "1a" + &"1b".repeat(100)),
    ] {
        assert!(demangle(&name).is_none_or(|text| text.len() <= MAX_OUTPUT), "{name:.60}");
    }
    let bound = |depth: usize| format!("_Tt{}Si{}", "GSa".repeat(depth), "_".repeat(depth));
    assert_eq!(demangle(&bound(20)).unwrap(), format!("{}Int{}", "[".repeat(20), "]".repeat(20)));
}

proptest! {
    #[test]
    fn any_letters(name in "_T[A-Za-z0-9_]{0,80}") {
        let text = demangle(&name);
        prop_assert!(text.is_none_or(|text| text.len() <= MAX_OUTPUT && !text.is_empty()));
    }

    #[test]
    fn any_grammar(parts in prop::collection::vec(prop::sample::select(vec![
        "F", "Z", "I", "v", "i", "E", "e", "G", "C", "V", "O", "P", "S", "S_", "S0_", "Si", "SS", "s", "4main", "3Foo", "1f", "T", "t",
        "_", "u", "r", "R", "x", "q_", "qd__", "w", "W", "l", "z", "U_", "u_", "A_", "D", "d", "c", "C", "g", "X", "XF", "o_", "d",
        "B", "i32_", "M", "K", "b", "f", "Q", "L_", "TS", "g5", "f4", "___T", "TR", "TW", "PA__T", "To", "Wv", "wcp",
    ]), 0..40)) {
        let _ = demangle(&format!("_T{}", parts.concat()));
    }

    #[test]
    fn damaged_names(which in 0..NAMES.len(), at in 0_usize..200, byte in "[A-Za-z0-9_]", cut in any::<bool>()) {
        let mut name = NAMES[which].0.to_owned();
        let at = at % name.len();
        if cut { name.truncate(at) } else { name.replace_range(at..=at, &byte) }
        let _ = demangle(&name);
    }
}
