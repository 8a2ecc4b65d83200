//! One file per stream, or per family of streams that belong together.

pub(crate) mod arm_cpu;
pub(crate) mod assertion;
pub(crate) mod breakpad;
pub(crate) mod crashpad;
pub(crate) mod exception;
pub(crate) mod handles;
pub(crate) mod linux;
pub(crate) mod linux_dso;
pub(crate) mod linux_maps;
pub(crate) mod mac;
pub(crate) mod memory;
pub(crate) mod memory_info;
pub(crate) mod misc;
pub(crate) mod modules;
pub(crate) mod system;
pub(crate) mod text;
pub(crate) mod threads;
pub(crate) mod unloaded;
pub(crate) mod vm;
