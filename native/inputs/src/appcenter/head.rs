//! The head of a log: what a service needs to know of it before it is decoded, as strict JSON of bounded size.
//!
//! ```text
//! {"type": …, "id": …, "errorId": …, "timestamp": …, "contentType": …, "fileName": …,
//!  "exception": {"type": …}, "threads": [], "properties": {…}, "data": "…", "dataLength": 8}
//! ```
//!
//! A field is there if the log has it; of a field that is given twice the last one counts. Scalars are cut to
//! [`FIELD_BYTES`], and an object or array instead of one is null. `exception` without a type of its own is `{}`.
//! `properties` are texts. `dataLength` is the length of the data as JSON; longer data than requested are left out.

use std::borrow::Cow;

use super::log_kind::{Fields, LogKind};
use crate::json::Reader;
use crate::json::mend::{self, Output};
use crate::json::reader::Shape;
use crate::json::value::up_to;
use crate::limits;

/// Bytes of a scalar that are looked at.
const FIELD_BYTES: usize = 4 << 10;
/// Bytes of all properties.
const PROPERTIES_BYTES: usize = 4 << 20;
/// Fields with one value.
const SCALARS: [&str; 6] = ["type", "id", "errorId", "timestamp", "contentType", "fileName"];

/// What a log is, and its head. Of a log that is strict JSON the values are copied, else they are repaired.
pub(super) fn of(log: &str, strict: bool, data_bytes: usize) -> (Option<LogKind>, Vec<u8>) {
    let mut scalars = [None; SCALARS.len()];
    let mut fields = Fields::default();
    let (mut exception, mut threads, mut data, mut properties) = (None, false, None, None);
    quiet(log, |reader| {
        reader.object(|reader, name| {
            fields.add(name);
            match name {
                "exception" => exception = Some(type_of(reader)),
                "threads" => threads = true,
                "properties" => properties = Some(reader.raw()),
                "data" => data = Some(reader.raw()),
                _ => {
                    if let Some(i) = SCALARS.iter().position(|&scalar| scalar == name) {
                        scalars[i] = Some(reader.raw());
                    }
                }
            }
        });
    });
    let mut type_name = None;
    if let Some(raw) = scalars[0] {
        quiet(up_to(raw, FIELD_BYTES), |reader| type_name = reader.string().map(Cow::into_owned));
    }
    let kind = fields.kind(type_name.as_deref());
    let mut bytes = Vec::with_capacity(512);
    bytes.push(b'{');
    let mut head = Head { out: Output { bytes, limit: usize::MAX }, strict };
    for (name, value) in SCALARS.iter().zip(scalars) {
        if let Some(value) = value {
            head.name(name);
            head.scalar(value);
        }
    }
    if let Some(said) = exception {
        head.name("exception");
        head.out.bytes.push(b'{');
        if let Some(said) = said {
            head.name("type");
            head.scalar(said);
        }
        head.out.bytes.push(b'}');
    }
    if threads {
        head.name("threads");
        head.out.bytes.extend_from_slice(b"[]");
    }
    if let Some(properties) = properties {
        head.properties(properties);
    }
    if let Some(data) = data.filter(|&data| data != "null") {
        if data.len() <= data_bytes {
            head.name("data");
            head.value(data, |shape| shape == Shape::String);
        }
        head.name("dataLength");
        head.out.bytes.extend_from_slice(data.len().to_string().as_bytes());
    }
    head.out.bytes.push(b'}');
    (kind, head.out.bytes)
}

/// The `type` of the exception that is next.
fn type_of<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    let mut said = None;
    if reader.shape() == Shape::Object {
        reader.object(|reader, name| {
            if name == "type" {
                said = Some(reader.raw());
            }
        });
    }
    said
}

fn quiet<'a>(text: &'a str, read: impl FnOnce(&mut Reader<'a>)) {
    Reader::new(text, 0, String::new()).quietly(read);
}

/// A head that is being written.
struct Head {
    out: Output,
    strict: bool,
}

impl Head {
    /// Begin a member.
    fn name(&mut self, name: &str) {
        if !self.out.bytes.ends_with(b"{") {
            self.out.bytes.push(b',');
        }
        mend::string(name, &mut self.out);
        self.out.bytes.push(b':');
    }

    /// Write a value if it is of an accepted shape, else null.
    fn value(&mut self, value: &str, is_wanted: impl Fn(Shape) -> bool) {
        quiet(value, |reader| match reader.shape() {
            shape if !is_wanted(shape) => self.out.bytes.extend_from_slice(b"null"),
            _ if self.strict => self.out.bytes.extend_from_slice(value.as_bytes()),
            _ => mend::value(reader, &mut self.out),
        });
    }

    fn scalar(&mut self, value: &str) {
        let cut = up_to(value, FIELD_BYTES);
        let strict = self.strict;
        self.strict &= cut.len() == value.len();
        self.value(cut, |shape| matches!(shape, Shape::String | Shape::Word));
        self.strict = strict;
    }

    fn properties(&mut self, value: &str) {
        let mut left = PROPERTIES_BYTES;
        let mut count = 0;
        quiet(value, |reader| {
            if reader.shape() != Shape::Object {
                return;
            }
            self.name("properties");
            self.out.bytes.push(b'{');
            reader.members(|reader, name| {
                let value = up_to(reader.raw(), limits::ENTRY_BYTES);
                let size = name.len() + value.len();
                if count >= limits::ENTRIES || size > left {
                    return;
                }
                (count, left) = (count + 1, left - size);
                self.name(name);
                quiet(value, |reader| match reader.shape() {
                    Shape::String => mend::value(reader, &mut self.out),
                    _ => mend::string(value, &mut self.out),
                });
            });
            self.out.bytes.push(b'}');
        });
    }
}
