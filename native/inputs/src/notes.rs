//! What was tolerated or lost, gathered with a limit.

use crate::{Note, limits};

/// Notes up to a limit; the rest is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    list: Vec<Note>,
    more: usize,
}

impl Notes {
    /// Add a note. `place` is computed only if the note is stored.
    pub(crate) fn note(&mut self, place: impl FnOnce() -> String, message: impl Into<String>) {
        if self.list.len() < limits::NOTES {
            self.list.push(Note { place: place(), message: message.into() });
        } else {
            self.more += 1;
        }
    }

    /// Take over what another reader noted.
    pub(crate) fn extend(&mut self, notes: impl IntoIterator<Item = Note>) {
        for note in notes {
            let Note { place, message } = note;
            self.note(|| place, message);
        }
    }

    /// The notes, the last one saying how many there were beyond the limit.
    pub(crate) fn finish(mut self) -> Vec<Note> {
        if self.more > 0 {
            let message = format!("{} more notes are left out", self.more);
            self.list.push(Note { place: String::new(), message });
        }
        self.list
    }
}
