//! Files that belong to a crash and lie apart from its log, as a service stores them.

use std::borrow::Cow;

use super::attachment::{Read, unpacked};
use crate::notes::Notes;
use crate::{Attachment, Bytes};

/// A file that belongs to a crash.
#[derive(Clone, Debug, Default)]
pub struct AttachedFile {
    /// The id of its log.
    pub id: Option<String>,
    /// Its file name.
    pub name: Option<String>,
    /// Its media type.
    pub content_type: Option<String>,
    /// Its bytes; `None` if they are left out.
    pub data: Option<Bytes>,
}

/// The attachment that a file is.
pub(super) fn read(file: &AttachedFile, place: String) -> Read<'_> {
    let data = file.data.as_deref().filter(|data| !data.is_empty());
    let mut notes = Notes::default();
    let attachment = Attachment {
        id: file.id.clone(),
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        size: data.map(|data| data.len() as u64),
        fault: data.is_none().then(|| "it has no data".to_owned()),
    };
    let bytes = data.map(|data| unpacked(Cow::Borrowed(data), &mut notes));
    Read { attachment, bytes, notes: notes.finish(), place }
}
