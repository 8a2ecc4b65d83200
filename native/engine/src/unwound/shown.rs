//! A frame as it is shown and named: with the input's own symbols or ours, whichever are more complete.

use std::borrow::Cow;

use failure::name::is_placeholder;
use inputs::{Crash, Frame, Given, ManagedFrame};
use vocabulary::path::leaf;

use super::Located;
use crate::adjust::{self, Position};
use crate::names::{Name, Names};
use crate::resolve::{Places, Source};

/// Function, file and line, as a report has them.
pub(crate) type GivenInline = (String, Option<String>, Option<u32>);

/// Functions inlined at a code location, innermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Inlines<'a> {
    /// From symbols of ours.
    Ours(&'a [Source<'a>]),
    /// From the report.
    Given(&'a [GivenInline]),
}

impl<'a> Inlines<'a> {
    /// Function and file of each, the function as a failure is named by it.
    pub(crate) fn for_naming(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let (ours, given) = self.parts();
        let ours = ours.iter().map(|source| (source.function.for_naming(), source.file.as_deref()));
        ours.chain(given.iter().map(|(function, file, _)| (function.as_str(), file.as_deref())))
    }

    /// Function, file and line of each.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, Option<&'a str>, Option<u32>)> {
        let (ours, given) = self.parts();
        let ours = ours.iter().map(|source| (&*source.function, source.file.as_deref(), source.line));
        ours.chain(given.iter().map(|(function, file, line)| (function.as_str(), file.as_deref(), *line)))
    }

    fn parts(self) -> (&'a [Source<'a>], &'a [GivenInline]) {
        match self {
            Self::Ours(ours) => (ours, &[][..]),
            Self::Given(given) => (&[][..], given),
        }
    }
}

/// A frame.
#[derive(Clone, Debug)]
pub(crate) struct Shown<'a> {
    /// The address in the input.
    pub(crate) offset: Option<u64>,
    /// The image's path or name.
    pub(crate) module: Option<&'a str>,
    /// Index into the crash's images.
    pub(crate) image: Option<usize>,
    /// Start of an image that is not listed.
    pub(crate) unlisted: Option<u64>,
    /// The address relative to the image.
    pub(crate) module_offset: Option<u64>,
    /// The address looked up, relative to the image.
    pub(crate) lookup_offset: Option<u64>,
    pub(crate) function: Option<Name<'a>>,
    pub(crate) function_offset: Option<u64>,
    pub(crate) file: Option<&'a str>,
    pub(crate) line: Option<u32>,
    pub(crate) inlines: Inlines<'a>,
    /// Function, file and line are the report's own.
    pub(crate) given: bool,
    /// The address is where a call returns to.
    pub(crate) returns: bool,
}

impl<'a> Shown<'a> {
    /// A native frame.
    pub(crate) fn native(crash: &'a Crash, frame: &'a Frame, located: &Located, places: &'a Places<'_>) -> Self {
        let image = located.image.and_then(|image| crash.images.get(image));
        let base = image.map(|image| image.start).or(located.unlisted);
        let relative = |address: Option<u64>| Some(address?.wrapping_sub(base?));
        let path = image.map(|image| image.path.as_deref().filter(|path| !path.is_empty()).unwrap_or(&image.name));
        let mut shown = Self {
            offset: frame.address,
            module: path.or(frame.image_name.as_deref()).filter(|name| !matches!(*name, "" | "???")),
            image: located.image,
            unlisted: located.unlisted,
            module_offset: relative(located.address),
            lookup_offset: relative(located.address.map(|_| located.lookup)),
            function: None,
            function_offset: None,
            file: None,
            line: None,
            inlines: Inlines::Given(&[]),
            given: false,
            returns: located.returns,
        };
        let place = located.place.and_then(|id| places.get(id));
        let sources = place.map_or(&[][..], |place| places.sources(&place));
        match (sources.split_last(), frame.given.as_ref().filter(|given| given.function.is_some())) {
            (Some((ours, inlined)), given) if given.is_none_or(|given| is_better(ours, inlined, given)) => {
                shown.function = Some(ours.function.clone());
                shown.function_offset = shown.module_offset.map(|offset| offset.wrapping_sub(ours.function_start));
                shown.file = ours.file.as_deref();
                shown.line = ours.line;
                shown.inlines = Inlines::Ours(inlined);
            }
            (_, Some(given)) => shown.give(given, &places.names),
            (_, None) => {}
        }
        shown
    }

