//! `operator` and what belongs to its name.

/// Longer ones first.
const SYMBOLS: &[&str] = &[
    "->*", "<=>", "<<=", ">>=", "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "++", "--", "+=", "-=", "*=",
    "/=", "%=", "^=", "&=", "|=", "()", "[]", "<", ">", "=", "+", "-", "*", "/", "%", "^", "&", "|", "~", "!", ",",
];

const WORD: &str = "operator";

/// Whether an operator's name starts at `at`: a whole word, not `my_operator` or `operators`.
pub(super) fn starts(text: &str, at: usize) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let bytes = text.as_bytes();
    text[at..].starts_with(WORD)
        && !(at > 0 && bytes.get(at - 1).is_some_and(part))
        && !bytes.get(at + WORD.len()).is_some_and(part)
}

/// Bytes of `operator` and the symbol after it; only the word if no symbol follows.
pub(super) fn with_symbol(rest: &str) -> usize {
    let after = rest.get(WORD.len()..).unwrap_or("");
    WORD.len() + SYMBOLS.iter().find(|symbol| after.starts_with(**symbol)).map_or(0, |symbol| symbol.len())
}
