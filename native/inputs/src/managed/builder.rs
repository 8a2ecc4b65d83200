//! What a parser has found so far, within limits.

use std::ops::Range;

use super::{Copies, Parsed};
use crate::crash::{Arch, Exception, Image, Language, ManagedFrame, Note, Os, Process, Relation, Thrown};
use crate::limits;

/// Frames of all exceptions of a text together. A text of megabytes has that many; they say nothing more.
pub(super) const MAX_FRAMES: usize = limits::TRACE_FRAMES;
/// Exceptions of a text.
const MAX_THROWN: usize = 4096;
/// Notes of a text.
const MAX_NOTES: usize = 64;

/// A text as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) thrown: Vec<Thrown>,
    /// The process, where the text names it.
    pub(super) process: Process,
    /// The system, where only one prints such a text.
    pub(super) os: Os,
    /// The processor, where the text names it.
    pub(super) arch: Option<Arch>,
    /// The images that frames with addresses are in.
    pub(super) images: Vec<Image>,
    /// The native exception that the text describes.
    pub(super) exception: Option<Exception>,
    notes: Vec<Note>,
    frames: usize,
    /// Line of the first frame that was one too many, and how many were.
    lost: Option<(usize, u64)>,
    lost_thrown: Option<(usize, u64)>,
    /// How often [`Builder::around`] was called.
    rethrown: usize,
    /// What there is left for frames that the text says to be there again; the line of the first one that was too much,
    /// and how many were.
    pub(super) copies: Copies,
    lost_copies: Option<(usize, u64)>,
    /// What belongs to exceptions that were too many is written here and forgotten.
    sink: Thrown,
}

/// Which exception of a [`Builder`] something belongs to; [`NOWHERE`] is one that was too many.
pub(super) type Index = usize;
const NOWHERE: Index = usize::MAX;

impl Builder {
    /// A builder for one of several texts that have one allowance of copies.
    pub(super) fn sharing(copies: &Copies) -> Self {
        Self { copies: *copies, ..Self::default() }
    }

    /// A further exception.
    pub(super) fn begin(
        &mut self,
        line: usize,
        language: Language,
        (type_name, message): (Option<&str>, &str),
        of: Option<(Index, Relation)>,
    ) -> Index {
        if self.thrown.len() >= MAX_THROWN {
            self.lost_thrown.get_or_insert((line, 0)).1 += 1;
            self.sink = Thrown::default();
            return NOWHERE;
        }
        let of = of.filter(|(parent, _)| *parent < self.thrown.len());
        self.thrown.push(Thrown {
            language,
            type_name: type_name.filter(|name| !name.is_empty()).map(str::to_owned),
            message: Some(message).filter(|text| !text.is_empty()).map(str::to_owned),
            parent: of.map(|(parent, _)| parent),
            relation: of.map_or(Relation::Outer, |(_, relation)| relation),
            ..Thrown::default()
        });
        self.thrown.len() - 1
    }

    /// An exception that was thrown around the outermost one so far, which becomes its cause.
    pub(super) fn around(&mut self, line: usize, language: Language, head: (Option<&str>, &str)) -> Index {
        /// Each moves all others.
        const MOST: usize = 64;
        if self.rethrown == MOST {
            return NOWHERE;
        }
        self.rethrown += 1;
        let index = self.begin(line, language, head, None);
        if index == NOWHERE {
            return NOWHERE;
        }
        self.thrown.rotate_right(1);
        for thrown in &mut self.thrown[1..] {
            (thrown.parent, thrown.relation) = match thrown.parent {
                Some(parent) => (Some(parent + 1), thrown.relation),
                None => (Some(0), Relation::Cause),
            };
        }
        0
    }

    /// Drop exceptions at the end that have neither a type nor frames: text that was no exception.
    pub(super) fn forget_untyped(&mut self) {
        while self.thrown.last().is_some_and(|last| last.type_name.is_none() && last.frames.is_empty()) {
            self.thrown.pop();
        }
    }

