//! What Apple's formats have in common: processors, exception numbers, how systems and exceptions are written.

pub(crate) mod codes;
pub(crate) mod cpu;
pub(crate) mod os;
pub(crate) mod raised;
pub(crate) mod termination;
