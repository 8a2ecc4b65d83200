//! Text files of Linux and Android that dumps carry whole.

use crate::directory::Stream;
use crate::reader::{u32_or_0, u64_or_0};
use crate::streams::linux_dso::LinuxDsoDebug;
use std::borrow::Cow;

use vocabulary::Arch;

/// What Linux and Android writers copy from `/proc` and `/etc`. The bytes are the file's own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinuxInfo<'a> {
    /// `/proc/cpuinfo`.
    pub cpu_info: Option<&'a [u8]>,
    /// `/proc/PID/status`.
    pub proc_status: Option<&'a [u8]>,
    /// `/etc/lsb-release`; see [`Self::lsb`].
    pub lsb_release: Option<&'a [u8]>,
    /// `/proc/PID/cmdline`: arguments, each ended by NUL; see [`Self::arguments`].
    pub cmd_line: Option<&'a [u8]>,
    /// `/proc/PID/environ`: `NAME=value`, each ended by NUL; see [`Self::environment`].
    pub environ: Option<&'a [u8]>,
    /// `/proc/PID/maps`; see [`map_entries`](crate::map_entries).
    pub maps: Option<&'a [u8]>,
    /// Lines of `maps` that were understood.
    pub maps_count: Option<usize>,
    /// `/proc/PID/limits` (Mozilla); see [`Self::limit_list`].
    pub limits: Option<&'a [u8]>,
    /// The auxiliary vector: type and value, without the final null entry.
    pub auxv: Vec<(u64, u64)>,
    /// The dynamic linker's list of shared objects.
    pub dso_debug: Option<LinuxDsoDebug>,
}

/// Fields of `/etc/lsb-release` or `/etc/os-release`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LsbRelease {
    /// `DISTRIB_ID`.
    pub id: String,
    /// `DISTRIB_RELEASE`.
    pub release: String,
    /// `DISTRIB_CODENAME`.
    pub codename: String,
    /// `DISTRIB_DESCRIPTION`.
    pub description: String,
}

/// A line of `/proc/PID/limits`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limit {
    /// `Max cpu time`, ….
    pub name: String,
    /// A number or `unlimited`.
    pub soft: String,
    /// A number or `unlimited`.
    pub hard: String,
    /// `bytes`, `seconds`, …; empty if the file has none.
    pub unit: String,
}

impl<'a> LinuxInfo<'a> {
    /// The fields of `lsb-release` or `os-release`. `None` if the dump has no such file.
    #[must_use]
    pub fn lsb(&self) -> Option<LsbRelease> {
        let mut release = LsbRelease::default();
        for (key, value) in pairs(self.lsb_release?, b'=') {
            let field = match key {
                b"DISTRIB_ID" | b"ID" => &mut release.id,
                b"DISTRIB_RELEASE" | b"VERSION_ID" => &mut release.release,
                b"DISTRIB_CODENAME" | b"VERSION_CODENAME" => &mut release.codename,
                b"DISTRIB_DESCRIPTION" | b"PRETTY_NAME" => &mut release.description,
                _ => continue,
            };
            *field = String::from_utf8_lossy(unquoted(value)).into_owned();
        }
        Some(release)
    }

    /// The process's limits; empty if the dump has no such file.
    #[must_use]
    pub fn limit_list(&self) -> Vec<Limit> {
        let text = String::from_utf8_lossy(self.limits.unwrap_or_default());
        text.lines().filter_map(limit).take(MAX_LIMITS).collect()
    }

    /// The command line's arguments.
    pub fn arguments(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        ended_by_nul(self.cmd_line.unwrap_or_default()).map(String::from_utf8_lossy)
    }

    /// The environment's variables: name and value.
    pub fn environment(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        ended_by_nul(self.environ.unwrap_or_default()).map(|variable| {
            let equals = memchr::memchr(b'=', variable).unwrap_or(variable.len());
            let value = variable.get(equals + 1..).unwrap_or_default();
            (String::from_utf8_lossy(&variable[..equals]), String::from_utf8_lossy(value))
        })
    }

