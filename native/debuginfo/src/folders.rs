//! The folders below a folder, each once, whatever links there are between them.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that wait to be listed.
///
/// A folder that is reachable by several paths is listed once, under its path without links if that is below the first
/// folder. Otherwise N folders with links to each other would be listed under N! paths. Folders of file systems that
/// hold no files, such as `/proc`, are skipped.
pub(crate) struct Folders {
    /// With the device of the folder that each is in.
    waiting: Vec<(PathBuf, Option<u64>)>,
    /// Links to folders: they are followed when all other folders were listed.
    links: BTreeSet<PathBuf>,
    listed: HashSet<Identity>,
}

/// A folder to be listed.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    device: Option<u64>,
}

impl Folders {
    /// The folder itself, which may be a link.
    pub(crate) fn below(folder: &Path) -> Self {
        Self { waiting: Vec::new(), links: BTreeSet::from([folder.to_owned()]), listed: HashSet::new() }
    }

    /// Add a folder that was found in another one.
    pub(crate) fn add(&mut self, path: PathBuf, parent: &Folder) {
        self.waiting.push((path, parent.device));
    }

    /// Add a link to a folder.
    pub(crate) fn add_link(&mut self, path: PathBuf) {
        self.links.insert(path);
    }

    /// The next folder that was not listed yet.
    pub(crate) fn next(&mut self) -> Option<Folder> {
        loop {
            let (path, parent) = self.waiting.pop().or_else(|| self.links.pop_first().map(|path| (path, None)))?;
            let Some((identity, device)) = identify(&path) else { continue };
            // Only a mount point is on another device than its parent.
            let is_mount = parent.is_none() || parent != device;
            if !(is_mount && holds_no_files(&path)) && self.listed.insert(identity) {
                return Some(Folder { path, device });
            }
        }
    }
}

/// What tells a folder from all others: its device and its number there.
#[cfg(unix)]
type Identity = (u64, u64);

/// What tells a folder from all others: its path without links.
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identify(path: &Path) -> Option<(Identity, Option<u64>)> {
    use std::os::unix::fs::MetadataExt as _;
    let about = fs::metadata(path).ok()?;
    Some(((about.dev(), about.ino()), Some(about.dev())))
}

#[cfg(not(unix))]
fn identify(path: &Path) -> Option<(Identity, Option<u64>)> {
    Some((fs::canonicalize(path).ok()?, None))
}

/// Whether a folder is on a file system of the kernel's own: reading its entries may block or have effects, and none is a
/// debug file. The numbers are those of `<linux/magic.h>`.
#[cfg(target_os = "linux")]
fn holds_no_files(path: &Path) -> bool {
    const KERNELS: [u32; 17] = [
        0x0000_9fa0, // proc
        0x6265_6572, // sysfs
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x6367_7270, // cgroup2
        0x0027_e0eb, // cgroup
        0x7363_6673, // securityfs
        0xf97c_ff8c, // selinuxfs
        0x4341_5d53, // smackfs
        0x6165_676c, // pstore
        0xcafe_4a11, // bpf
        0x6265_6570, // configfs
        0x0000_1cd1, // devpts
        0xde5e_81e4, // efivarfs
        0x1980_0202, // mqueue
        0x4249_4e4d, // binfmt_misc
        0x6573_5543, // fusectl
    ];
    // The field's type differs between processors, and some numbers have the highest bit.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    rustix::fs::statfs(path).is_ok_and(|about| KERNELS.contains(&(about.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn holds_no_files(_: &Path) -> bool {
    false
}
