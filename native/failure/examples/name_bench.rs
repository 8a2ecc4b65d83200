//! Names and hashes per second, on one core: `cargo run --release -p symbolicate-failure --example name_bench`.
//!
//! Stacks as symbolicated reports have them (Windows, Linux, Apple; 12 to 30 frames, C++ with templates and parameters),
//! each crash with functions of its own in some frames so that no cache answers alone. The third figure reads the same
//! facts from JSON. `--stacks` prints the functions of each crash as a line of JSON instead, for peers.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use failure::name::{Facts, Frame, failure_name};
use failure::record::{Naming, name};
use vocabulary::Os;

/// Crashes, and how often each is named. Few enough (some 350 KB) to stay in a core's own cache, as a report that was just
/// made does: with more, the figure is that of the memory and of who else uses it.
const DISTINCT: usize = 100;
const ROUNDS: usize = 3000;

/// `--rounds N`: fewer, for tools that count instructions.
fn rounds() -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rounds").skip(1);
    arguments.next().and_then(|count| count.parse().ok()).unwrap_or(ROUNDS).max(1)
}

struct Crash {
    platform: Os,
    code: u32,
    flags: u32,
    parameters: Vec<u64>,
    stack: Vec<(String, String)>,
}

fn crashes() -> Vec<Crash> {
    (0..DISTINCT).map(crash).collect()
}

fn crash(seed: usize) -> Crash {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut pick = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let frame = |module: &str, function: &str| (module.to_owned(), function.to_owned());
    let mut stack = Vec::new();
    let (platform, code, flags, parameters) = match seed % 4 {
        0 => (Os::Windows, 0xc000_0005, 0, vec![0, [0, 0x18, 0x7fff_1234_5678][pick(3)]]),
        1 => {
            stack.push(frame("C:\\Windows\\System32\\ucrtbase.dll", "abort"));
            stack.push(frame("C:\\Windows\\System32\\ucrtbase.dll", "terminate"));
            (Os::Windows, 0xc000_0409, 1, vec![7])
        }
        2 => {
            stack.push(frame("/lib/x86_64-linux-gnu/libc.so.6", "pthread_kill"));
            stack.push(frame("/lib/x86_64-linux-gnu/libc.so.6", "gsignal"));
            stack.push(frame("/lib/x86_64-linux-gnu/libc.so.6", "abort"));
            (Os::Linux, 6, -6_i32 as u32, vec![])
        }
        _ => (Os::Ios, 1, 1, vec![]),
    };
    let module = ["app.exe", "libgame.so", "xul.dll", "/usr/lib/libengine.so"][pick(4)];
    let depth = 10 + pick(18);
    for i in 0..depth {
        let text = match pick(5) {
            0 => format!(
                "game::Player<std::vector<int, std::allocator<int> > >::step{}(float, char const*) const",
                pick(4000)
            ),
            1 => format!("mozilla::dom::Element::Handle{}(nsIContent*, unsigned int)", pick(4000)),
            2 => format!(
                "std::_Function_handler<void (int), run()::{{lambda(int)#{}}}>::_M_invoke(std::_Any_data const&, int&&)",
                i
            ),
            3 => format!("decode_block_{}", pick(4000)),
            _ => format!("-[ViewController{} tap:]", pick(4000)),
        };
        stack.push((module.to_owned(), text));
    }
    stack.push(frame("kernel32.dll", "BaseThreadInitThunk"));
    stack.push(frame("ntdll.dll", "RtlUserThreadStart"));
    Crash { platform, code, flags, parameters, stack }
}

/// Time on the processor, which other load on the machine does not touch; time on the clock where it is not told.
struct Clock {
    wall: Instant,
    processor: Option<u64>,
}

impl Clock {
    fn start() -> Clock {
        Clock { wall: Instant::now(), processor: Clock::processor() }
    }

    /// Linux tells a process's time in nanoseconds.
    fn processor() -> Option<u64> {
        std::fs::read_to_string("/proc/self/schedstat").ok()?.split(' ').next()?.parse().ok()
    }

    fn seconds(&self) -> f64 {
        let spent =
            self.processor.and_then(|start| Some(Duration::from_nanos(Clock::processor()?.checked_sub(start)?)));
        spent.unwrap_or_else(|| self.wall.elapsed()).as_secs_f64()
    }
}

fn main() {
    let rounds = rounds();
    let crashes = crashes();
    if std::env::args().any(|argument| argument == "--stacks") {
        for crash in &crashes {
            let functions: Vec<&str> = crash.stack.iter().map(|frame| frame.1.as_str()).collect();
            println!("{}", serde_json::to_string(&functions).unwrap_or_default());
        }
        return;
    }
    let frames: Vec<Vec<Frame<'_>>> = crashes
        .iter()
        .map(|crash| {
            crash
                .stack
                .iter()
                .map(|(module, function)| Frame { module: Some(module), function: Some(function), ..Frame::default() })
                .collect()
        })
        .collect();
    let facts: Vec<Facts<'_>> = crashes
        .iter()
        .zip(&frames)
        .map(|(crash, frames)| Facts {
            platform: crash.platform,
            code: Some(crash.code),
            flags: crash.flags,
            parameters: &crash.parameters,
            process: Some("app.exe"),
            frames,
            ..Facts::default()
        })
        .collect();
    for brief in [true, false] {
        let start = Clock::start();
        let mut bytes = 0;
        for round in 0..rounds {
            for one in &facts {
                bytes += failure_name(&Facts { brief, ..*one }).name.len();
            }
            if round == 0 {
                println!("brief {brief}: first round {:.0} /s", DISTINCT as f64 / start.seconds());
            }
        }
        let rate = (DISTINCT * rounds) as f64 / start.seconds();
        println!("brief {brief}: {rate:.0} names and hashes /s ({} bytes each)", bytes / (DISTINCT * rounds));
    }
    if std::env::args().any(|argument| argument == "--facts") {
        return;
    }
    let records: Vec<String> = crashes
        .iter()
        .map(|crash| {
            let stack: Vec<String> =
                crash.stack.iter().map(|(m, f)| format!("\"{}!{f}\"", m.replace('\\', "/"))).collect();
            format!("{{\"exception_code\":\"{:x}\",\"stack\":[{}]}}", crash.code, stack.join(","))
        })
        .collect();
    let naming = Naming::default();
    let start = Clock::start();
    let mut named = 0;
    for _ in 0..rounds.div_ceil(4) {
        named += records.iter().filter(|record| name(record.as_bytes(), &naming).is_ok()).count();
    }
    println!("from JSON: {:.0} /s", named as f64 / start.seconds());
}
