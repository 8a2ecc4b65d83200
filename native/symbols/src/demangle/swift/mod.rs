//! Swift's names, since version 4: `$s…`, `$S…`, `_T0…`; and the names the Objective-C run-time has for Swift's classes.
//!
//! The style is that of Apple's crash reports: `closure #1 in ViewController.load(from:)`. Types by their path, methods
//! with their argument labels, neither modules nor the types of arguments nor constraints, since the module is the frame's
//! image and the rest makes a name long, not distinct. What the compiler made of a function is told before it:
//! `specialized`, `@objc`, `partial apply for`, `thunk for`, `(1) await resume partial function for`.
//!
//! The grammar is the one of Swift's ABI documentation (Mangling). A mangled name is a program for a stack machine: each
//! operator pops nodes and pushes one. [`parse`](parse::parse) runs it, `print` writes what is left. The nodes are a
//! graph, since a substitution stands for a whole earlier type: so not only depth and size of the text are bounded, but
//! also the steps of printing. Anything not understood makes the whole name not understood.
//!
//! Names of Swift 3 and older (`_TF…`) are another language. No compiler that is kept writes them, and they stay as they
//! are.

mod entity;
mod function_type;
mod generics;
mod identifier;
mod node;
mod objc_class;
mod operators;
mod parse;
mod print;
mod print_type;
mod punycode;
mod standard;
mod thunk;
mod types;
mod witness;

/// The readable form of a name; None: it is not understood, or too long.
pub(super) fn demangle(name: &str) -> Option<String> {
    let bare = name.strip_prefix('_').filter(|rest| rest.starts_with(['$', '_'])).unwrap_or(name);
    if bare.starts_with("_Tt") {
        return objc_class::demangle(bare);
    }
    let (old, body) = match bare.strip_prefix("_T0") {
        Some(body) => (true, body),
        None => (false, bare.strip_prefix("$s").or_else(|| bare.strip_prefix("$S"))?),
    };
    let parsed = parse::parse(body, old)?;
    print::print(&parsed)
}

#[cfg(test)]
mod tests;
