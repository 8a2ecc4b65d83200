//! Symbols of one module: Breakpad text, and the index that answers from it.
//!
//! [`breakpad`] reads and writes the text format record by record. [`index`] holds the small side
//! index over the untouched text, opens it and builds it. [`lookup`] has the [`SymbolMap`], which finds functions,
//! source frames and unwind rules at an address.

pub mod atomic;
pub mod breakpad;
pub mod index;
pub mod lookup;
mod packed;
pub mod regular_file;

pub use index::SymbolIndex;
pub use lookup::SymbolMap;
