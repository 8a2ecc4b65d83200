//! The files that frames lie in. Their addresses in memory are not known: all start at 0, and frames say which is theirs.

use std::collections::HashMap;

use vocabulary::DebugId;

use super::frame::NativeFrame;
use crate::{Crash, Frame, Given, Image, limits};

/// Files by path, as they are found.
#[derive(Default)]
pub(super) struct Images<'t> {
    by_path: HashMap<&'t str, usize>,
}

impl<'t> Images<'t> {
    /// The frame of a line, with its file noted.
    pub(super) fn frame(&mut self, native: NativeFrame<'t>, crash: &mut Crash) -> Frame {
        let mut frame = Frame { address: Some(native.pc), ..Frame::default() };
        let is_file = !native.path.is_empty() && !native.path.starts_with(['<', '[']);
        let (_, name) = native.path.rsplit_once(['/', '!']).unwrap_or(("", native.path));
        if is_file {
            frame.image = self.image(native, name, crash);
        }
        if frame.image.is_none() && native.path.starts_with('[') {
            frame.image_name = Some(name.to_owned());
        }
        frame.given = native.function.map(|function| Given {
            function: Some(function.to_owned()),
            offset: native.offset,
            ..Given::default()
        });
        frame
    }

    fn image(&mut self, native: NativeFrame<'t>, name: &str, crash: &mut Crash) -> Option<usize> {
        if let Some(&index) = self.by_path.get(native.path) {
            return Some(index);
        }
        if crash.images.len() >= limits::IMAGES {
            return None;
        }
        let id = native.build_id.and_then(bytes);
        crash.images.push(Image {
            name: name.to_owned(),
            path: Some(native.path.to_owned()),
            debug_id: id.as_deref().and_then(DebugId::from_build_id),
            code_id: native.build_id.map(str::to_ascii_lowercase),
            ..Image::default()
        });
        self.by_path.insert(native.path, crash.images.len() - 1);
        Some(crash.images.len() - 1)
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().as_chunks::<2>().0;
    pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
