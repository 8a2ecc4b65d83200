//! Walking a JSON text without a tree.
//!
//! The file is long because it is one state machine: all that may move its position, open and close its levels, and
//! nothing else.

use std::borrow::Cow;

use super::brackets::Brackets;
use super::scan::{after_space, end_of_quoted};
use crate::notes::Notes;
use crate::{Error, Note, limits};

/// A position in a JSON text: what is open, and where the next value is.
///
/// No call fails. A value of another type than requested is noted, skipped and absent; a fault that ends everything
/// (nesting) is returned by [`Reader::finish`] and the text is then at its end.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the text lies in the input: for places.
    base: usize,
    /// The name of the text's value: `logs[3]`.
    root: String,
    levels: Vec<Level<'a>>,
    /// The names that the open objects had so far.
    names: Vec<&'a str>,
    /// Brackets that a skip is inside of; reused for its capacity.
    skipping: Brackets,
    limit: usize,
    cut: bool,
    quiet: bool,
    notes: Notes,
    fault: Option<Error>,
}

/// An open bracket.
struct Level<'a> {
    object: bool,
    /// Values so far.
    count: usize,
    /// Where the last value begins; if it was not read, it is skipped.
    value_at: usize,
    /// The last name.
    name: &'a str,
    /// Where its names begin in `names`.
    names: usize,
}

/// What a value is by its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Object,
    Array,
    String,
    /// A number, `true`, `null` or a bare word.
    Word,
    /// No value: a comma, a bracket that closes, or the end.
    Nothing,
}

/// Names of one object that are compared with each other; further ones are not checked for being given twice.
const NAMES_COMPARED: usize = 64;

impl<'a> Reader<'a> {
    /// Read `text`, which lies at byte `base` of the input and is called `root` there.
    pub(crate) fn new(text: &'a str, base: usize, root: String) -> Self {
        Self {
            text,
            at: 0,
            base,
            root,
            levels: Vec::new(),
            names: Vec::new(),
            skipping: Brackets::default(),
            limit: limits::DEPTH,
            cut: false,
            quiet: false,
            notes: Notes::default(),
            fault: None,
        }
    }

    /// The same with another limit for nesting.
    pub(crate) fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// What was tolerated, and the fault that ended the reading if there was one.
    pub(crate) fn finish(self) -> (Vec<Note>, Option<Error>) {
        (self.notes.finish(), self.fault)
    }

