//! Paths of symbol files in a directory of Breakpad's layout.

use std::path::{Path, PathBuf};

use engine::ModuleKey;

/// The path of a module's symbol file: `<debug file>/<debug id>/<debug file>.sym`, with a trailing `.pdb` (any case)
/// replaced by `.sym`. `None` without a name or an id, or if the name would lead out of the directory.
pub(crate) fn breakpad_path(root: &Path, key: &ModuleKey) -> Option<PathBuf> {
    let file = key.debug_file.as_str();
    if matches!(file, "" | "." | "..") || file.contains('\0') || !key.debug_id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    if key.debug_id.is_empty() {
        return None;
    }
    let stem = match file.len().checked_sub(4).and_then(|at| file.get(at..).map(|tail| (at, tail))) {
        Some((at, tail)) if at > 0 && tail.eq_ignore_ascii_case(".pdb") => &file[..at],
        _ => file,
    };
    Some(root.join(file).join(&key.debug_id).join(format!("{stem}.sym")))
}
