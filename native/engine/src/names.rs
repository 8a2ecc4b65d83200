//! Names of functions, mangled ones made readable once for a report.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::rc::Rc;

use demangle::Scheme;

use crate::hash::Seeded;
use crate::limits::{DEMANGLED_BYTES, UNREADABLE_BYTES};

/// The name of a function. A readable one is shared by all frames of the function.
#[derive(Clone, Debug)]
pub(crate) enum Name<'a> {
    /// As the symbols or the report have it.
    Own(Cow<'a, str>),
    /// Demangled, or a copy.
    Shared(Rc<str>),
    /// Reported as the symbols have it, while the failure is named by the readable form. Shared, because a report holds a
    /// hundred thousand names and this kind is rare.
    Linkage(Rc<Linkage<'a>>),
}

/// Both forms of a name.
#[derive(Debug)]
pub(crate) struct Linkage<'a> {
    mangled: Cow<'a, str>,
    readable: Rc<str>,
}

impl Name<'_> {
    /// The form that a failure is named by.
    pub(crate) fn for_naming(&self) -> &str {
        match self {
            Self::Own(name) => name,
            Self::Shared(readable) => readable,
            Self::Linkage(linkage) => &linkage.readable,
        }
    }
}

impl Deref for Name<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Own(name) => name,
            Self::Shared(name) => name,
            Self::Linkage(linkage) => &linkage.mangled,
        }
    }
}

/// Readable names by where the mangled one lies and how long it is, which costs nothing for a long one.
type Known = HashMap<(usize, usize), Option<Rc<str>>, Seeded>;

/// Makes mangled names readable, within the limit of a report: a name of a few bytes can expand to a text of
/// hundreds of kilobytes, and a report names a function in any number of frames.
#[derive(Debug)]
pub(crate) struct Names {
    known: RefCell<Known>,
    /// Texts that symbols have in no form that could be shown, so that each look-up gives a copy.
    copies: RefCell<HashSet<Rc<str>>>,
    /// Bytes of mangled and readable names that may still be added.
    left: Cell<usize>,
    /// Names that stayed mangled, because there was nothing left for them.
    refused: Cell<u64>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            known: RefCell::default(),
            copies: RefCell::default(),
            left: Cell::new(DEMANGLED_BYTES),
            refused: Cell::new(0),
        }
    }
}

impl Names {
    /// The readable form of a name, which lives as long as the report is made.
    pub(crate) fn readable<'a>(&self, name: Cow<'a, str>) -> Name<'a> {
        // The address of a text that is copied for each look-up does not identify it.
        let lasts = matches!(name, Cow::Borrowed(_));
        match self.demangled(&name, lasts) {
            // Symbolicators of Apple's crashes report the functions of Swift 3 by their linkage names, and whoever compares
            // or looks up frames has those.
            Some(readable) if demangle::scheme(&name) == Some(Scheme::OldSwift) => {
                Name::Linkage(Rc::new(Linkage { mangled: name, readable }))
            }
            Some(readable) => Name::Shared(readable),
            None => self.kept(name),
        }
    }

    /// A text to retain: one of equal copies.
    pub(crate) fn kept<'a>(&self, text: Cow<'a, str>) -> Name<'a> {
        let Cow::Owned(copy) = text else { return Name::Own(text) };
        let mut copies = self.copies.borrow_mut();
        if let Some(known) = copies.get(copy.as_str()) {
            return Name::Shared(Rc::clone(known));
        }
        let copy: Rc<str> = copy.into();
        copies.insert(Rc::clone(&copy));
        Name::Shared(copy)
    }

    /// How many names stayed mangled because the limit was reached.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.get()
    }

    fn demangled(&self, name: &str, lasts: bool) -> Option<Rc<str>> {
        demangle::scheme(name)?;
        let key = (name.as_ptr() as usize, name.len());
        if lasts && let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let Some(left) = self.left.get().checked_sub(name.len()) else {
            self.refused.set(self.refused.get() + 1);
            return None;
        };
        let readable: Option<Rc<str>> = demangle::demangle(name).map(Rc::from);
        self.left.set(left.saturating_sub(readable.as_ref().map_or(UNREADABLE_BYTES, |text| text.len())));
        if lasts {
            self.known.borrow_mut().insert(key, readable.clone());
        }
        readable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_all_frames_of_a_function() {
        let names = Names::default();
        let mangled = "_ZN2ns1fEv".to_owned();
        let [Name::Shared(one), Name::Shared(other)] = [(); 2].map(|()| names.readable(Cow::Borrowed(&mangled))) else {
            panic!("not demangled");
        };
        assert!(Rc::ptr_eq(&one, &other));
        assert_eq!(&*one, "ns::f()");
        assert!(matches!(names.readable(Cow::Borrowed("main")), Name::Own(_)));
    }

    #[test]
    fn one_text_for_all_copies_of_a_name() {
        let names = Names::default();
        let [Name::Shared(one), Name::Shared(other)] = [(); 2].map(|()| names.readable("name".to_owned().into()))
        else {
            panic!("not shared");
        };
        assert!(Rc::ptr_eq(&one, &other));
    }

    #[test]
    fn names_of_swift_3_stay_mangled_but_for_naming() {
        let names = Names::default();
        let name = names.readable(Cow::Borrowed("_TFC4main3Foo3runfT_T_"));
        assert_eq!((&*name, name.for_naming()), ("_TFC4main3Foo3runfT_T_", "Foo.run()"));
    }

    /// Each of these names 60 thousand million lifetimes, which the demangler begins to write.
    #[test]
    fn names_that_cannot_be_demangled_are_limited() {
        let names = Names::default();
        let mangled: Vec<String> = (0..3000).map(|i| format!("_RINvC5a{i:04}1fFGzzzzzz_EuE")).collect();
        assert!(mangled.iter().all(|name| matches!(names.readable(Cow::Borrowed(name)), Name::Own(_))));
        assert!(names.refused() >= 900, "{}", names.refused());
    }

    #[test]
    fn what_exceeds_the_limit_stays_mangled() {
        let names = Names::default();
        let mangled = format!("_ZN{0}{1}1fEv", 1000, "n".repeat(1000));
        // Copies, so that each of them counts.
        let copies: Vec<String> = vec![mangled; DEMANGLED_BYTES / 1500];
        let readable = copies.iter().filter(|name| matches!(names.readable(Cow::Borrowed(name)), Name::Shared(_)));
        let readable = readable.count() as u64;
        assert!(readable > 0 && names.refused() > 0, "{readable}");
        assert_eq!(readable + names.refused(), copies.len() as u64);
    }
}
