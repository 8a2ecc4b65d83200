//! Crashpad's stream (0x43500001): report ids and annotations of the process and of its modules.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{Location, Source, TextError, array_at, u16_at, u32_at, u32_or_0, u64_at};
use crate::strings::hex;
use std::borrow::Cow;
use std::collections::HashSet;

/// `MinidumpCrashpadInfo`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CrashpadInfo<'a> {
    /// Structure version; higher ones are compatible supersets of 1.
    pub version: u32,
    /// The report's UUID as text in lower case, `None` if zero.
    pub report_id: Option<String>,
    /// The client's UUID as text in lower case, `None` if zero.
    pub client_id: Option<String>,
    /// Annotations of the process in dump order. Of a name that comes twice the first value counts, as for
    /// Crashpad's uploader.
    pub annotations: Vec<(String, String)>,
    /// Modules that carry annotations.
    pub modules: Vec<CrashpadModule<'a>>,
    /// Bits of a pointer that are not part of the address (arm64 PAC, TBI, MTE): `pointer & !mask`. `None` if the
    /// writer did not say.
    pub address_mask: Option<u64>,
}

/// What one module contributed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CrashpadModule<'a> {
    /// Index in the dump's module list. It counts entries of the dump, see
    /// [`Module::index`](crate::Module::index).
    pub module_index: u32,
    /// Plain strings: on Apple platforms dyld's and abort's messages.
    pub list_annotations: Vec<String>,
    /// Simple annotations: name and value.
    pub annotations: Vec<(String, String)>,
    /// Typed annotations.
    pub objects: Vec<AnnotationObject<'a>>,
}

/// A typed annotation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnnotationObject<'a> {
    /// Name; not necessarily unique.
    pub name: String,
    /// 1 string, 0x8000 and above the user's own; see [`Self::text`].
    pub kind: u16,
    /// The bytes as they are.
    pub value: &'a [u8],
}

impl AnnotationObject<'_> {
    /// The value as text, for the string type only.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        (self.kind == 1).then(|| String::from_utf8_lossy(self.value))
    }
}

pub(crate) fn parse<'a>(stream: &Stream<'a>, source: &Source<'a>, faults: &mut Faults) -> Option<CrashpadInfo<'a>> {
    let bytes = stream.bytes;
    let Some(version) = u32_at(bytes, 0) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends inside its version and is skipped");
        return None;
    };
    let mut reader = Reader { kind: stream.kind, source, faults };
    Some(CrashpadInfo {
        version,
        report_id: uuid(bytes, 4),
        client_id: uuid(bytes, 20),
        annotations: reader.dictionary(Location::at(bytes, 36), None),
        modules: reader.modules(Location::at(bytes, 44)),
        // Streams before 2023 end at 52.
        address_mask: u64_at(bytes, 56).filter(|&mask| mask != 0),
    })
}

/// A UUID that lies as a GUID (first three fields little-endian), as text; `None` if zero.
fn uuid(bytes: &[u8], offset: usize) -> Option<String> {
    let mut id: [u8; 16] = array_at(bytes, offset)?;
    if id == [0; 16] {
        return None;
    }
    id[0..4].reverse();
    id[4..6].reverse();
    id[6..8].reverse();
    let digits = hex(&id);
    Some(format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]))
}

struct Reader<'r, 'a> {
    kind: u32,
    source: &'r Source<'a>,
    faults: &'r mut Faults,
}

impl<'a> Reader<'_, 'a> {
    /// A counted array of entries of `size` bytes; a location of size 0 means that there is no array.
    fn array(&mut self, location: Location, size: usize, module: Option<usize>) -> Vec<&'a [u8]> {
        if location.size == 0 {
            return Vec::new();
        }
        let bytes = self.source.clipped(location.rva.into(), location.size.into());
        let count = u32_at(bytes, 0).unwrap_or(0) as usize;
        let body = bytes.get(4..).unwrap_or_default();
        let mut present = (body.len() / size).min(count);
        if present < count || bytes.len() < 4 {
            let message = format!("a list promises {count} entries, there are bytes for {present}");
            self.faults.add(self.kind, module, location.rva.into(), message);
        }
        // Lists may be shared between modules, so even their entries are charged.
        if !self.source.charge(present * size) {
            present = 0;
        }
        body.chunks_exact(size).take(present).collect()
    }

    fn text(&mut self, rva: u32, module: Option<usize>) -> Option<String> {
        self.source
            .utf8(rva.into())
            .inspect_err(|e| {
                self.faults.add(self.kind, module, rva.into(), format!("an annotation's text {}", e.reason()));
            })
            .ok()
    }

    fn dictionary(&mut self, location: Location, module: Option<usize>) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut names = HashSet::new();
        for entry in self.array(location, 8, module) {
            let name_rva = u32_or_0(entry, 0);
            let name = self.text(name_rva, module);
            let value = self.text(u32_or_0(entry, 4), module);
            let (Some(name), Some(value)) = (name, value) else { continue };
            if names.insert(name.clone()) {
                pairs.push((name, value));
            } else {
                let message = "an annotation's name comes a second time: the first value is used";
                self.faults.add(self.kind, module, name_rva.into(), message);
            }
        }
        pairs
    }

    fn modules(&mut self, location: Location) -> Vec<CrashpadModule<'a>> {
        let mut modules = Vec::new();
        for (i, link) in self.array(location, 12, None).into_iter().enumerate() {
            let module_index = u32_or_0(link, 0);
            let location = Location::at(link, 4);
            let Some(bytes) = self.source.located(location) else {
                self.faults.add(
                    self.kind,
                    Some(i),
                    location.rva.into(),
                    "a module's annotations lie outside of the file",
                );
                continue;
            };
            let module = Some(i);
            let list = self.array(Location::at(bytes, 4), 4, module);
            let list_annotations = list.into_iter().filter_map(|e| self.text(u32_or_0(e, 0), module)).collect();
            let annotations = self.dictionary(Location::at(bytes, 12), module);
            let objects = self.array(Location::at(bytes, 20), 12, module);
            let objects = objects.into_iter().filter_map(|e| self.object(e, module)).collect();
            modules.push(CrashpadModule { module_index, list_annotations, annotations, objects });
        }
        modules
    }

    fn object(&mut self, entry: &[u8], module: Option<usize>) -> Option<AnnotationObject<'a>> {
        let name = self.text(u32_or_0(entry, 0), module)?;
        let rva = u32_or_0(entry, 8);
        let Some(value) = self.source.counted(rva.into()) else {
            self.faults.add(self.kind, module, rva.into(), "an annotation's value lies outside of the file");
            return None;
        };
        // A value is borrowed here, but a report writes it out each time: any number of objects may share one.
        if !self.source.charge(value.len()) {
            let message = format!("an annotation's value {}", TextError::Budget.reason());
            self.faults.add(self.kind, module, rva.into(), message);
            return None;
        }
        Some(AnnotationObject { name, kind: u16_at(entry, 4).unwrap_or(0), value })
    }
}
