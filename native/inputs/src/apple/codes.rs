//! How Apple's reports write signals and codes.

/// Whether a word is the name of a signal.
pub(crate) fn is_signal(word: &str) -> bool {
    word.strip_prefix("SIG")
        .is_some_and(|rest| rest.len() > 1 && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
}

/// The numbers of a list of codes: `0x0000000000000001, 0x0000000000000010`.
pub(crate) fn numbers(text: &str) -> Vec<u64> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    let number = |word: &str| {
        let whole = crate::json::value::whole(word)?;
        u64::try_from(whole).ok().or_else(|| i64::try_from(whole).ok().map(i64::cast_unsigned))
    };
    words.map_while(number).take(16).collect()
}

/// The address that a subtype ends with: `KERN_INVALID_ADDRESS at 0x0000000000000010`.
pub(crate) fn address_of(subtype: &str) -> Option<u64> {
    let (_, after) = subtype.split_once(" at ")?;
    let word = after.split_whitespace().next()?;
    word.starts_with("0x").then(|| crate::json::value::hexadecimal(word))?
}
