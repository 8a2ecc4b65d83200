//! Paths as text: inputs of every system are read on every system.

/// The part of a path after its last slash of either kind. The separator of the system that reads the path is
/// irrelevant: it says nothing about the system that wrote it.
#[must_use]
pub fn leaf(path: &str) -> &str {
    let slash = path.bytes().rposition(|b| matches!(b, b'/' | b'\\'));
    slash.and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves() {
        let cases = [
            ("/system/lib64/libc.so", "libc.so"),
            (r"C:\Windows\System32\ntdll.dll", "ntdll.dll"),
            (r"/mnt/c\app.exe", "app.exe"),
            ("libc.so", "libc.so"),
            ("/é/ü", "ü"),
            ("a/", ""),
            ("", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(leaf(path), expected, "{path}");
        }
    }
}
