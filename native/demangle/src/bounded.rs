//! A text that does not grow past a limit.

use std::fmt;

/// Accepts text up to a limit; past it, writing fails.
pub(super) struct Bounded {
    text: String,
    limit: usize,
}

impl Bounded {
    pub(super) fn new(limit: usize) -> Self {
        Bounded { text: String::new(), limit }
    }

    /// Takes back a full stop at the end.
    pub(super) fn pop_stop(&mut self) {
        if self.text.ends_with('.') {
            self.text.pop();
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len().saturating_add(part.len()) > self.limit {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}
