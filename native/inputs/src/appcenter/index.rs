//! Where the logs of a container lie, what they are, and which belong together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::attached::{self, AttachedFile};
use super::log_kind::{Fields, LogKind, is_log_type};
use super::{attachment, log};
use crate::bytes::text_of;
use crate::item::Item;
use crate::json::Reader;
use crate::json::reader::Shape;
use crate::notes::Notes;
use crate::{Error, limits};

/// The logs of a container.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    /// Crashes and handled errors, in order; also minidumps whose crash is not here.
    pub(super) crashes: Vec<Log>,
    /// Attachments, in order.
    pub(super) attachments: Vec<Log>,
    /// Events that name an error, in order.
    pub(super) events: Vec<Log>,
    /// What is bound to which crash: indexes of a crash and of an attachment, sorted.
    pub(super) attached: Vec<(u32, u32)>,
    /// The same for events.
    pub(super) told: Vec<(u32, u32)>,
    /// What the array of logs is called: `logs` or nothing.
    root: &'static str,
    /// There is no array: the text is the log.
    single: bool,
    /// Files that belong to the first crash and are not in the text.
    files: Vec<AttachedFile>,
}

/// One log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// Where its text lies.
    pub(super) span: Range<usize>,
    /// Which one of the array it is.
    number: usize,
    pub(super) kind: LogKind,
    /// Its own id for crashes, the error's id for the others; normalised.
    pub(super) id: Option<Box<str>>,
}

impl Logs {
    /// Find the logs of a text, without the attachments of each.
    pub(super) fn find(text: &str, notes: &mut Notes) -> Result<Self, Error> {
        let mut logs = Self::default();
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        let mut reader = Reader::new(text, 0, String::new());
        match reader.shape() {
            Shape::Array => reader.items(|reader, number| logs.add(reader, number, &mut others)),
            _ if starts_with_logs(text) => {
                logs.root = "logs";
                reader.object(|reader, name| {
                    if name == "logs" {
                        reader.items(|reader, number| logs.add(reader, number, &mut others));
                    }
                });
            }
            _ => logs.single = logs.rest(&mut reader, &mut others) == 1,
        }
        if reader.peek().is_some() {
            reader.note_byte("text after the logs");
            logs.rest(&mut reader, &mut others);
        }
        let (read, fault) = reader.finish();
        notes.extend(read);
        if let Some(fault) = fault {
            return Err(fault);
        }
        logs.note_others(others, notes);
        Ok(logs)
    }

    /// A log that stands alone, and the files that belong to its crash. They are called as in a container: the log
    /// first.
    pub(crate) fn single(text: &str, files: Vec<AttachedFile>, notes: &mut Notes) -> Result<Self, Error> {
        let mut logs = Self { root: "logs", files, ..Self::default() };
        let mut reader = Reader::new(text, 0, "logs[0]".to_owned());
        let mut others = BTreeMap::new();
        logs.rest(&mut reader, &mut others);
        let (read, fault) = reader.finish();
        notes.extend(read);
        logs.note_others(others, notes);
        fault.map_or(Ok(logs), Err)
    }

    /// Find logs that stand one after the other: a single one, a line each, or what is left after a bracket too many.
    /// Returns how many logs there are then.
    fn rest(&mut self, reader: &mut Reader<'_>, others: &mut BTreeMap<String, usize>) -> usize {
        let mut number = self.crashes.len() + self.attachments.len() + self.events.len();
        loop {
            match reader.shape() {
                Shape::Object => {
                    self.add(reader, number, others);
                    number += 1;
                }
                Shape::Nothing if reader.peek().is_some() => reader.advance(1),
                _ => return number,
            }
        }
    }

    /// Note which logs are not crashes.
    fn note_others(&self, others: BTreeMap<String, usize>, notes: &mut Notes) {
        for (name, count) in others {
            let message = match count {
                1 => format!("a log of type {name} is not a crash"),
                _ => format!("{count} logs of type {name} are not crashes"),
            };
            notes.note(|| self.root.to_owned(), message);
        }
    }

    /// How many crashes there are.
    pub(crate) const fn len(&self) -> usize {
        self.crashes.len()
    }

