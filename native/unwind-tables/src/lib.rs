//! Unwind tables of binaries and debug files, in a form that is mapped and searched at once.
//!
//! A reader of an object file gives the sections that hold unwind tables to a [`Builder`], as they are in the file; the
//! [stored form](mod@format) keeps them side by side. [`Tables`] is a stored form that was opened: an
//! [`UnwindSource`](unwind::UnwindSource) that finds the rules of an address when a walk asks for them. Nothing is parsed before.
//!
//! Each kind of table has a folder: [`dwarf`] (`.eh_frame`, `.debug_frame`), [`exidx`] (`.ARM.exidx`), [`pdata`] (PE),
//! [`compact`] (`__unwind_info` of Mach-O). What the rules of most come to is a [`Row`]. [`reading`] shows what a table of 32-bit ARM
//! does not say. [`Kind`] lists the kinds of sections, and [`Tables`] says in which order tables are tried.
//!
//! Input is hostile: offsets and counts are checked where they are followed, and a step takes bounded time.

mod builder;
pub mod cfi;
pub mod compact;
mod dwarf;
mod epilogue_x86_64;
mod error;
mod exidx;
pub mod format;
mod functions;
mod image;
mod kind;
pub mod pdata;
mod reading;
mod row;
mod stored_code;
mod tables;

pub use builder::Builder;
pub use error::Error;
pub use functions::{end_of, functions};
pub use image::Image;
pub use kind::Kind;
pub use row::{Place, ReturnAddress, Row};
pub use tables::{Rules, Tables};
