//! Zip archives with one crash in them. Only what is needed for that: the central directory, and members that are stored
//! or deflated.

use std::io;

use flate2::read::DeflateDecoder;

use super::{Format, Output};
use crate::Error;
use crate::notes::Notes;

/// Members that are looked at.
const MEMBERS: usize = 65_536;
/// Names that a message lists.
const LISTED: usize = 5;
/// Endings of names of crashes, for archives with other files beside one.
const CRASHES: [&str; 6] = [".dmp", ".mdmp", ".ips", ".crash", ".wer", ".tombstone"];

/// A file in an archive.
pub(super) struct Member<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    data: &'a [u8],
}

/// The one crash of an archive.
///
/// # Errors
///
/// If the directory cannot be read, or if not exactly one of the files can be the crash.
pub(super) fn member<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Member<'a>, Error> {
    let cut = || Format::Zip.error("the directory of the archive is missing or damaged");
    let members = directory(bytes).ok_or_else(cut)?;
    let is_crash = |member: &&Member<'_>| {
        let name = member.name.to_ascii_lowercase();
        CRASHES.iter().any(|end| name.ends_with(end.as_bytes()))
    };
    let count = members.len();
    let names = list(&members);
    let crashes = members.iter().filter(is_crash).count();
    let chosen = if count == 1 { 0 } else { members.iter().position(|member| is_crash(&member)).unwrap_or(0) };
    let Some(member) = members.into_iter().nth(chosen) else {
        return Err(Format::Zip.error("the archive has no files"));
    };
    if count > 1 && crashes != 1 {
        let crashes = if crashes == 0 {
            "none of them is called like a crash".to_owned()
        } else {
            format!("{crashes} are called like crashes")
        };
        return Err(Format::Zip.error(format!(
            "the archive has {count} files, {crashes}: {names}; unpack it and give the crashes in it"
        )));
    }
    // Encrypted, in one way or another.
    if member.flags & 0x41 != 0 {
        return Err(Format::Zip.error(format!("{} is encrypted; unpack it", shown(member.name))));
    }
    if !matches!(member.method, 0 | 8) {
        let method = member.method;
        return Err(Format::Zip.error(format!("{} is compressed by method {method}; unpack it", shown(member.name))));
    }
    if count > 1 {
        let message = format!("of the archive's {count} files, {} is read", shown(member.name));
        notes.note(String::new, message);
    }
    Ok(member)
}

impl Member<'_> {
    pub(super) fn read(&self, out: &mut Output) -> io::Result<()> {
        if self.method == 0 { out.append(self.data) } else { out.append(DeflateDecoder::new(self.data)) }
    }
}

/// The files that the central directory lists, without folders and what macOS puts beside files.
fn directory(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    /// The end record and the longest comment behind it.
    const REACH: usize = 22 + 0xffff;
    let tail = bytes.len().saturating_sub(REACH);
    let end = tail + memchr::memmem::rfind(&bytes[tail..], b"PK\x05\x06")?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    let mut at = u32_at(bytes, end + 16)? as usize;
    let mut members = Vec::new();
    for _ in 0..count.min(MEMBERS) {
        let entry = bytes.get(at..)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return None;
        }
        let length = |at| u16_at(entry, at).map(usize::from);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let name = entry.get(46..46 + name)?;
        let is_file = !name.ends_with(b"/") && !name.starts_with(b"__MACOSX/") && !name.ends_with(b".DS_Store");
        if is_file {
            let size = u32_at(entry, 20)? as usize;
            let data = data(bytes, u32_at(entry, 42)? as usize, size)?;
            members.push(Member { name, flags: u16_at(entry, 8)?, method: u16_at(entry, 10)?, data });
        }
        at = at.checked_add(46 + name.len() + extra + comment)?;
    }
    Some(members)
}

/// The data of a member, behind its own header. A cut archive gives what there is.
fn data(bytes: &[u8], at: usize, size: usize) -> Option<&[u8]> {
    let header = bytes.get(at..).filter(|header| header.starts_with(b"PK\x03\x04"))?;
    let skipped = 30 + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
    let data = header.get(skipped..)?;
    Some(&data[..size.min(data.len())])
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn list(members: &[Member<'_>]) -> String {
    let mut names: Vec<String> = members.iter().take(LISTED).map(|member| shown(member.name)).collect();
    if members.len() > LISTED {
        names.push("…".to_owned());
    }
    names.join(", ")
}

/// A name for a message: in quotes, without control characters, not too long.
fn shown(name: &[u8]) -> String {
    const LONGEST: usize = 60;
    let name: String = String::from_utf8_lossy(name).chars().take(LONGEST).collect();
    format!("{name:?}")
}
