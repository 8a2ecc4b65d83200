//! Where the logs of a container lie, what they are, and which belong together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::{attachment, binding, log};
use crate::container::{Item, text_of};
use crate::json::Reader;
use crate::json::reader::Shape;
use crate::notes::Notes;
use crate::{Error, Kind, limits};

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

/// What a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogKind {
    Crash(Kind),
    Attachment,
    Event,
}

/// The types that App Center's clients send and that are no crashes.
const OTHER_TYPES: [&str; 8] = [
    "event",
    "page",
    "startService",
    "startSession",
    "distributionStartSession",
    "pushInstallation",
    "customProperties",
    "deleteUserData",
];

/// Whether a `type` is one of App Center's.
pub(crate) fn is_log_type(name: &str) -> bool {
    kind_of(name).is_some() || OTHER_TYPES.iter().any(|other| other.eq_ignore_ascii_case(name))
}

fn kind_of(name: &str) -> Option<LogKind> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    Some(match name {
        _ if is("appleError") => LogKind::Crash(Kind::AppCenterApple),
        _ if is("managedError") => LogKind::Crash(Kind::AppCenterManaged),
        _ if is("handledError") => LogKind::Crash(Kind::AppCenterHandled),
        _ if is("errorAttachment") => LogKind::Attachment,
        _ if is("event") => LogKind::Event,
        _ => return None,
    })
}

impl Logs {
    /// Find the logs of a text.
    pub(crate) fn index(text: &str, notes: &mut Notes) -> Result<Self, Error> {
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
            reader.tell_byte("text after the logs");
            logs.rest(&mut reader, &mut others);
        }
        let (read, fault) = reader.finish();
        notes.extend(read);
        if let Some(fault) = fault {
            return Err(fault);
        }
        for (name, count) in others {
            let message = match count {
                1 => format!("a log of type {name} is no crash"),
                _ => format!("{count} logs of type {name} are no crashes"),
            };
            notes.tell(|| logs.root.to_owned(), message);
        }
        binding::bind(&mut logs, text, notes);
        Ok(logs)
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

    /// How many crashes there are.
    pub(crate) const fn len(&self) -> usize {
        self.crashes.len()
    }

    /// The crash of an index.
    pub(crate) fn crash(&self, bytes: &[u8], index: usize) -> Result<Item<'static>, Error> {
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
        let mut attached = Vec::new();
        for attachment in bound(&self.attached, index).filter_map(|i| self.attachments.get(i)) {
            attached.push((text_of(bytes, &attachment.span), attachment.span.start, self.place(attachment)));
        }
        let texts: Vec<(&str, usize, String)> =
            attached.iter().map(|(text, base, place)| (Cow::as_ref(text), *base, place.clone())).collect();
        Ok(attachment::attach(crash, facts.wants_minidump, texts))
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
        let (mut kind, mut other, mut id, mut error_id, mut native, mut managed) =
            (None, None, None, None, false, false);
        let start = reader.position();
        reader.quietly(|reader| {
            reader.object(|reader, name| match name {
                "type" => {
                    if let Some(name) = reader.string() {
                        kind = kind_of(&name);
                        other = kind.is_none().then(|| name.into_owned());
                    }
                }
                "id" => id = reader.scalar().as_deref().and_then(normalised),
                "errorId" => error_id = reader.scalar().as_deref().and_then(normalised),
                "osExceptionType" | "applicationPath" => native = true,
                "exception" => managed = true,
                _ => {}
            });
        });
        let span = start..reader.position();
        if kind.is_none() && other.is_none() {
            // Without a type the fields say it.
            kind = match (native, managed, error_id.is_some()) {
                (true, _, _) => Some(LogKind::Crash(Kind::AppCenterApple)),
                (_, true, _) => Some(LogKind::Crash(Kind::AppCenterManaged)),
                (_, _, true) => Some(LogKind::Attachment),
                _ => None,
            };
            reader.tell("the type is missing");
        }
        let list = match kind {
            Some(LogKind::Crash(_)) => &mut self.crashes,
            Some(LogKind::Attachment) => &mut self.attachments,
            Some(LogKind::Event) if error_id.is_some() => &mut self.events,
            _ => {
                let name =
                    other.unwrap_or_else(|| if kind.is_some() { "event".to_owned() } else { "unknown".to_owned() });
                let name = if is_log_type(&name) || others.len() < OTHERS_NAMED { name } else { "others".to_owned() };
                *others.entry(crate::json::value::shown(&name)).or_default() += 1;
                return;
            }
        };
        if list.len() >= limits::LOGS {
            reader.tell("more logs than are taken");
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
