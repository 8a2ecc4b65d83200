//! Stacks of processes that are made by hand: every register, module and stack word is under the test's control.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod arm_without_rules;
mod bad_calls;
mod ends;
mod executable_data;
mod link_register;
mod other_sources;
mod process;
mod scan;
mod signals;
mod stack_win;
mod system_calls;
mod windows;
mod without_rules;
