//! Objective-C methods and blocks.

use std::borrow::Cow;

/// A method as it stands, without what compilers hang on it; None if the text is neither a method nor a block.
///
/// `__44-[Foo bar]_block_invoke_2` loses its counters: the 44 is the length of what follows, the 2 the block's position
/// in the method, and both change with the source around them.
pub(super) fn clean(text: &str) -> Option<Cow<'_, str>> {
    if is_method(text) {
        let end = text.find(']').map_or(text.len(), |i| i + 1);
        let (method, rest) = text.split_at(end);
        return Some(match rest.starts_with(BLOCK) {
            true => Cow::Borrowed(&text[..end + BLOCK.len()]),
            false => Cow::Borrowed(method),
        });
    }
    let inner = text.strip_prefix("__")?;
    let counted = inner.trim_start_matches(|c: char| c.is_ascii_digit());
    if counted.len() < inner.len() && is_method(counted) {
        return clean(counted);
    }
    // A block in a function: `__main_block_invoke_2`.
    if let Some(at) = text.rfind(BLOCK)
        && is_counter(&text[at + BLOCK.len()..])
    {
        return Some(Cow::Borrowed(&text[..at + BLOCK.len()]));
    }
    // What blocks are copied and freed with: the numbers are offsets of captured variables.
    for helper in ["__copy_helper_block_", "__destroy_helper_block_"] {
        if text.starts_with(helper) {
            return Some(Cow::Borrowed(helper));
        }
    }
    None
}

const BLOCK: &str = "_block_invoke";

fn is_method(text: &str) -> bool {
    text.starts_with("-[") || text.starts_with("+[")
}

/// Nothing, or `_2`, `.5`.
fn is_counter(rest: &str) -> bool {
    rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.'))
}
