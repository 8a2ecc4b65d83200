//! Swift's names: `$s…`, `$S…`, `_T0…` since version 4, `_TF…` and the like before ([`old`]).
//!
//! The style is that of Apple's crash reports: `closure #1 in ViewController.load(from:)`. Types by their path, methods
//! with their argument labels, neither modules nor the types of arguments nor constraints, since the module is the frame's
//! image and the rest makes a name longer without distinguishing it. What the compiler made of a function is printed before it:
//! `specialized`, `@objc`, `partial apply for`, `thunk for`, `(1) await resume partial function for`.
//!
//! The grammar is the one of Swift's ABI documentation (Mangling). A mangled name is a program for a stack machine: each
//! operator pops nodes and pushes one. [`parse`](parse::parse) runs it, `print` writes what is left. The nodes are a
//! graph, since a substitution stands for a whole earlier type: so not only depth and size of the text are bounded, but
//! also the steps of printing. A name with any part that cannot be parsed stays mangled.
//!
//! Names of Swift 3 and earlier are another language with a parser of its own, which makes the same nodes: applications
//! of that time still crash, and the Objective-C run-time names Swift's classes in it to this day.

mod entity;
mod function_type;
mod generics;
mod identifier;
mod node;
mod old;
mod operators;
mod parse;
mod print;
mod print_type;
mod punycode;
mod standard;
mod thunk;
mod types;
mod witness;

/// The readable form of a name; `None` if it cannot be parsed, or is too long.
pub(super) fn demangle(name: &str) -> Option<String> {
    let bare = name.strip_prefix('_').filter(|rest| rest.starts_with(['$', '_'])).unwrap_or(name);
    let parsed = if let Some(body) = bare.strip_prefix("_T0") {
        parse::parse(body, true)?
    } else if let Some(body) = bare.strip_prefix("_T") {
        old::parse(body)?
    } else {
        parse::parse(bare.strip_prefix("$s").or_else(|| bare.strip_prefix("$S"))?, false)?
    };
    print::print(&parsed)
}

#[cfg(test)]
mod tests;
