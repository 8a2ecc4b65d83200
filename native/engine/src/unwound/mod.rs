//! Crashes whose stacks arrive unwound: code locations, symbols and a name for their frames.
//!
//! The pipeline is that of a dump without the walk. Each address is resolved to an image ([`locate`]), looked up in the
//! image's symbols, and shown with the better of the input's own symbols and ours ([`shown`]). A managed crash gets its
//! frames from the exception to blame ([`threads`]).

mod exception;
mod images;
mod locate;
mod name;
mod shown;
mod stack_limit;
mod threads;

use inputs::{Crash, Kind};

pub(crate) use exception::ExceptionFacts;
pub(crate) use images::{Images, code_id, debug_file, debug_id};
pub(crate) use locate::Located;
pub(crate) use name::{NamingStacks, name, process};
pub(crate) use shown::Shown;
pub(crate) use threads::{ThreadView, last_exception, root, views};

use crate::adjust::Position;
use crate::resolve::Places;
use locate::Locator;

/// The frames of a crash, with their code locations: those of its threads, of its last exception, of its exceptions.
pub(crate) struct Stacks<'a> {
    pub(crate) threads: Vec<Vec<Located>>,
    pub(crate) last_exception: Vec<Located>,
    /// For each exception, and each of its frames that is native or not.
    pub(crate) thrown: Vec<Vec<Located>>,
    pub(crate) places: Places<'a>,
}

impl<'a> Stacks<'a> {
    /// Locate every frame and look each code location up once.
    pub(crate) fn of(crash: &Crash, images: &'a Images<'_>) -> Self {
        let mut walk = Walk { crash, images, locator: Locator::new(crash), places: Places::default() };
        let mut threads = Vec::with_capacity(crash.threads.len());
        // Addresses in files do not compare with registers.
        let faulted = exception::is_fault(crash) && !crash.kind.is_some_and(Kind::has_call_addresses);
        for (index, thread) in crash.threads.iter().enumerate() {
            let faulted = faulted && crash.crashed == Some(index);
            let first = if faulted { walk.locator.first_position(thread) } else { Position::First };
            threads.push(walk.stack(thread.frames.iter().map(Some), first));
        }
        let last = crash.last_exception.iter().flat_map(|last| &last.frames);
        let last_exception = walk.stack(last.map(Some), Position::LastException);
        let mut thrown = Vec::with_capacity(crash.thrown.len());
        for one in &crash.thrown {
            let native = one.frames.iter().any(|frame| frame.native.is_some());
            let frames = one.frames.iter().filter(|_| native).map(|frame| frame.native.as_ref());
            thrown.push(walk.stack(frames, Position::LastException));
        }
        Self { threads, last_exception, thrown, places: walk.places }
    }
}

/// Fills in the code locations of stacks.
struct Walk<'c, 'a> {
    crash: &'c Crash,
    images: &'a Images<'a>,
    locator: Locator<'c>,
    places: Places<'a>,
}

impl<'c, 'a> Walk<'c, 'a> {
    fn stack(&mut self, frames: impl Iterator<Item = Option<&'c inputs::Frame>>, first: Position) -> Vec<Located> {
        let mut position = first;
        let mut stack = Vec::with_capacity(frames.size_hint().0);
        for frame in frames {
            let mut found = frame.map_or_else(Located::default, |frame| self.locator.locate(frame, position));
            found.place = found.image.and_then(|image| self.place(image, found));
            let given = frame.and_then(|frame| frame.given.as_ref()?.function.as_deref());
            let ours = found.place.and_then(|id| self.places.get(id)).and_then(|place| {
                let function = self.places.sources(&place).last()?;
                Some(&*function.function)
            });
            let interrupted = [given, ours].into_iter().flatten().any(locate::is_signal_trampoline);
            position = match first {
                Position::LastException => Position::LastException,
                _ if self.crash.kind.is_some_and(Kind::has_call_addresses) => Position::First,
                _ if interrupted => Position::AfterSignalTrampoline,
                _ => Position::Return,
            };
            stack.push(found);
        }
        stack
    }

    /// Look a location up, unless the frame has no address.
    fn place(&mut self, image: usize, found: Located) -> Option<u32> {
        self.images.look_into(image)?;
        found.address?;
        let base = self.crash.images.get(image)?.start;
        let images = self.images;
        Some(self.places.place(Some(image), found.lookup, |image, lookup| {
            Some((images.symbols_for(image, lookup.wrapping_sub(base))?, base))
        }))
    }
}
