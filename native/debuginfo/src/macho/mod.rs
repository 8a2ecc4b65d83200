//! Mach-O: programs, libraries and the files in dSYM bundles, thin and fat.

mod image;
mod sections;
mod slices;
mod symbol_table;

pub use image::image;
pub use slices::{Kind, Slice, Slices, is_macho, slices};