    /// The crash of an index.
    pub(crate) fn crash(&self, bytes: &[u8], index: usize) -> Result<Item<'_>, Error> {
        let log = &self.crashes[index];
        let text = text_of(bytes, &log.span);
        let LogKind::Crash(kind) = log.kind else {
            return attachment::alone(Reader::new(&text, log.span.start, self.place(log)));
        };
        let (mut crash, facts) = log::decode(Reader::new(&text, log.span.start, self.place(log)), kind)?;
        for event in bound(&self.told, index).filter_map(|i| self.events.get(i)) {
            let text = text_of(bytes, &event.span);
            log::read_event(Reader::new(&text, event.span.start, self.place(event)), &mut crash);
        }
        let mut found = Vec::new();
        for log in bound(&self.attached, index).filter_map(|i| self.attachments.get(i)) {
            let text = text_of(bytes, &log.span);
            found.push(attachment::read(Reader::new(&text, log.span.start, self.place(log))));
        }
        if index == 0 {
            found.extend(
                self.files.iter().enumerate().map(|(i, file)| attached::read(file, format!("logs[{}]", i + 1))),
            );
        }
        Ok(attachment::attach(crash, facts.wants_minidump, found))
    }

    /// What a log is called in notes.
    pub(super) fn place(&self, log: &Log) -> String {
        if self.single { String::new() } else { format!("{}[{}]", self.root, log.number) }
    }

    /// Add the log that is next.
    fn add(&mut self, reader: &mut Reader<'_>, number: usize, others: &mut BTreeMap<String, usize>) {
        const OTHERS_NAMED: usize = 16;
        if reader.shape() != Shape::Object {
            reader.wrong("a log");
            return;
        }
        let (mut type_name, mut id, mut error_id) = (None, None, None);
        let mut fields = Fields::default();
        let start = reader.position();
        reader.quietly(|reader| {
            reader.object(|reader, name| {
                fields.add(name);
                match name {
                    "type" => type_name = reader.string().map(Cow::into_owned),
                    "id" => id = reader.scalar().as_deref().and_then(normalised),
                    "errorId" => error_id = reader.scalar().as_deref().and_then(normalised),
                    _ => {}
                }
            });
        });
        let span = start..reader.position();
        let kind = fields.kind(type_name.as_deref());
        if type_name.as_deref().is_none_or(|name| name.trim().is_empty()) {
            reader.note("the type is missing");
        }
        let list = match kind {
            Some(LogKind::Crash(_)) => &mut self.crashes,
            Some(LogKind::Attachment) => &mut self.attachments,
            Some(LogKind::Event) if error_id.is_some() => &mut self.events,
            _ => {
                let name = match (kind, type_name) {
                    (Some(LogKind::Event), _) => "event".to_owned(),
                    (_, Some(name)) => name,
                    (_, None) => "unknown".to_owned(),
                };
                let name = if is_log_type(&name) || others.len() < OTHERS_NAMED { name } else { "others".to_owned() };
                *others.entry(crate::json::value::shown(&name)).or_default() += 1;
                return;
            }
        };
        if list.len() >= limits::LOGS {
            reader.note("more logs than are taken");
            return;
        }
        let kind = kind.unwrap_or(LogKind::Event);
        let id = if matches!(kind, LogKind::Crash(_)) { id } else { error_id };
        list.push(Log { span, number, kind, id });
    }
}

/// The indexes bound to a crash.
fn bound(pairs: &[(u32, u32)], index: usize) -> impl Iterator<Item = usize> + '_ {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    let start = pairs.partition_point(|&(crash, _)| crash < index);
    pairs[start..].iter().take_while(move |&&(crash, _)| crash == index).map(|&(_, other)| other as usize)
}

/// An id as all writers would spell it: lower case, without braces. None if it is empty.
fn normalised(id: &str) -> Option<Box<str>> {
    const LONGEST: usize = 256;
    let id = id.trim().trim_start_matches('{').trim_end_matches('}');
    (!id.is_empty() && id.len() <= LONGEST).then(|| id.to_ascii_lowercase().into())
}

/// Whether the object that the text begins with has `logs`.
fn starts_with_logs(text: &str) -> bool {
    let mut reader = Reader::new(text, 0, String::new());
    if !reader.begin_object() {
        return false;
    }
    while let Some(name) = reader.next_member() {
        if matches!(&*name, "logs" | "Logs") {
            return true;
        }
    }
    false
}
