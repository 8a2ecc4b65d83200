//! Where the records of a debug file go.
//!
//! A reader of any format gives its records to a [`RecordSink`]. There are two: Breakpad text ([`TextSink`]), for people and
//! other tools, and an index without a text ([`IndexBuilder`]), for look-ups. Both have the same records in the same
//! order, and limits count both by the bytes that the records have as text, so look-ups in both give the same results.

use std::io;
use std::io::Write;

use symbols::breakpad::{File, Func, Info, Inline, InlineOrigin, Line, Module, Record, Win, write};
use symbols::index::{Functions, IndexBuilder};

/// Takes the records of a module: the module first, each FILE and INLINE_ORIGIN before the functions that refer to it.
pub trait RecordSink {
    /// Functions that belong together, such as those of a unit. Several are filled at the same time.
    type Functions: FunctionSink + Send;

    /// An empty group of functions that will have about `text_bytes` bytes as text.
    fn functions(text_bytes: usize) -> Self::Functions;

    /// Set the module.
    ///
    /// # Errors
    /// The record cannot be written.
    fn module(&mut self, module: &Module<'_>) -> io::Result<()>;

    /// Add an INFO record about the module.
    ///
    /// # Errors
    /// The record cannot be written.
    fn info(&mut self, info: &Info<'_>) -> io::Result<()>;

    /// Add a source file.
    ///
    /// # Errors
    /// The record cannot be written.
    fn file(&mut self, file: &File<'_>) -> io::Result<()>;

    /// Add the name of functions that are inlined.
    ///
    /// # Errors
    /// The record cannot be written.
    fn origin(&mut self, origin: &InlineOrigin<'_>) -> io::Result<()>;

    /// Add an unwind rule of x86.
    ///
    /// # Errors
    /// The record cannot be written.
    fn win(&mut self, win: &Win<'_>) -> io::Result<()>;

    /// Add a group of functions.
    ///
    /// # Errors
    /// The records cannot be written.
    fn append(&mut self, functions: Self::Functions) -> io::Result<()>;
}

/// Takes functions, each followed by the calls inlined into it and then by its lines.
pub trait FunctionSink {
    /// Begin a function.
    fn function(&mut self, func: &Func<'_>);

    /// Add a call inlined into the function.
    fn inline(&mut self, inline: &Inline<'_>);

    /// Add a line of the function.
    fn line(&mut self, line: &Line);

    /// Remove the last function with all that was added since.
    fn forget_function(&mut self);

    /// Bytes that the records have as text.
    fn text_bytes(&self) -> u64;
}

/// Bytes of records to collect before they are written.
const PIECE: usize = 64 << 10;

/// Writes records as Breakpad text.
#[derive(Debug)]
pub struct TextSink<W> {
    out: W,
    /// Records of the module that are not written yet: all but those of functions.
    head: Vec<u8>,
}

impl<W: Write> TextSink<W> {
    /// Write to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, head: Vec::new() }
    }

    /// Write the records that are still buffered.
    ///
    /// # Errors
    /// The writer's.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_head()?;
        Ok(self.out)
    }

    fn write_head(&mut self) -> io::Result<()> {
        self.out.write_all(&self.head)?;
        // Not reused for the next group: this one may have had many files.
        self.head = Vec::new();
        Ok(())
    }

    fn add(&mut self, record: &Record<'_>) {
        write(record, &mut self.head);
    }
}

impl<W: Write> RecordSink for TextSink<W> {
    type Functions = TextFunctions;

    fn functions(text_bytes: usize) -> TextFunctions {
        TextFunctions { text: Vec::with_capacity(text_bytes), last: 0 }
    }

    fn module(&mut self, module: &Module<'_>) -> io::Result<()> {
        self.add(&Record::Module(*module));
        Ok(())
    }

    fn info(&mut self, info: &Info<'_>) -> io::Result<()> {
        self.add(&Record::Info(*info));
        Ok(())
    }

    fn file(&mut self, file: &File<'_>) -> io::Result<()> {
        self.add(&Record::File(*file));
        Ok(())
    }

    fn origin(&mut self, origin: &InlineOrigin<'_>) -> io::Result<()> {
        self.add(&Record::InlineOrigin(*origin));
        Ok(())
    }

    fn win(&mut self, win: &Win<'_>) -> io::Result<()> {
        self.add(&Record::Win(*win));
        if self.head.len() > PIECE { self.write_head() } else { Ok(()) }
    }

    fn append(&mut self, functions: TextFunctions) -> io::Result<()> {
        self.write_head()?;
        self.out.write_all(&functions.text)
    }
}

/// Functions as text.
#[derive(Debug, Default)]
pub struct TextFunctions {
    text: Vec<u8>,
    /// Where the last function begins.
    last: usize,
}

impl FunctionSink for TextFunctions {
    fn function(&mut self, func: &Func<'_>) {
        self.last = self.text.len();
        write(&Record::Func(*func), &mut self.text);
    }

    fn inline(&mut self, inline: &Inline<'_>) {
        write(&Record::Inline(*inline), &mut self.text);
    }

    #[inline]
    fn line(&mut self, line: &Line) {
        write(&Record::Line(*line), &mut self.text);
    }

    fn forget_function(&mut self) {
        self.text.truncate(self.last);
    }

    #[inline]
    fn text_bytes(&self) -> u64 {
        self.text.len() as u64
    }
}

impl RecordSink for IndexBuilder {
    type Functions = Functions;

    fn functions(text_bytes: usize) -> Functions {
        Functions::expecting(text_bytes)
    }

    fn module(&mut self, module: &Module<'_>) -> io::Result<()> {
        Self::module(self, module);
        Ok(())
    }

    fn info(&mut self, info: &Info<'_>) -> io::Result<()> {
        Self::info(self, info);
        Ok(())
    }

    fn file(&mut self, file: &File<'_>) -> io::Result<()> {
        Self::file(self, file);
        Ok(())
    }

    fn origin(&mut self, origin: &InlineOrigin<'_>) -> io::Result<()> {
        Self::origin(self, origin);
        Ok(())
    }

    fn win(&mut self, win: &Win<'_>) -> io::Result<()> {
        Self::win(self, win);
        Ok(())
    }

    fn append(&mut self, functions: Functions) -> io::Result<()> {
        Self::append(self, functions);
        Ok(())
    }
}

impl FunctionSink for Functions {
    fn function(&mut self, func: &Func<'_>) {
        Self::function(self, func);
    }

    fn inline(&mut self, inline: &Inline<'_>) {
        Self::inline(self, inline);
    }

    #[inline]
    fn line(&mut self, line: &Line) {
        Self::line(self, line);
    }

    fn forget_function(&mut self) {
        Self::forget_function(self);
    }

    #[inline]
    fn text_bytes(&self) -> u64 {
        Self::text_bytes(self)
    }
}
