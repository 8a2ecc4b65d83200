//! How much of an input is read. Every limit that cuts something off is reported in a note.
//!
//! A few bytes of text can become a much bigger value, so counts are limited, not only bytes. All limits are far above
//! anything that real systems deliver. Some are lower under the fuzzer, whose inputs are small.

/// Bytes of an input that is JSON: a container of logs has one log after the other, so only these are large.
pub(crate) const JSON_BYTES: usize = 256 << 20;
/// Bytes of an input that is any other text. One crash is not so long, and its lines are read more than once.
pub(crate) const TEXT_BYTES: usize = 32 << 20;
/// Lines of such a text. Many short ones take more time than a few long ones.
pub(crate) const TEXT_LINES: usize = 4_000_000;
/// Threads of a crash.
pub(crate) const THREADS: usize = 4_096;
/// Frames of a crash, all threads together.
pub(crate) const FRAMES: usize = 50_000;
/// Frames of the text of an exception: its frames are in the exception and in the thread.
pub(crate) const TRACE_FRAMES: usize = 32_768;
/// Images of a crash.
pub(crate) const IMAGES: usize = 16_384;
/// Exception objects of a crash.
pub(crate) const THROWN: usize = 256;
/// Exceptions inside exceptions.
pub(crate) const CAUSES_DEEP: usize = 64;
/// Attachments of a crash.
pub(crate) const ATTACHMENTS: usize = 64;
/// Entries of `properties`, `more`, `messages`, `backtraces` each.
pub(crate) const ENTRIES: usize = 1_024;
/// Bytes of one entry of `more`.
pub(crate) const ENTRY_BYTES: usize = 64 << 10;
/// Registers of a thread.
pub(crate) const REGISTERS: usize = 128;
/// Bytes of the name of a register, or of the image that says something: one name may be used many times.
pub(crate) const LABEL_BYTES: usize = 1 << 10;
/// Bytes of a container that a crash in it takes at least, beyond the first [`CRASHES_FREE`]: what is stored of each is
/// more than an empty one has.
pub(crate) const CRASH_BYTES: usize = 32;
/// Crashes that a container may have, however short they are.
pub(crate) const CRASHES_FREE: usize = 1_024;
/// Bytes of the frames that a text says to be there again, and that are written out. See [`COPY_BYTES`].
pub(crate) const COPIED_BYTES: usize = if cfg!(fuzzing) { 256 << 10 } else { 8 << 20 };
/// What a frame that is written out again takes beside its texts.
pub(crate) const COPY_BYTES: usize = 720;
/// Notes of a crash or a container; the rest is counted.
pub(crate) const NOTES: usize = 64;
/// Logs of a container.
pub(crate) const LOGS: usize = 4_000_000;
/// Decoded bytes of an attachment.
pub(crate) const ATTACHMENT_BYTES: usize = 512 << 20;
/// Bytes that a compressed input may become.
pub(crate) const UNPACKED_BYTES: usize = 512 << 20;
/// How many times bigger than its input that may be beyond [`UNPACKED_FREE_BYTES`].
pub(crate) const UNPACKED_RATIO: usize = 40;
/// Output up to which the ratio does not matter: a dump of an exhausted stack packs to a two-hundredth, and has the
/// size of that stack at most.
pub(crate) const UNPACKED_FREE_BYTES: usize = if cfg!(fuzzing) { 256 << 10 } else { 16 << 20 };
/// Window or dictionary that a compressed stream may ask for; those of the highest usual levels fit.
pub(crate) const WINDOW_BYTES: u32 = if cfg!(fuzzing) { 1 << 20 } else { 128 << 20 };
/// Nested brackets of JSON that is read here. A MetricKit call stack nests two for each frame.
pub(crate) const DEPTH: usize = 4_096;
/// Nested brackets of JSON that is handed on; recursive readers can take so many.
pub(crate) const MENDED_DEPTH: usize = 512;
