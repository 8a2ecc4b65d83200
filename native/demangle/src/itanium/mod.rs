//! C++ names of GCC and Clang (the Itanium ABI).
//!
//! The maintained libraries expand a pack by printing its arguments together, so that `T&&...` loses all but one `&&`, do not
//! know the template parameters of lambdas, and write numbers and empty packs unlike all other tools. So the grammar is parsed
//! here, by the ABI's rules, and printed as `c++filt` does.
//!
//! A name is hostile input: depth, steps and length of the text are bounded, and a name that cannot be parsed stays as it is.

mod node;
mod parse;
mod print;
mod print_expression;

use super::limits::MAX_OUTPUT;

/// Whether what follows the underscores can be a mangled name, and is not just a function like `_Zfoo`.
pub(super) fn may_start(bare: &str) -> bool {
    matches!(
        bare.as_bytes().get(1),
        Some(b'0'..=b'9' | b'N' | b'S' | b'T' | b'G' | b'L' | b'Z' | b'a'..=b'z' | b'U' | b'D')
    )
}

/// With parameters, as `c++filt` prints it.
pub(super) fn demangle(name: &str) -> Option<String> {
    print::print(&parse::parse(name)?, MAX_OUTPUT)
}