    pub(super) fn get(&mut self, index: Index) -> &mut Thrown {
        self.thrown.get_mut(index).unwrap_or(&mut self.sink)
    }

    /// One more line of an exception's message.
    pub(super) fn more_message(&mut self, index: Index, line: &str) {
        let message = self.get(index).message.get_or_insert_default();
        if !message.is_empty() {
            message.push('\n');
        }
        message.push_str(line);
    }

    /// A frame, innermost first. Whether the limit allowed it.
    pub(super) fn frame(&mut self, line: usize, index: Index, frame: ManagedFrame) -> bool {
        if index == NOWHERE {
            return true;
        }
        if self.frames >= MAX_FRAMES {
            self.lost.get_or_insert((line, 0)).1 += 1;
            return false;
        }
        self.frames += 1;
        self.get(index).frames.push(frame);
        true
    }

    /// Frames in the middle of those that are there; as many as the limits allow.
    pub(super) fn insert(&mut self, line: usize, index: Index, at: usize, mut frames: Vec<ManagedFrame>) {
        let room = MAX_FRAMES.saturating_sub(self.frames);
        if frames.len() > room {
            self.lost.get_or_insert((line, 0)).1 += (frames.len() - room) as u64;
            frames.truncate(room);
        }
        self.frames += frames.len();
        let of = &mut self.get(index).frames;
        let at = at.min(of.len());
        of.splice(at..at, frames);
    }

    /// How many of so many copies of a frame the limits allow. A line of a few bytes says that a frame, whose names may
    /// be long, is there a thousand times more.
    pub(super) fn granted(&mut self, line: usize, frame: &ManagedFrame, wanted: usize) -> usize {
        let granted = self.copies.take(frame, wanted);
        if granted < wanted {
            self.lost_copies.get_or_insert((line, 0)).1 += (wanted - granted) as u64;
        }
        granted
    }

    /// Copies of some frames of an exception, as many as the limits allow.
    pub(super) fn copy(&mut self, line: usize, of: Index, range: Range<usize>) -> Vec<ManagedFrame> {
        let mut copied = Vec::new();
        for at in range.clone() {
            let Some(frame) = self.thrown.get(of).and_then(|thrown| thrown.frames.get(at)).cloned() else { break };
            if self.granted(line, &frame, 1) == 0 {
                // Those behind it are not listed either.
                self.lost_copies.get_or_insert((line, 0)).1 += (range.end - at - 1) as u64;
                break;
            }
            copied.push(frame);
        }
        copied
    }

    pub(super) fn note(&mut self, line: usize, message: impl Into<String>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { place: format!("line {line}"), message: message.into() });
        }
    }

    /// The outcome; None if nothing was found.
    pub(super) fn finish(mut self, language: Language) -> Option<Parsed> {
        let lost = [
            self.lost.map(|(line, lost)| (line, format!("more than {MAX_FRAMES} frames: {lost} left out"))),
            self.lost_copies.map(|(line, lost)| {
                (line, format!("{lost} repetitions of frames from here on are counted here and not listed"))
            }),
            self.lost_thrown.map(|(line, lost)| (line, format!("more than {MAX_THROWN} exceptions: {lost} left out"))),
        ];
        // However many notes there are: these say what is missing.
        let notes = lost.into_iter().flatten();
        self.notes.extend(notes.map(|(line, message)| Note { place: format!("line {line}"), message }));
        for thrown in &mut self.thrown {
            if let Some(message) = &mut thrown.message {
                message.truncate(message.trim_end().len());
            }
        }
        let found = self.exception.is_some()
            || self.thrown.iter().any(|thrown| thrown.type_name.is_some() || !thrown.frames.is_empty());
        let Self { thrown, process, os, arch, images, exception, notes, .. } = self;
        found.then_some(Parsed { language, thrown, process, os, arch, images, exception, notes })
    }
}
