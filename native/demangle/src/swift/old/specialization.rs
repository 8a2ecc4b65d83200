//! Functions that were specialized for types or arguments. These are parsed and skipped, as they are not printed.

use super::Reader;

impl Reader<'_> {
    /// What follows `_TTS`: `g` and `r` for types, `f` for arguments.
    pub(super) fn specialization(&mut self) -> Option<()> {
        let letter = self.next();
        self.next_if(b'q');
        // The number of the pass.
        if !self.next().is_ascii_graphic() {
            return None;
        }
        match letter {
            b'g' | b'r' => {
                while !self.next_if(b'_') {
                    self.type_()?;
                    while !self.next_if(b'_') {
                        self.conformance()?;
                    }
                }
            }
            b'f' => {
                while !self.next_if(b'_') {
                    self.specialized_argument()?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn specialized_argument(&mut self) -> Option<()> {
        if self.next_if_text("cp") {
            return self.constant();
        }
        if self.next_if_text("cl") {
            self.identifier()?;
            while !self.next_if(b'_') {
                self.type_()?;
            }
            return Some(());
        }
        if !matches!(self.peek(), b'n' | b'i' | b'k' | b'r') {
            let before = self.parser.at;
            for flag in *b"dgos" {
                self.next_if(flag);
            }
            if self.parser.at == before {
                return None;
            }
        } else {
            self.next();
        }
        self.next_if(b'_').then_some(())
    }

    fn constant(&mut self) -> Option<()> {
        if self.next_if_text("fr") || self.next_if(b'g') {
            self.identifier()?;
        } else if self.next_if_text("fl") || self.next_if(b'i') {
            while !matches!(self.peek(), b'_' | 0) {
                self.next();
            }
        } else if self.next_if_text("se") {
            if !matches!(self.next(), b'0' | b'1') || !self.next_if(b'v') {
                return None;
            }
            self.identifier()?;
        } else {
            return None;
        }
        self.next_if(b'_').then_some(())
    }
}