    /// Where the next character is, in this text.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Note nothing but a cut end while `f` reads: the same will be read again.
    pub(crate) fn quietly<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let quiet = std::mem::replace(&mut self.quiet, true);
        let value = f(self);
        self.quiet = quiet;
        value
    }

    /// Note something about the value that is being read.
    pub(crate) fn note(&mut self, message: impl Into<String>) {
        if self.quiet {
            return;
        }
        let (levels, root) = (&self.levels, &self.root);
        self.notes.note(|| place(root, levels), message);
    }

    /// Whether an item is below the limit of its list; the first one that is not is noted.
    pub(crate) fn within(&mut self, index: usize, limit: usize, what: &str) -> bool {
        if index == limit {
            self.note(format!("more {what} than {limit}; the rest is left out"));
        }
        index < limit
    }

    /// Note something about the text itself here.
    pub(crate) fn note_byte(&mut self, message: impl Into<String>) {
        // What is missing after a cut is missing because of it.
        if self.quiet || self.cut {
            return;
        }
        let byte = self.base + self.at;
        self.notes.note(|| format!("byte {byte}"), message);
    }

    /// The path of the value that is being read.
    pub(crate) fn place(&self) -> String {
        place(&self.root, &self.levels)
    }

    /// Skip white space; the next byte.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        self.at = after_space(bytes, self.at);
        bytes.get(self.at).copied()
    }

    /// What the next value is.
    #[inline]
    pub(crate) fn shape(&mut self) -> Shape {
        match self.peek() {
            Some(b'{') => Shape::Object,
            Some(b'[') => Shape::Array,
            Some(b'"' | b'\'') => Shape::String,
            Some(b',' | b'}' | b']') | None => Shape::Nothing,
            Some(_) => Shape::Word,
        }
    }

    /// Each member of the object that is next, with its name in camel case whatever the writer's (`ClassName`). A value
    /// that `f` does not read is skipped. False if the value is not an object.
    pub(crate) fn object(&mut self, mut f: impl FnMut(&mut Self, &str)) -> bool {
        if !self.begin_object() {
            return false;
        }
        while let Some(name) = self.next_member() {
            // No known name is longer; a hostile one is not copied.
            if name.len() <= 64 && name.as_bytes().first().is_some_and(u8::is_ascii_uppercase) {
                f(self, &camel(&name));
            } else {
                f(self, &name);
            }
        }
        true
    }

    /// Each member of the object that is next, with its name as it stands.
    pub(crate) fn members(&mut self, mut f: impl FnMut(&mut Self, &str)) -> bool {
        if !self.begin_object() {
            return false;
        }
        while let Some(name) = self.next_member() {
            f(self, &name);
        }
        true
    }

    /// Each item of the array that is next; a single value counts as an array of one, null as none.
    pub(crate) fn items(&mut self, mut f: impl FnMut(&mut Self, usize)) {
        match self.shape() {
            Shape::Array => {
                if self.begin_array() {
                    let mut index = 0;
                    while self.next_item() {
                        f(self, index);
                        index += 1;
                    }
                }
            }
            Shape::Object => {
                self.note("a single object instead of an array");
                f(self, 0);
            }
            Shape::Word if self.null() => {}
            _ => f(self, 0),
        }
    }

    /// The same where a single object is as good as an array.
    pub(crate) fn one_or_more(&mut self, mut f: impl FnMut(&mut Self, usize)) {
        if self.shape() == Shape::Object { f(self, 0) } else { self.items(f) }
    }

    /// Open the object that is next. If it is something else, that is noted (unless it is null) and skipped.
    pub(crate) fn begin_object(&mut self) -> bool {
        self.begin(b'{', "an object")
    }

    /// Open the array that is next. If it is something else, that is noted (unless it is null) and skipped.
    pub(crate) fn begin_array(&mut self) -> bool {
        self.begin(b'[', "an array")
    }

    fn begin(&mut self, bracket: u8, wanted: &str) -> bool {
        if self.peek() != Some(bracket) {
            self.wrong(wanted);
            return false;
        }
        if self.levels.len() >= self.limit {
            let place = format!("byte {}", self.base + self.at);
            self.fault.get_or_insert(Error::TooDeep { place, limit: self.limit });
            self.at = self.text.len();
            // What is open is closed by the fault, not by a cut.
            self.cut = true;
            return false;
        }
        self.at += 1;
        let names = self.names.len();
        self.levels.push(Level { object: bracket == b'{', count: 0, value_at: usize::MAX, name: "", names });
        true
    }

    /// The name of the next member of the innermost open object, whose value is then next. None closes the object.
    pub(crate) fn next_member(&mut self) -> Option<Cow<'a, str>> {
        while self.separate() {
            let (raw, name) = match self.peek() {
                Some(quote @ (b'"' | b'\'')) => self.quoted(quote),
                Some(b':') => {
                    self.note_byte("a colon without a name");
                    self.at += 1;
                    continue;
                }
                Some(b'{' | b'[') | None => {
                    self.note_byte("a value without a name");
                    self.skip();
                    continue;
                }
                Some(_) => {
                    self.note_byte("a name without quotes");
                    let word = self.word();
                    (word, Cow::Borrowed(word))
                }
            };
            if self.peek() == Some(b':') {
                self.at += 1;
            } else {
                self.note_byte("a colon is missing");
            }
            let at = self.at;
            let level = self.levels.last_mut()?;
            level.value_at = at;
            level.name = raw;
            // Comparing is only for the note.
            let given = if self.quiet { &[] } else { self.names.get(level.names..).unwrap_or_default() };
            let twice = given.contains(&raw);
            if !self.quiet && !twice && given.len() < NAMES_COMPARED {
                self.names.push(raw);
            }
            if twice {
                self.note("given twice; the last one counts");
            }
            return Some(name);
        }
        None
    }

    /// Whether the innermost open array has another item, which is then next. False closes the array.
    pub(crate) fn next_item(&mut self) -> bool {
        let more = self.separate();
        if more {
            self.peek();
            let at = self.at;
            if let Some(level) = self.levels.last_mut() {
                level.value_at = at;
            }
        }
        more
    }

    /// Go to the next value of the innermost open bracket, over commas. False if that is closed, which it then is.
    #[inline]
    fn separate(&mut self) -> bool {
        let Some(&Level { object, count, value_at, .. }) = self.levels.last() else { return false };
        let bytes = self.text.as_bytes();
        self.at = after_space(bytes, self.at);
        if value_at <= self.at && after_space(bytes, value_at) >= self.at {
            self.skip_unread();
        }
        // In sound text either the right bracket comes now, or one comma and a value.
        let bracket = bytes.get(self.at).copied();
        if bracket == Some(if object { b'}' } else { b']' }) {
            self.at += 1;
            self.close();
            return false;
        }
        let at = match (count, bracket) {
            (0, _) => self.at,
            (_, Some(b',')) => after_space(bytes, self.at + 1),
            _ => return self.separate_damaged(),
        };
        if matches!(bytes.get(at), None | Some(b',' | b'}' | b']')) {
            return self.separate_damaged();
        }
        self.at = at;
        if let Some(level) = self.levels.last_mut() {
            level.count += 1;
        }
        true
    }

    /// Skip the value if it was not read.
    #[inline(never)]
    fn skip_unread(&mut self) {
        let before = self.at;
        self.skip();
        if self.at == before && self.shape() == Shape::Word {
            self.note_byte("an unexpected character");
            self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        }
        self.peek();
    }

    /// What [`Reader::separate`] does, in any text.
    #[cold]
    fn separate_damaged(&mut self) -> bool {
        let Some(&Level { object, count, .. }) = self.levels.last() else { return false };
        let mut commas = 0;
        loop {
            match self.peek() {
                Some(b',') => {
                    commas += 1;
                    self.at += 1;
                }
                Some(bracket @ (b'}' | b']')) => {
                    let closes_object = bracket == b'}';
                    if closes_object == object {
                        self.at += 1;
                        if commas > 0 {
                            self.note_byte("a comma before a closing bracket");
                        }
                        self.close();
                        return false;
                    }
                    let parent = self.levels.len().checked_sub(2).and_then(|i| self.levels.get(i));
                    if parent.is_some_and(|parent| parent.object == closes_object) {
                        self.note_byte("a closing bracket is missing");
                        self.close();
                        return false;
                    }
                    self.note_byte("a wrong closing bracket");
                    self.at += 1;
                }
                None => {
                    self.note_cut();
                    self.close();
                    return false;
                }
                Some(_) => break,
            }
        }
        if commas == 0 && count > 0 {
            self.note_byte("a comma is missing");
        } else if commas > usize::from(count > 0) {
            self.note_byte("a comma too many");
        }
        if let Some(level) = self.levels.last_mut() {
            level.count += 1;
        }
        true
    }

    #[inline]
    fn close(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.names.truncate(level.names);
        }
    }

    /// Skip the next value, whatever it is. Nesting costs a bit a level here, so it is not limited.
    pub(crate) fn skip(&mut self) {
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                self.inside(quote);
            }
            Some(b'{' | b'[') => self.skip_brackets(),
            Some(b',' | b'}' | b']') | None => {}
            Some(_) => {
                self.word();
            }
        }
    }

    fn skip_brackets(&mut self) {
        let bytes = self.text.as_bytes();
        let mut open = std::mem::take(&mut self.skipping);
        open.clear();
        let outer = self.levels.last().map(|level| level.object);
        let mut at = self.at;
        loop {
            let Some(&byte) = bytes.get(at) else {
                self.at = bytes.len();
                self.note_cut();
                break;
            };
            match byte {
                b'"' | b'\'' => {
                    at = end_of_quoted(bytes, at + 1, byte).map_or(bytes.len(), |(end, _)| end + 1);
                    continue;
                }
                b'{' | b'[' => open.open(byte == b'{'),
                b'}' | b']' => {
                    let object = byte == b'}';
                    if open.is_object(0) == Some(object) {
                        open.close(1);
                    } else if open.is_object(1) == Some(object) {
                        // The inner bracket was never closed.
                        open.close(2);
                    } else if open.len() == 1 && outer == Some(object) {
                        // It closes the bracket that the skipped value is in.
                        self.at = at;
                        break;
                    }
                    if open.len() == 0 {
                        self.at = at + 1;
                        break;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.skipping = open;
    }

    /// The text of the next value as it stands; it is read by this.
    pub(crate) fn raw(&mut self) -> &'a str {
        self.peek();
        let start = self.at;
        self.skip();
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The inside of the quoted string that begins here, as it stands and without escapes.
    #[inline]
    pub(crate) fn quoted(&mut self, quote: u8) -> (&'a str, Cow<'a, str>) {
        let (raw, escaped) = self.inside(quote);
        (raw, if escaped { self.unescape(raw) } else { Cow::Borrowed(raw) })
    }

    /// The inside of the quoted string that begins here, and whether there are escapes in it.
    #[inline]
    fn inside(&mut self, quote: u8) -> (&'a str, bool) {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        if let Some((end, escaped)) = end_of_quoted(bytes, start, quote) {
            self.at = end + 1;
            (&self.text[start..end], escaped)
        } else {
            self.at = bytes.len();
            self.note_cut();
            (&self.text[start..], true)
        }
    }

    /// The bytes from here on.
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Go on by bytes that [`Reader::rest`] showed to be ASCII.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The run of characters up to the next delimiter.
    pub(crate) fn word(&mut self) -> &'a str {
        let rest = &self.text.as_bytes()[self.at..];
        let delimiter =
            |&b: &u8| matches!(b, b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"' | b' ' | b'\n' | b'\r' | b'\t');
        let length = rest.iter().position(delimiter).unwrap_or(rest.len());
        let word = &self.text[self.at..self.at + length];
        self.at += length;
        word
    }

    /// A value of another type than `wanted` is next: note that, unless it is null, and skip it.
    pub(crate) fn wrong(&mut self, wanted: &str) {
        let found = match self.shape() {
            Shape::Object => "an object",
            Shape::Array => "an array",
            Shape::String => "a string",
            Shape::Word if self.null() => return,
            Shape::Word => "a word",
            Shape::Nothing => "nothing",
        };
        if !self.cut {
            self.note(format!("{found} instead of {wanted}"));
        }
        self.skip();
    }

    /// Read a null if one is next.
    pub(crate) fn null(&mut self) -> bool {
        let at = self.at;
        if self.shape() == Shape::Word && matches!(self.word(), "null" | "NULL" | "Null" | "None" | "nil" | "undefined")
        {
            return true;
        }
        self.at = at;
        false
    }

    /// Undo the escapes of the inside of a string.
    fn unescape(&mut self, raw: &'a str) -> Cow<'a, str> {
        if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
            return Cow::Borrowed(raw);
        }
        let (text, fault) = super::escape::unescape(raw);
        if let Some(fault) = fault {
            self.note_byte(fault);
        }
        Cow::Owned(text)
    }

    fn note_cut(&mut self) {
        if !self.cut {
            let quiet = std::mem::take(&mut self.quiet);
            self.note_byte("the text is cut off here");
            (self.quiet, self.cut) = (quiet, true);
        }
    }
}

/// `ClassName` as `className`, `ID` as `id`.
fn camel(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_uppercase()) {
        return name.to_ascii_lowercase();
    }
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

fn place(root: &str, levels: &[Level<'_>]) -> String {
    let mut place = root.to_owned();
    for level in levels {
        if level.object {
            if level.name.is_empty() {
                continue;
            }
            if !place.is_empty() {
                place.push('.');
            }
            place.extend(level.name.chars().take(80));
        } else {
            place.push('[');
            place.push_str(&level.count.saturating_sub(1).to_string());
            place.push(']');
        }
        if place.len() > 1_000 {
            place.push('…');
            break;
        }
    }
    place
}