    /// A field of the status file, such as `Pid` or `VmPeak`, without white space around it.
    #[must_use]
    pub fn status_field(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = pairs(self.proc_status?, b':').find(|(key, _)| *key == name.as_bytes())?;
        Some(String::from_utf8_lossy(value))
    }

    /// Process id, from the status file.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.status_field("Pid")?.parse().ok()
    }
}

/// Limits that are read: Linux has sixteen.
const MAX_LIMITS: usize = 256;

/// Lines of `key SEPARATOR value`, both without white space around them.
fn pairs(text: &[u8], separator: u8) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&b| b == b'\n').filter_map(move |line| {
        let at = memchr::memchr(separator, line)?;
        Some((line[..at].trim_ascii(), line[at + 1..].trim_ascii()))
    })
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value)
}

/// Texts that each end with NUL; the last one may lack it.
fn ended_by_nul(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    (!bytes.is_empty()).then(|| bytes.split(|&b| b == 0)).into_iter().flatten()
}

/// A line of the limits file: columns are separated by two spaces or more, names have single ones.
fn limit(line: &str) -> Option<Limit> {
    let mut columns = line.split("  ").map(str::trim).filter(|column| !column.is_empty());
    let limit = Limit {
        name: columns.next()?.to_owned(),
        soft: columns.next()?.to_owned(),
        hard: columns.next()?.to_owned(),
        unit: columns.next().unwrap_or("").to_owned(),
    };
    // The first line names the columns.
    (limit.name != "Limit").then_some(limit)
}

/// The auxiliary vector: pairs of words until a type of 0.
pub(crate) fn auxv(stream: &Stream<'_>, arch: Option<Arch>) -> Vec<(u64, u64)> {
    let size = arch.map_or(8, |a| a.pointer_size() as usize);
    let word = |bytes: &[u8], i: usize| match size {
        4 => u32_or_0(bytes, 4 * i).into(),
        _ => u64_or_0(bytes, 8 * i),
    };
    stream
        .bytes
        .chunks_exact(2 * size)
        .map(|pair| (word(pair, 0), word(pair, 1)))
        .take_while(|(kind, _)| *kind != 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_release() {
        let linux = LinuxInfo {
            proc_status: Some(b"Name:\tcrash\nPid:\t1304\nVmPeak:\t  13496 kB\n"),
            lsb_release: Some(b"DISTRIB_ID=Ubuntu\nDISTRIB_DESCRIPTION=\"Ubuntu 16.04.3 LTS\"\nnonsense\n"),
            ..LinuxInfo::default()
        };
        assert_eq!(linux.pid(), Some(1304));
        assert_eq!(linux.status_field("VmPeak").as_deref(), Some("13496 kB"));
        assert_eq!(linux.status_field("None"), None);
        let release = linux.lsb().expect("there is one");
        assert_eq!((release.id.as_str(), release.description.as_str()), ("Ubuntu", "Ubuntu 16.04.3 LTS"));
        assert_eq!(release.release, "");
    }

    #[test]
    fn arguments_and_environment() {
        let linux =
            LinuxInfo { cmd_line: Some(b"./a\0-x\0\0"), environ: Some(b"A=1\0B=\0C\0D=e=f"), ..LinuxInfo::default() };
        assert_eq!(linux.arguments().collect::<Vec<_>>(), ["./a", "-x", ""]);
        let environment: Vec<_> = linux.environment().collect();
        let pairs: Vec<_> = environment.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(pairs, [("A", "1"), ("B", ""), ("C", ""), ("D", "e=f")]);
        assert_eq!(LinuxInfo::default().arguments().count(), 0);
    }

    #[test]
    fn limits() {
        let text = b"Limit                     Soft Limit           Hard Limit           Units     \n\
            Max cpu time              unlimited            unlimited            seconds   \n\
            Max nice priority         0                    0                    \n";
        let linux = LinuxInfo { limits: Some(text), ..LinuxInfo::default() };
        let limits = linux.limit_list();
        assert_eq!(limits.len(), 2);
        assert_eq!((limits[0].name.as_str(), limits[0].unit.as_str()), ("Max cpu time", "seconds"));
        assert_eq!((limits[1].soft.as_str(), limits[1].unit.as_str()), ("0", ""));
    }
}