    /// Use symbols that came with the crash.
    pub(super) fn give(&mut self, given: &'a Given, names: &Names) {
        let function = given.function.as_deref().filter(|name| !is_placeholder(name.trim()));
        self.function = function.map(|name| names.readable(Cow::Borrowed(name)));
        self.function_offset = given.offset;
        self.file = given.file.as_deref();
        self.line = given.line;
        self.inlines = Inlines::Given(&given.inlines);
        self.given = self.function.is_some() || self.file.is_some();
    }

    /// A frame of managed code; `located` and `places` are for the native ones among them.
    pub(crate) fn managed(
        crash: &'a Crash,
        frame: &'a ManagedFrame,
        located: Option<&Located>,
        places: &'a Places<'_>,
    ) -> Self {
        if let (Some(native), Some(located)) = (&frame.native, located) {
            let mut shown = Self::native(crash, native, located, places);
            if shown.function.is_none() {
                shown.function = function(frame).map(Name::Own);
                shown.given = shown.function.is_some();
            }
            return shown;
        }
        let function = function(frame);
        Self {
            offset: None,
            module: frame.module.as_deref().filter(|name| !name.is_empty()),
            image: None,
            unlisted: None,
            module_offset: frame.module_offset,
            lookup_offset: frame
                .module_offset
                .map(|offset| adjust::lookup_address(crash.system.arch, offset, Position::LastException)),
            given: function.is_some(),
            function: function.map(Name::Own),
            function_offset: None,
            file: frame.file.as_deref(),
            line: frame.line,
            inlines: Inlines::Given(&[]),
            returns: true,
        }
    }

    /// The frame has a function, an address, a line or an image. Anonymous functions and code without symbols have no
    /// name.
    pub(super) fn says_where(&self) -> bool {
        self.function.is_some()
            || self.offset.is_some()
            || self.module_offset.is_some()
            || self.line.is_some()
            || self.image.is_some()
    }

    /// The file name of the image.
    pub(crate) fn module_name(&self) -> Option<&'a str> {
        self.module.map(leaf)
    }
}

/// `Namespace.Type.Method`.
fn function(frame: &ManagedFrame) -> Option<Cow<'_, str>> {
    let class = frame.class.as_deref().filter(|name| !name.is_empty());
    match (class, frame.method.as_deref().filter(|name| !name.is_empty())) {
        (Some(class), Some(method)) => {
            let dot = if method.starts_with('.') && class.ends_with('.') { "" } else { "." };
            Some(Cow::Owned([class, dot, method].concat()))
        }
        (one, other) => one.or(other).map(Cow::Borrowed),
    }
}

/// Whether ours are more complete: a source line or inlined functions, or a name where the input has none.
fn is_better(ours: &Source<'_>, inlined: &[Source<'_>], given: &Given) -> bool {
    let name = given.function.as_deref().unwrap_or("");
    is_placeholder(name.trim()) || ours.line.is_some() || ours.file.is_some() || !inlined.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(line: Option<u32>) -> Source<'static> {
        Source { function: Name::Own(Cow::Borrowed("f")), file: None, line, inlined: false, function_start: 0 }
    }

    #[test]
    fn who_says_more() {
        let given = |name: &str| Given { function: Some(name.to_owned()), ..Given::default() };
        assert!(is_better(&ours(Some(7)), &[], &given("main")));
        assert!(is_better(&ours(None), &[ours(None)], &given("main")));
        assert!(!is_better(&ours(None), &[], &given("main")));
        for name in ["<redacted>", "0x10445c000", "0", "???", ""] {
            assert!(is_better(&ours(None), &[], &given(name)), "{name}");
        }
    }

    #[test]
    fn managed_functions() {
        let frame = |class: Option<&str>, method: Option<&str>| {
            let text = |text: &str| text.to_owned();
            let frame = ManagedFrame { class: class.map(text), method: method.map(text), ..ManagedFrame::default() };
            function(&frame).map(Cow::into_owned)
        };
        assert_eq!(frame(Some("A.B"), Some("M")).as_deref(), Some("A.B.M"));
        assert_eq!(frame(Some("A.B"), Some(".ctor")).as_deref(), Some("A.B..ctor"));
        assert_eq!(frame(None, Some("main")).as_deref(), Some("main"));
        assert_eq!(frame(Some(""), None), None);
    }
}
