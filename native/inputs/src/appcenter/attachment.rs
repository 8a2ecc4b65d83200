//! `errorAttachment`: files that came with a crash, a minidump among them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::device;
use crate::compressed::Format;
use crate::item::Item;
use crate::json::Reader;
use crate::notes::Notes;
use crate::{Attachment, Crash, Error, Kind, limits, magic};

/// Writers differ about padding, and about what is left of the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An attachment that was read.
pub(super) struct Read<'a> {
    pub(super) attachment: Attachment,
    /// Its bytes; a compressed minidump is unpacked.
    pub(super) bytes: Option<Cow<'a, [u8]>>,
    pub(super) notes: Vec<crate::Note>,
    /// Where it is, for notes.
    pub(super) place: String,
}

/// The crash with its attachments. If one is a minidump and the crash is about it, that is the item.
pub(super) fn attach<'a>(mut crash: Crash, wants_minidump: bool, found: Vec<Read<'a>>) -> Item<'a> {
    let mut dump = None;
    let mut notes = Notes::default();
    for Read { mut attachment, bytes, notes: read, place } in found {
        notes.extend(read);
        if let Some(fault) = &attachment.fault {
            notes.note(|| place, format!("the attachment cannot be used: {fault}"));
        } else if wants_minidump {
            let bytes = bytes.unwrap_or_default();
            if magic::is_minidump(&bytes) {
                if dump.is_none() {
                    dump = Some(bytes);
                } else {
                    notes.note(|| place, "another minidump; the first one is used");
                }
            } else if is_dump_name(attachment.name.as_deref()) {
                let fault = format!("no minidump; it begins with {}", magic::first_bytes(&bytes));
                notes.note(|| place, fault.clone());
                attachment.fault = Some(fault);
            }
        }
        crash.attachments.push(attachment);
    }
    if wants_minidump && dump.is_none() {
        let id = crash.id.clone().unwrap_or_default();
        notes.note(String::new, format!("the minidump of this crash is missing: no attachment of error {id} is one"));
    }
    notes.extend(std::mem::take(&mut crash.notes));
    crash.notes = notes.finish();
    match dump {
        Some(bytes) => Item::Minidump { bytes, context: Some(Box::new(crash)) },
        None => Item::Unwound(Box::new(crash)),
    }
}

/// A minidump whose crash is not in the container, with what its own log says.
pub(super) fn alone(reader: Reader<'_>) -> Result<Item<'static>, Error> {
    let mut crash = Crash { kind: Some(Kind::AppCenterManaged), ..Crash::default() };
    let Read { attachment, bytes, notes, place } = read_with(reader, |reader, name| match name {
        "errorId" => crash.id = reader.text(),
        "timestamp" => crash.time = reader.text(),
        "userId" => crash.user = reader.text(),
        "device" => device::read(reader, &mut crash),
        _ => {}
    });
    crash.notes = notes;
    if let Some(fault) = &attachment.fault {
        return Err(Error::Missing { place, message: format!("the attachment cannot be used: {fault}") });
    }
    crash.attachments.push(attachment);
    Ok(Item::Minidump { bytes: bytes.unwrap_or_default(), context: Some(Box::new(crash)) })
}

/// Whether an attachment's data begin like a minidump.
pub(super) fn holds_minidump(mut reader: Reader<'_>) -> bool {
    let mut holds = false;
    reader.object(|reader, name| {
        if name == "data" {
            let head: String = reader.raw().chars().filter(|&c| !c.is_whitespace() && c != '"').take(8).collect();
            // "MDMP" and "PMDM" in base64.
            holds = head.starts_with("TURNU") || head.starts_with("UE1ET");
        }
    });
    holds
}

/// Whether an attachment says or shows that it is a minidump.
pub(super) fn names_minidump(mut reader: Reader<'_>) -> bool {
    let mut named = false;
    reader.object(|reader, name| match name {
        "fileName" => named |= is_dump_name(reader.string().as_deref()),
        "data" => {
            let raw = reader.raw();
            named |= raw.starts_with("\"TURNU") || raw.starts_with("\"UE1ET");
        }
        _ => {}
    });
    named
}

fn is_dump_name(name: Option<&str>) -> bool {
    name.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        [".dmp", ".mdmp", ".dmp.gz"].iter().any(|end| name.ends_with(end))
    })
}

/// Read the log of an attachment.
pub(super) fn read(reader: Reader<'_>) -> Read<'static> {
    read_with(reader, |_, _| {})
}

fn read_with<'a>(mut reader: Reader<'a>, mut other: impl FnMut(&mut Reader<'a>, &str)) -> Read<'static> {
    let place = reader.place();
    let mut attachment = Attachment::default();
    let mut data = None;
    reader.object(|reader, name| match name {
        "id" => attachment.id = reader.text(),
        "fileName" => attachment.name = reader.text(),
        "contentType" => attachment.content_type = reader.text(),
        "data" => data = reader.string(),
        _ => other(reader, name),
    });
    let bytes = match data.as_deref().map(decode) {
        None | Some(Ok(None)) => {
            attachment.fault = Some("it has no data".to_owned());
            None
        }
        Some(Err(fault)) => {
            attachment.fault = Some(fault);
            None
        }
        Some(Ok(Some(bytes))) => {
            attachment.size = Some(bytes.len() as u64);
            Some(bytes)
        }
    };
    let (mut notes, fault) = reader.finish();
    if let Some(fault) = fault {
        notes.push(crate::Note { place: String::new(), message: fault.to_string() });
    }
    let mut inner = Notes::default();
    let bytes = bytes.map(|bytes| unpacked(Cow::Owned(bytes), &mut inner));
    notes.extend(inner.finish());
    Read { attachment, bytes, notes, place }
}

/// A compressed minidump as the minidump; anything else as it is.
pub(super) fn unpacked<'a>(bytes: Cow<'a, [u8]>, notes: &mut Notes) -> Cow<'a, [u8]> {
    let Some(format) = Format::of(&bytes) else { return bytes };
    let mut read = Notes::default();
    match format.decompress(&bytes, &mut read) {
        Ok(inner) if magic::is_minidump(&inner) => {
            notes.extend(read.finish());
            Cow::Owned(inner)
        }
        _ => bytes,
    }
}

/// The bytes of base64 text with white space anywhere, in either alphabet. None for other texts.
fn decode(data: &str) -> Result<Option<Vec<u8>>, String> {
    if data.len() / 4 * 3 > limits::ATTACHMENT_BYTES {
        return Err(format!("more than {} bytes", limits::ATTACHMENT_BYTES));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let cleaned: Cow<'_, [u8]> = if data.bytes().all(plain) {
        Cow::Borrowed(data.as_bytes())
    } else {
        let data = data.split_once(";base64,").map_or(data, |(_, data)| data);
        let standard = |b| match b {
            b'-' => b'+',
            b'_' => b'/',
            b => b,
        };
        Cow::Owned(data.bytes().filter(|b| !b.is_ascii_whitespace()).map(standard).collect())
    };
    if cleaned.is_empty() {
        return Ok(None);
    }
    BASE64.decode(&cleaned).map(Some).map_err(|error| format!("invalid base64: {error}"))
}
