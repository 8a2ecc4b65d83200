//! Names failures.
//!
//! You give the raw exception and the frames of the crashed thread; you get the reason in words ([`reason`]), the name
//! and symbol of the failure ([`name`]) and its hash ([`hash`]). Records of facts, as JSON, are
//! named by [`record`]. The crate reads no files and depends on no minidump or symbol format, and naming never fails:
//! whatever the facts, there is a name.
//!
//! The rules that only list things (codes, functions to skip) are data: generated tables under `codes/`, rule
//! tables under `rules/`. Code holds only what a list cannot say.

pub mod hash;
pub mod name;
pub mod reason;
pub mod record;

mod codes;
