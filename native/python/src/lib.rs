//! `symbolicate._native`: the engine as a Python module, and the only crate that uses PyO3.
//!
//! Calls are coarse: whole dumps, whole arrays of addresses. Other Python threads run while one works
//! ([`detach`]), and every error becomes a Python exception in one place ([`error`]).

mod addresses;
mod archives;
mod breakpad_text;
mod changes;
mod comparable;
mod container;
mod deadline;
mod debug_file;
mod demangle;
mod detach;
mod error;
mod failure;
mod failure_hash;
mod ids;
mod image_map;
mod json_frames;
mod log_reader;
mod lookup;
mod module_key;
mod partial_pdb;
mod run;
mod session;
mod stack_index;
mod stack_request;
mod symbol_file;
mod table;
mod unwind_tables;

/// The native part of `symbolicate`; described in `_native.pyi`.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::archives::{Cabinet, decompress_zstd, deflate_each};
    #[pymodule_export]
    use crate::changes::changed_at;
    #[pymodule_export]
    use crate::comparable::comparable_function;
    #[pymodule_export]
    use crate::container::Container;
    #[pymodule_export]
    use crate::debug_file::{
        DebugFile, debug_file_format, debug_file_formats, debug_files, debug_format_of, find_debug_files,
    };
    #[pymodule_export]
    use crate::demangle::{demangle, demangle_text};
    #[pymodule_export]
    use crate::failure::{Naming, check_rules, explain_record, name_record, name_records};
    #[pymodule_export]
    use crate::failure_hash::failure_hash;
    #[pymodule_export]
    use crate::ids::{canonical_debug_id, debug_ids_of_code};
    #[pymodule_export]
    use crate::image_map::ImageMap;
    #[pymodule_export]
    use crate::log_reader::{LogReader, is_minidump};
    #[pymodule_export]
    use crate::lookup::Lookup;
    #[pymodule_export]
    use crate::module_key::ModuleKey;
    #[pymodule_export]
    use crate::partial_pdb::PartialPdb;
    #[pymodule_export]
    use crate::run::{HeldRows, Run, Watch};
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::stack_index::StackIndex;
    #[pymodule_export]
    use crate::stack_request::StackRequest;
    #[pymodule_export]
    use crate::symbol_file::{SymbolFile, build_index};
    #[pymodule_export]
    use crate::table::{Table, TableBuilder, failure_hashes, join_parquet, table_columns};
    #[pymodule_export]
    use crate::unwind_tables::UnwindTables;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("TABLE_VERSION", table::VERSION)?;
        module.add("GENERATOR", debuginfo::generator())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
