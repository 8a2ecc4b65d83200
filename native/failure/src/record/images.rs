//! The file names of modules, from what a record says of them.

use std::borrow::Cow;
use std::collections::HashMap;

use vocabulary::path::leaf;

use crate::name::Profile;

/// What is known of file names.
#[derive(Debug)]
pub(super) struct Images<'r> {
    pub(super) windows: bool,
    pub(super) profile: Profile,
    /// Module to file name.
    pub(super) given: &'r HashMap<Cow<'r, str>, Cow<'r, str>>,
    /// The file name of one module, the one a debugger blamed. It says how that module is spelled, and nothing else.
    pub(super) one: Option<(Option<&'r str>, &'r str)>,
    pub(super) process: Option<&'r str>,
}

const EXTENSIONS: [&str; 22] = [
    "dll", "exe", "sys", "ocx", "drv", "cpl", "pyd", "so", "node", "efi", "winmd", "mui", "ppl", "api", "ax", "acm",
    "scr", "com", "tlb", "ime", "xll", "jit",
];

impl<'r> Images<'r> {
    /// The file name of a module as frames print it. None: the module's own text will do.
    pub(super) fn of(&self, module: &'r str, function: Option<&str>) -> Option<Cow<'r, str>> {
        let given = self
            .given
            .get(module)
            .or_else(|| self.given.iter().find(|(name, _)| name.eq_ignore_ascii_case(module)).map(|(_, image)| image));
        if let Some(image) = given {
            return Some(Cow::Borrowed(self.leaf(image)));
        }
        if !self.windows {
            return None;
        }
        if let Some((name, image)) = self.one
            && (name.is_some_and(|name| name.eq_ignore_ascii_case(module)) || same_module(image, module))
        {
            return Some(Cow::Borrowed(self.leaf(image)));
        }
        if is_pseudo(module) || function.is_some_and(crate::name::is_hang_frame) {
            return None;
        }
        if let Some(process) = self.process.filter(|process| same_module(process, module)) {
            return Some(Cow::Borrowed(process));
        }
        let known = module.rsplit_once('.').is_some_and(|(stem, extension)| {
            !stem.is_empty() && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
        });
        (!known).then(|| Cow::Owned(format!("{module}.dll")))
    }

    /// Public debugger output keeps a path where the image's name is one: 2 records.
    fn leaf(&self, image: &'r str) -> &'r str {
        match self.profile {
            Profile::Windbg => image,
            Profile::Wer => leaf(image),
        }
    }
}

/// Whether debuggers give the module of this file this name: the file's without the extension, all but letters and
/// digits as `_`.
fn same_module(image: &str, module: &str) -> bool {
    let leaf = leaf(image);
    let stem = leaf.rsplit_once('.').map_or(leaf, |(stem, _)| stem);
    let spelled = |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' };
    stem.len() == module.len() && stem.bytes().zip(module.bytes()).all(|(a, b)| spelled(a) == spelled(b))
}

/// Modules that are not files: names of a cause, and images without a name (`image009e0000`).
fn is_pseudo(module: &str) -> bool {
    matches!(module, "heap_corruption" | "hardware_disk" | "unknown" | "Unknown_Module" | "memory_corruption")
        || module
            .strip_prefix("image")
            .is_some_and(|base| base.len() >= 8 && base.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let given = HashMap::from([(Cow::Borrowed("Fabric"), Cow::Borrowed("Fabric.exe"))]);
        let images = Images {
            windows: true,
            profile: Profile::Windbg,
            given: &given,
            one: Some((Some("x64_ruby"), "x64-ruby.dll")),
            process: Some("cmd.exe"),
        };
        let of = |module| images.of(module, None).map(Cow::into_owned);
        assert_eq!(of("Fabric").as_deref(), Some("Fabric.exe"));
        assert_eq!(of("fabric").as_deref(), Some("Fabric.exe"));
        assert_eq!(of("x64_ruby").as_deref(), Some("x64-ruby.dll"));
        assert_eq!(of("cmd").as_deref(), Some("cmd.exe"));
        assert_eq!(of("VCRUNTIME140").as_deref(), Some("VCRUNTIME140.dll"));
        for module in ["a.exe", "image009e0000", "heap_corruption"] {
            assert_eq!(of(module), None);
        }
        assert_eq!(images.of("Microsoft.WindowsCalculator", Some("HANG_ACTIVATION")), None);
    }
}
