//! What it costs to normalise function names, with a cold memory and a warm one.
//!
//! `normalise_bench [FILE]`: a name a line; without a file, made-up C++ names. Use `--release`.
#![allow(clippy::print_stdout)]

use std::collections::HashSet;
use std::hint::black_box;
use std::time::Instant;

use failure::name::{normalise, normalise_anew};
use vocabulary::Os;

fn main() -> Result<(), std::io::Error> {
    let names: HashSet<String> = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path)?.lines().take(50_000).map(str::to_owned).collect(),
        None => made_up(50_000).collect(),
    };
    let names: Vec<String> = names.into_iter().collect();
    let bytes: usize = names.iter().map(String::len).sum();
    println!("{} distinct names, {:.0} bytes each", names.len(), bytes as f64 / names.len().max(1) as f64);
    let measure = |what: &str, rounds: usize, work: &dyn Fn(&str) -> usize| {
        let started = Instant::now();
        let mut total = 0;
        for _ in 0..rounds {
            total += names.iter().map(|name| work(name)).sum::<usize>();
        }
        black_box(total);
        let seconds = started.elapsed().as_secs_f64();
        let rate = (rounds * names.len()) as f64 / seconds;
        println!("{what:<34} {:>6.2} M/s  {:>6.0} ns each", rate / 1e6, 1e9 / rate);
    };
    let name = |text: &str| normalise(text, Os::Linux).map_or(0, |f| f.len());
    let both = |text: &str| normalise(text, Os::Linux).map_or(0, |f| f.len() + f.collapsed().len());
    measure("name, first time", 1, &name);
    measure("name, again", 20, &name);
    measure("name and collapsed, first time", 1, &both);
    measure("name and collapsed, again", 20, &both);
    measure("name, memory not used", 10, &|text| normalise_anew(text, Os::Linux).map_or(0, |f| f.len()));
    measure("both, memory not used", 10, &|text| {
        normalise_anew(text, Os::Linux).map_or(0, |f| f.len() + f.collapsed().len())
    });
    Ok(())
}

/// C++ as `c++filt` prints it: a third plain, the rest with parameters, templates, lambdas.
fn made_up(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|i| match i % 6 {
        0 => format!("ns{}::Class{}::method{i}", i % 7, i % 97),
        1 => format!("function_{i}"),
        2 => format!(
            "ns::Class{}::method{i}(int, char const*, std::vector<int, std::allocator<int> > const&) const",
            i % 97
        ),
        3 => format!("std::map<std::string, ns::Value{i}>::at(std::string const&)"),
        4 => format!("void ns::run<A{}, B<int> >(A const&, int)::{{lambda(int)#{}}}::operator()(int) const", i % 11, i),
        _ => format!("(anonymous namespace)::helper{i}(void*, unsigned long) [clone .isra.0]"),
    })
}
