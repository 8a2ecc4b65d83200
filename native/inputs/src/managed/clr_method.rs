//! The parts of a .NET method's name, as all of its run-times print them.

/// Where the parenthesis that opens a text is closed.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// Class and method of `A.B.C`, without the method's type arguments: dots inside brackets part nothing, and those of
/// `..ctor` belong to the method.
pub(super) fn split_method(name: &str) -> (&str, &str) {
    let bytes = name.as_bytes();
    let mut depth = 0_usize;
    let mut dot = None;
    for (i, byte) in bytes.iter().enumerate().rev() {
        match byte {
            b'>' | b']' => depth += 1,
            b'<' | b'[' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                dot = Some(i);
                break;
            }
            // Unity: `Shop.Cart:Total`, `Shop.Cart:.ctor`.
            b':' if depth == 0 && i > 0 => return (&name[..i], without_arguments(&name[i + 1..])),
            _ => {}
        }
    }
    let (class, method) = match dot {
        Some(dot) if dot > 0 && bytes[dot - 1] == b':' => (&name[..dot - 1], &name[dot..]),
        Some(dot) if dot > 0 && bytes[dot - 1] == b'.' => (&name[..dot - 1], &name[dot..]),
        Some(0) => ("", name),
        Some(dot) => (&name[..dot], &name[dot + 1..]),
        None => ("", name),
    };
    (class, without_arguments(method))
}

/// A method without its type arguments: `M[T]`, and Mono's `M<T>`; but `<M>b__0` is a name.
fn without_arguments(method: &str) -> &str {
    match method.find(['[', '<']) {
        Some(end) if end > 0 => &method[..end],
        _ => method,
    }
}
