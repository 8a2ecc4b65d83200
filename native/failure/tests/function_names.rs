//! Function names: whatever the text, there is an answer, it is bounded, and a name that went through goes through again
//! as it is.
#![allow(clippy::unwrap_used)]

use failure::name::normalise;
use proptest::prelude::*;
use vocabulary::Os;

const PLATFORMS: [Os; 4] = [Os::Windows, Os::Linux, Os::MacOs, Os::Android];

/// Pieces that names of all languages are made of, well put together or not.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "ns",
        "Foo",
        "f",
        "::",
        "::",
        "<",
        ">",
        "<int>",
        "<A<B>>",
        "(",
        ")",
        "(int)",
        "()",
        " ",
        "const",
        " const",
        "&",
        "*",
        "operator",
        "operator()",
        "operator<",
        "operator->",
        "operator new",
        "~",
        "(anonymous namespace)",
        "`anonymous namespace'",
        "`",
        "'",
        "{lambda(int)#1}",
        "{{closure}}",
        "{closure#0}",
        "'lambda0'(int)",
        "$_12",
        "$1",
        "$$Lambda$1/0x2",
        ".isra.0",
        ".cold",
        ".llvm.12",
        ".1",
        " [clone .cold]",
        " (.cold)",
        "[abi:cxx11]",
        "@@GLIBC_2.2",
        "@plt",
        "@12",
        "_",
        "__",
        "-[Foo bar]",
        "+[Foo bar:]",
        "_block_invoke_2",
        "::h0123456789abcdef",
        "void ",
        "static ",
        "public: ",
        "__cdecl ",
        "[thunk]: ",
        "decltype(auto) ",
        "specialized ",
        "closure #1 in ",
        ") -> ",
        "x: ",
        "+0x12",
        " + 12",
        "ü",
        "?A0x12ab::",
        "<lambda_1>",
        "`adjustor{8}'",
        "impl$0",
        "<T as U>",
        "non-virtual thunk to ",
        "std::__1::",
        "access$000",
        "<>c__DisplayClass1_0",
        ".<M>b__1",
        "\"",
        "?",
        "??",
        "[",
        "]",
        "{",
        "}",
        "virtual ",
        "__memcpy_avx",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    for platform in PLATFORMS {
        let Some(function) = normalise(text, platform) else { continue };
        prop_assert!(!function.is_empty());
        prop_assert!(function.len() <= 2 * text.len() + 32 && function.collapsed().len() <= 2 * text.len() + 32);
        let again = normalise(&function, platform);
        prop_assert_eq!(again.as_deref().unwrap_or(&function), &*function, "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn of_pieces(text in pieces()) {
        check(&text)?;
    }

    #[test]
    fn of_anything(text in "\\PC{0,80}") {
        check(&text)?;
    }
}
