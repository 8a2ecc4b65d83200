//! From a frame of an input to an image and an offset in it.

use inputs::{Crash, Frame, Kind, Thread};
use vocabulary::CodePointers;

use crate::adjust::Position;
use crate::images::ImageMap;

/// Where a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Located {
    /// Index into the crash's images.
    pub(crate) image: Option<usize>,
    /// Start of an image that the crash does not list but the frame itself contains.
    pub(crate) unlisted: Option<u64>,
    /// The address without authentication and Thumb bits; `None`: the frame has none.
    pub(crate) address: Option<u64>,
    /// The address to look up.
    pub(crate) lookup: u64,
    /// Its code location, if it is in an image.
    pub(crate) place: Option<u32>,
    /// Whether the address is a return address, not a program counter.
    pub(crate) returns: bool,
}

/// Finds the images of addresses.
pub(super) struct Locator<'a> {
    crash: &'a Crash,
    map: ImageMap,
    pointers: CodePointers,
}

impl<'a> Locator<'a> {
    pub(super) fn new(crash: &'a Crash) -> Self {
        let highest = crash.images.iter().map(|image| image.end.max(image.start)).max().unwrap_or(0);
        Self {
            crash,
            map: ImageMap::new(crash.images.iter().map(|image| (image.start, image.end))),
            pointers: CodePointers::new(crash.system.arch, highest),
        }
    }

    /// Where a frame is. The image is determined by, in this order, its number in the frame, its start in the frame,
    /// and the list of images.
    pub(super) fn locate(&self, frame: &Frame, position: Position) -> Located {
        let Some(pointer) = frame.address else {
            let image = frame.image.filter(|&image| self.is_real(image));
            return Located { image, ..Located::default() };
        };
        let address = self.pointers.strip(pointer);
        let lookup = position.lookup(self.pointers, pointer);
        let stated = frame.image.filter(|&image| self.is_real(image));
        let base = frame.image_base.filter(|&base| base != 0 && base <= address);
        let image = stated
            .or_else(|| base.and_then(|base| self.starting_at(base)).filter(|&i| self.may_hold(i, lookup)))
            .or_else(|| self.map.find(lookup).map(|(image, _)| image));
        let unlisted = base.filter(|_| image.is_none());
        let returns = matches!(position, Position::Return | Position::LastException);
        Located { image, unlisted, address: Some(address), lookup, place: None, returns }
    }

    /// What the first address of a thread is: its program counter, unless its registers show another one.
    ///
    /// Crash reporters drop the first frame of a jump to a bad address; what comes first then returns from there.
    pub(super) fn first_position(&self, thread: &Thread) -> Position {
        let pc = thread.registers.iter().find(|(name, _)| matches!(name.as_str(), "pc" | "rip" | "eip"));
        let first = thread.frames.first().and_then(|frame| frame.address);
        match (pc, first) {
            (Some((_, pc)), Some(first)) if self.pointers.strip(*pc) != self.pointers.strip(first) => Position::Return,
            _ => Position::First,
        }
    }

    /// `???` at 0 without an extent means "no image", except in reports that have no starts of images.
    fn is_real(&self, image: usize) -> bool {
        let relative = self.crash.kind.is_some_and(Kind::has_call_addresses);
        self.crash.images.get(image).is_some_and(|image| {
            relative
                || image.start != 0
                || !matches!(image.end, 0 | u64::MAX)
                || image.debug_id.is_some_and(|id| !id.is_nil())
        })
    }

    /// The image that starts there, the first in the list if several do.
    fn starting_at(&self, base: u64) -> Option<usize> {
        self.map.find(base).filter(|&(_, offset)| offset == 0).map(|(image, _)| image)
    }

    fn may_hold(&self, image: usize, address: u64) -> bool {
        self.crash.images.get(image).is_some_and(|image| image.end == 0 || address < image.end)
    }
}

/// The code that a signal handler returns to: the next frame was interrupted and did not call.
pub(super) fn is_signal_trampoline(function: &str) -> bool {
    matches!(
        function.trim_start_matches('_'),
        "sigtramp" | "platform_sigtramp" | "kernel_rt_sigreturn" | "kernel_sigreturn" | "restore_rt" | "rt_sigreturn"
    )
}

#[cfg(test)]
mod tests {
    use inputs::{Image, System};
    use vocabulary::Arch;

    use super::*;

    fn crash() -> Crash {
        let image = |start, end| Image { start, end, ..Image::default() };
        Crash {
            system: System { arch: Some(Arch::Arm64e), ..System::default() },
            images: vec![image(0, 0), image(0x1_0445_c000, 0x1_0446_8000), image(0x1_0438_8000, 0x1_0441_4000)],
            ..Crash::default()
        }
    }

    fn frame(address: u64, base: Option<u64>) -> Frame {
        Frame { address: Some(address), image_base: base, ..Frame::default() }
    }

    #[test]
    fn by_the_list_by_its_own_word_or_not_at_all() {
        let crash = crash();
        let locator = Locator::new(&crash);
        let at = |address, base| locator.locate(&frame(address, base), Position::First);
        assert_eq!(at(0x1_0446_3884, Some(0x1_0445_c000)).image, Some(1));
        assert_eq!(at(0x1_0446_3884, None).image, Some(1));
        let unlisted = at(0x1_8ada_4d70, Some(0x1_8ad8_7000));
        assert_eq!((unlisted.image, unlisted.unlisted), (None, Some(0x1_8ad8_7000)));
        assert_eq!(at(0x5448_5244, Some(0)).unlisted, None);
        // A start above the address is invalid.
        assert_eq!(at(0x1000, Some(0x2000)).unlisted, None);
    }

    #[test]
    fn authentication_goes_and_a_return_at_the_very_end_stays_in_its_image() {
        let crash = crash();
        let locator = Locator::new(&crash);
        let signed = locator.locate(&frame(0x2f31_0001_0446_3884, None), Position::First);
        assert_eq!((signed.image, signed.address), (Some(1), Some(0x1_0446_3884)));
        let last = locator.locate(&frame(0x1_0446_8000, None), Position::Return);
        assert_eq!((last.image, last.lookup), (Some(1), 0x1_0446_7ffc));
    }

    #[test]
    fn the_number_of_no_image_is_none() {
        let crash = crash();
        let locator = Locator::new(&crash);
        let told = |image| {
            let frame = Frame { image: Some(image), ..frame(0x1_0446_3884, None) };
            locator.locate(&frame, Position::First).image
        };
        assert_eq!(told(2), Some(2));
        assert_eq!(told(0), Some(1));
        assert_eq!(told(99), Some(1));
    }

    #[test]
    fn trampolines() {
        for name in ["_sigtramp", "__restore_rt", "__kernel_rt_sigreturn"] {
            assert!(is_signal_trampoline(name), "{name}");
        }
        assert!(!is_signal_trampoline("main"));
    }
}
