//! Names and hashes of failures.

use failure::name::{Facts, Frame, failure_name};
use vocabulary::Os;

use crate::HotPath;

const CRASHES: u32 = 40;

pub(crate) fn paths() -> Vec<HotPath> {
    let stacks: Vec<Vec<String>> = (0..CRASHES).map(stack).collect();
    vec![HotPath::new("names_and_hashes", "40 failures named and hashed from stacks of 20 frames", 8, move || {
        stacks.iter().enumerate().map(|(at, stack)| name(at, stack)).sum()
    })]
}

fn name(at: usize, stack: &[String]) -> usize {
    let frames: Vec<Frame<'_>> = stack
        .iter()
        .map(|function| Frame { module: Some("libgame.so"), function: Some(function), ..Frame::default() })
        .collect();
    let (platform, code) = [(Os::Windows, 0xc000_0005), (Os::Linux, 6), (Os::Ios, 1)][at % 3];
    let facts =
        Facts { platform, code: Some(code), process: Some("game"), frames: &frames, brief: true, ..Facts::default() };
    let named = failure_name(&facts);
    named.name.len()
}

/// Frames of the runtime, then C++ of the program, of which each crash has some of its own.
fn stack(crash: u32) -> Vec<String> {
    let runtime = ["pthread_kill", "gsignal", "abort"].map(str::to_owned);
    let own = (0..17).map(|frame| match frame % 3 {
        0 => format!("game::Player<std::vector<int, std::allocator<int> > >::step{}(float, char const*) const", crash + frame),
        1 => format!("std::_Function_handler<void (int), run()::{{lambda(int)#{frame}}}>::_M_invoke(std::_Any_data const&, int&&)"),
        _ => format!("decode_block_{}", crash * 100 + frame),
    });
    runtime.into_iter().chain(own).collect()
}
