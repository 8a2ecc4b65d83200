//! JSON as crash reporters really send it.
//!
//! One reader does strict and damaged text alike, because the damage is small and the rest of the document is needed:
//! trailing, missing and doubled commas, a cut end, wrong closing brackets, names without quotes, broken escapes. What
//! it tolerated is reported in notes. [`reader`] walks a document without a tree of values: a decoder asks for the
//! members it knows, everything else is skipped. [`value`] reads scalars leniently (`"123"` for a number), [`escape`]
//! undoes escapes, [`mend`] writes the document anew as strict JSON for other readers.

mod brackets;
pub(crate) mod escape;
pub(crate) mod mend;
pub(crate) mod reader;
mod scan;
pub(crate) mod value;

pub(crate) use reader::Reader;
