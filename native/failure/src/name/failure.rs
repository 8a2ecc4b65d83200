//! A named failure: the output of naming.

use std::borrow::Cow;

/// The frame that is blamed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blamed {
    /// Index of the thread, from [`super::Facts::thread`].
    pub thread: Option<usize>,
    /// Index in [`super::Facts::frames`].
    pub frame: usize,
}

/// Further ids of the same failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashes {
    /// Class and the first frames that no rule skips, three at most: 16 hex digits.
    pub strict: String,
    /// Class and the first function that no rule skips: 16 hex digits.
    pub coarse: String,
    /// Debug id and offset of the frames that no rule skips; None if no frame has them: 16 hex digits.
    pub address: Option<String>,
    /// The failure hash in the other vocabulary, where it differs.
    pub other_vocabulary: Option<String>,
    /// The version of the rules they were made with, see [`super::rules_version`].
    pub rules_version: Cow<'static, str>,
}

/// A named failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// `CLASS_code_image!function`: ASCII, at most 512 characters.
    pub name: String,
    /// The failure hash of the name: GUID text.
    pub hash: String,
    /// `image!function`.
    pub symbol: String,
    /// The classes that make the name's first part, in order.
    pub problem_classes: Vec<String>,
    /// The code as in the name: `c0000005`, `SIGSEGV`.
    pub code: String,
    /// The blamed image.
    pub image: String,
    /// The blamed function.
    pub function: String,
    /// `crash`, `hang`, `memory`, `jse`, or `requested` where nothing crashed.
    pub event_type: &'static str,
    /// The blamed frame; None if no frame was fit.
    pub blamed: Option<Blamed>,
    /// Further ids.
    pub hashes: Hashes,
    /// How the name came about, a sentence each.
    pub why: Vec<String>,
}
