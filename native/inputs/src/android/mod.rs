//! Android's text reports: tombstones of native crashes (`debuggerd`), from their files or from the log, and traces of
//! hangs (ANR).

mod anr;
mod frame;
mod images;
mod log;
mod tombstone;

use crate::{Arch, Crash};

/// Which report a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// A native crash.
    Tombstone,
    /// The threads of a process that did not respond.
    Anr,
}

/// Which report a text is; None if it is neither.
pub(crate) fn recognise(text: &str) -> Option<Report> {
    if anr::looks_like(text) {
        return Some(Report::Anr);
    }
    tombstone::looks_like(text).then_some(Report::Tombstone)
}

/// The crash of a report.
pub(crate) fn crash(report: Report, text: &str) -> Crash {
    match report {
        Report::Tombstone => tombstone::crash(text),
        Report::Anr => anr::crash(text),
    }
}

/// The processor of an ABI: `arm64`, `arm64-v8a`, `x86_64`.
fn arch(abi: &str) -> Option<Arch> {
    match abi {
        "arm64" | "arm64-v8a" => Some(Arch::Arm64),
        "arm" | "armeabi" | "armeabi-v7a" => Some(Arch::Arm),
        "x86_64" => Some(Arch::Amd64),
        "x86" => Some(Arch::X86),
        _ => None,
    }
}

/// What a line of the header says: `Build fingerprint: '…'`, `ABI: 'arm64'`, and the like, of both reports.
fn header(line: &str, crash: &mut Crash) {
    let Some((name, value)) = line.split_once(':') else { return };
    let value = value.trim().trim_matches('\'');
    match name {
        "Build fingerprint" => fingerprint(value, crash),
        "ABI" => crash.system.arch = arch(value),
        "Cmdline" | "Cmd line" => crash.process.name = value.split_whitespace().next().map(str::to_owned),
        "Timestamp" => crash.time = Some(value.to_owned()),
        _ => {}
    }
}

/// `brand/product/device:14/UQ1A.240105.004/11206848:user/release-keys`.
fn fingerprint(text: &str, crash: &mut Crash) {
    let system = &mut crash.system;
    let mut parts = text.split(':');
    let (device, build) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let word = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    system.manufacturer = word(device.split('/').next());
    system.model = word(device.rsplit('/').next());
    system.version = word(build.split('/').next());
    system.build = word(build.split('/').nth(1));
}
