//! Files that appear under their path whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Writes a file with `fill` and waits until its content is on the disk before it takes its path, so that a power cut
/// cannot leave an empty file there. What `fill` returns is returned.
///
/// The file is written under a hidden name in the same folder, which must exist, and renamed. If anything fails, nothing
/// is left behind and what was at the path stays.
///
/// # Errors
/// What `fill` returns; the file cannot be created, written or renamed.
pub fn write<T, E: From<io::Error>>(path: &Path, fill: impl FnOnce(&File) -> Result<T, E>) -> Result<T, E> {
    write_unsynced(path, |file| {
        let made = fill(file)?;
        file.sync_data()?;
        Ok(made)
    })
}

/// As [`write`](fn@write), without waiting for the disk: for files that are checked whenever they are read.
///
/// # Errors
/// As [`write`](fn@write).
pub fn write_unsynced<T, E: From<io::Error>>(path: &Path, fill: impl FnOnce(&File) -> Result<T, E>) -> Result<T, E> {
    let temporary = Temporary(beside(path));
    let file = File::options().read(true).write(true).create_new(true).open(&temporary.0)?;
    let made = fill(&file)?;
    fs::rename(&temporary.0, path)?;
    Ok(made)
}

/// A path that no other thread or process uses, in the same folder.
fn beside(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_nanos());
    path.with_file_name(format!(".writing-{}-{clock:x}-{next}", std::process::id()))
}

/// A file that is removed if it is still there: it was not renamed, or not even created.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::{write, write_unsynced};
    use std::fs;
    use std::io::{self, Write as _};
    use std::path::{Path, PathBuf};

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("atomic-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn put(path: &Path, text: &[u8]) -> io::Result<()> {
        write(path, |mut file| file.write_all(text))
    }

    #[test]
    fn a_file_appears_when_it_is_whole() {
        let folder = Folder::new("whole");
        let path = folder.0.join("file");
        put(&path, b"old").unwrap();
        write_unsynced(&path, |mut file| {
            file.write_all(b"new")?;
            assert_eq!(fs::read(&path)?, b"old");
            io::Result::Ok(())
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(folder.names(), ["file"]);
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let folder = Folder::new("failure");
        let path = folder.0.join("file");
        put(&path, b"old").unwrap();
        let full = write(&path, |mut file| {
            file.write_all(b"ne")?;
            Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        let panicked = std::panic::catch_unwind(|| write(&path, |_| -> io::Result<()> { panic!("in the middle") }));
        assert!(panicked.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(folder.names(), ["file"]);
    }

    #[test]
    fn a_path_that_cannot_be_written_leaves_nothing() {
        let folder = Folder::new("unwritable");
        assert_eq!(put(&folder.0.join("missing/file"), b"new").unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::create_dir(folder.0.join("taken")).unwrap();
        assert_eq!(put(&folder.0.join("taken"), b"new").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(folder.names(), ["taken"]);
    }

    #[test]
    fn writers_at_the_same_time_do_not_meet() {
        let folder = Folder::new("together");
        let path = folder.0.join("file");
        std::thread::scope(|scope| {
            for text in [b'a', b'b', b'c', b'd'] {
                let path = &path;
                scope.spawn(move || (0..20).for_each(|_| put(path, &[text; 5000]).unwrap()));
            }
        });
        let content = fs::read(&path).unwrap();
        assert_eq!(content, vec![content[0]; 5000]);
        assert_eq!(folder.names(), ["file"]);
    }
}
