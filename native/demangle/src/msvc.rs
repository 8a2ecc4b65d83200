//! C++ names of Microsoft's compiler.

use std::panic::{AssertUnwindSafe, catch_unwind};

use msvc_demangler::DemangleFlags;

use super::limits::MAX_OUTPUT;
use super::msvc_growth::{Growth, growth};

/// Microsoft's compiler writes a digest in place of a longer name.
const MAX_NAME: usize = 4096;
/// Nesting up to which a name is demangled on the caller's stack. The library recurses with the name; a deeper name is
/// demangled on a thread with a larger stack.
const MAX_ON_CALLERS_STACK: u32 = 48;
/// Bytes of that stack.
const STACK: usize = 32 << 20;
/// A name that is not parsed here is passed to the library if it is no longer than this, and its digits, each of which may
/// double it, are too few to exceed [`MAX_PARTS`].
const MAX_UNKNOWN: usize = 512;
const MAX_PARTS: usize = 1 << 18;

/// Functions that the compiler generates for a variable of a namespace or a class, run before and after `main`.
const DYNAMIC: [(&str, &str); 2] = [("??__E", "dynamic initializer"), ("??__F", "dynamic atexit destructor")];

/// With parameters, as LLVM's `undname` prints it.
pub(super) fn demangle(name: &str) -> Option<String> {
    match DYNAMIC.iter().find_map(|(code, words)| Some((name.strip_prefix(code)?, words))) {
        Some((variable, words)) => dynamic(name, variable, words),
        None => demangle_any(name),
    }
}

/// `dynamic initializer for 'x'`, as debuggers and PDBs spell it: the library takes it for a member of `x`.
fn dynamic(name: &str, variable: &str, words: &str) -> Option<String> {
    if variable.starts_with('?') && !variable.starts_with("??__") {
        let declared = demangle_any(variable.strip_suffix("@@YAXXZ")?)?;
        return Some(format!("void __cdecl `{words} for `{declared}''(void)"));
    }
    let text = demangle_any(name)?;
    let (before, parameters) = text.rsplit_once(&format!("::`{words}'"))?;
    let variable = before.strip_prefix("void __cdecl ")?;
    Some(format!("void __cdecl `{words} for '{variable}''{parameters}"))
}

fn demangle_any(name: &str) -> Option<String> {
    // Data, and guards of static variables in any position: the library adds their numbers without overflow checks.
    if name.len() > MAX_NAME || name.starts_with("??_C") || name.contains("?$TSS") || has_string_out_of_range(name) {
        return None;
    }
    let on_callers_stack = match growth(name) {
        Growth::Bounded(depth) => depth <= MAX_ON_CALLERS_STACK,
        Growth::Unbounded => return None,
        Growth::Unknown => {
            let digits = name.bytes().filter(u8::is_ascii_digit).count();
            if name.len() > MAX_UNKNOWN || digits > 16 || name.len() << digits > MAX_PARTS {
                return None;
            }
            name.len() < MAX_ON_CALLERS_STACK as usize
        }
    };
    if on_callers_stack {
        return run(name);
    }
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || run(name)).ok()?;
        worker.join().ok()?
    })
}

/// Whether a byte of an encoded string (`@_0`, `@_1`), which is `?$` and two letters from `A`, may have others: the library subtracts
/// without overflow checks.
fn has_string_out_of_range(name: &str) -> bool {
    let after = |at: usize| name.bytes().skip(at + 2).take(2);
    let mut escapes = name.match_indices("?$");
    (name.contains("@_0") || name.contains("@_1")) && escapes.any(|(at, _)| after(at).any(|byte| byte < b'A'))
}

/// The library's parser has a few unchecked additions; if one of them panics, the name stays as it is.
fn run(name: &str) -> Option<String> {
    let demangled = catch_unwind(AssertUnwindSafe(|| msvc_demangler::demangle(name, DemangleFlags::llvm()))).ok()?;
    demangled.ok().filter(|text| text.len() <= MAX_OUTPUT)
}
