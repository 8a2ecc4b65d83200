//! Opens files, and nothing else that a path may name: opening a pipe waits for a writer, and a device may have no end.

use std::fs::{self, File, FileType, OpenOptions};
use std::io;
use std::path::Path;

/// Open a file for reading.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::InvalidInput`], with the reason in words, if it is a folder, pipe, socket or
/// device. Such a thing is not opened.
pub fn open(path: &Path) -> io::Result<File> {
    check(fs::metadata(path)?.file_type())?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // If the path names a pipe by now, opening it must not wait. For files the flag means nothing.
        let flag = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
        options.custom_flags(flag);
    }
    let file = options.open(path)?;
    check(file.metadata()?.file_type())?;
    Ok(file)
}

fn check(kind: FileType) -> io::Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_dir() { "directory" } else { special(kind) };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("is a {what}, not a file")))
}

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "device"
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::open;
    use std::io::{ErrorKind, Read as _};
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::{env, fs, process};

    #[test]
    fn files_alone_are_opened() {
        let folder = env::temp_dir().join(format!("regular-file-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("file"), b"text").unwrap();
        let mut text = String::new();
        open(&folder.join("file")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        assert_eq!(open(&folder.join("missing")).unwrap_err().kind(), ErrorKind::NotFound);

        let status = process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap();
        assert!(status.success());
        let _listener = UnixListener::bind(folder.join("socket")).unwrap();
        for (path, what) in [
            (folder.clone(), "directory"),
            (folder.join("pipe"), "pipe"),
            (folder.join("socket"), "socket"),
            (Path::new("/dev/zero").to_owned(), "device"),
        ] {
            let error = open(&path).unwrap_err();
            assert_eq!(
                (error.kind(), error.to_string()),
                (ErrorKind::InvalidInput, format!("is a {what}, not a file"))
            );
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
