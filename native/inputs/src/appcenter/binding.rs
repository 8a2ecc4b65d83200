//! Which attachment and which event belongs to which crash.
//!
//! They name it by `errorId`, anywhere in the container. Ids are reused: the documented examples give an Apple log and
//! a minidump's log the same one. A minidump then goes to the log that announces one; otherwise to the nearest log
//! before it, which is how clients send them, or the first one after it.

use std::collections::HashMap;
use std::ops::Range;

use super::index::{Log, Logs};
use super::log_kind::LogKind;
use super::{attachment, log};
use crate::json::Reader;
use crate::notes::Notes;
use crate::{Kind, limits};

/// Bind all attachments and events of a container. Minidumps that belong to no crash become crashes of their own.
pub(super) fn bind(logs: &mut Logs, text: &str, notes: &mut Notes) {
    if logs.attachments.is_empty() && logs.events.is_empty() {
        return;
    }
    let mut alone = Vec::new();
    {
        let crashes = by_id(&logs.crashes);
        for (i, log) in logs.attachments.iter().enumerate() {
            if candidates(&crashes, log).is_empty() {
                if is_minidump(text, log) {
                    alone.push(i);
                } else {
                    let place = logs.place(log);
                    notes.note(|| place, "an attachment whose crash is not here");
                }
            }
        }
    }
    for i in alone.into_iter().rev() {
        let log = logs.attachments.remove(i);
        logs.crashes.push(log);
    }
    logs.crashes.sort_by_key(|log| log.span.start);
    let crashes = by_id(&logs.crashes);
    let mut attached = Vec::new();
    for (i, log) in logs.attachments.iter().enumerate() {
        let chosen = match candidates(&crashes, log) {
            [] => continue,
            [only] => *only,
            several => {
                let chosen = choose(&logs.crashes, several, log, text);
                let (place, to) = (logs.place(log), logs.place(&logs.crashes[chosen]));
                notes.note(|| place, format!("several logs have the id of this attachment's error; it goes to {to}"));
                chosen
            }
        };
        attached.push((index(chosen), index(i)));
    }
    let mut told = Vec::new();
    for (i, log) in logs.events.iter().enumerate() {
        if let Some(chosen) = nearest(&logs.crashes, candidates(&crashes, log), log) {
            told.push((index(chosen), index(i)));
        } else {
            let place = logs.place(log);
            notes.note(|| place, "an event whose crash is not here");
        }
    }
    attached.sort_unstable();
    told.sort_unstable();
    limit(&mut attached);
    limit(&mut told);
    (logs.attached, logs.told) = (attached, told);
}

/// Crashes by their ids. Minidumps without a crash have none of their own.
fn by_id(crashes: &[Log]) -> HashMap<Box<str>, Vec<usize>> {
    let mut found: HashMap<Box<str>, Vec<usize>> = HashMap::new();
    for (i, log) in crashes.iter().enumerate() {
        if let (LogKind::Crash(_), Some(id)) = (log.kind, &log.id) {
            found.entry(id.clone()).or_default().push(i);
        }
    }
    found
}

fn candidates<'a>(crashes: &'a HashMap<Box<str>, Vec<usize>>, log: &Log) -> &'a [usize] {
    log.id.as_ref().and_then(|id| crashes.get(id)).map_or(&[], Vec::as_slice)
}

/// The crash among several of the same id that an attachment belongs to.
fn choose(crashes: &[Log], several: &[usize], attachment: &Log, text: &str) -> usize {
    /// Logs of the same id that are looked into.
    const LOOKED_INTO: usize = 32;
    let wants = |&&i: &&usize| {
        let log: &Log = &crashes[i];
        log.kind == LogKind::Crash(Kind::AppCenterManaged) && log::announces_minidump(reader(text, &log.span))
    };
    if several.len() <= LOOKED_INTO && attachment::names_minidump(reader(text, &attachment.span)) {
        let announced: Vec<usize> = several.iter().filter(wants).copied().collect();
        if let Some(chosen) = nearest(crashes, &announced, attachment) {
            return chosen;
        }
    }
    nearest(crashes, several, attachment).unwrap_or(several[0])
}

/// The last one before a log, else the first one after it.
fn nearest(crashes: &[Log], among: &[usize], log: &Log) -> Option<usize> {
    let after = among.partition_point(|&i| crashes[i].span.start < log.span.start);
    after.checked_sub(1).and_then(|i| among.get(i)).or_else(|| among.first()).copied()
}

fn is_minidump(text: &str, log: &Log) -> bool {
    attachment::holds_minidump(reader(text, &log.span))
}

fn reader<'a>(text: &'a str, span: &Range<usize>) -> Reader<'a> {
    Reader::new(text.get(span.clone()).unwrap_or_default(), 0, String::new())
}

/// Retain as many for each crash, sorted, as a crash may have; the crash's own decoding reports the rest.
fn limit(pairs: &mut Vec<(u32, u32)>) {
    let mut run = (u32::MAX, 0);
    pairs.retain(|&(crash, _)| {
        run = if run.0 == crash { (crash, run.1 + 1) } else { (crash, 1) };
        run.1 <= limits::ATTACHMENTS
    });
}

fn index(i: usize) -> u32 {
    // Fewer than limits::LOGS.
    u32::try_from(i).unwrap_or(u32::MAX)
}
