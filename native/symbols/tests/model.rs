//! Look-ups against a model that does everything the slow and obvious way.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use symbols::SymbolMap;
use symbols::breakpad::{
    CfiDelta, CfiInit, Dialect, File, Func, Inline, InlineOrigin, Line, Public, Ranges, Record, Win, write,
};
use symbols::lookup::{BatchFrames, NONE, SourceFrame};

/// A record that owns what it says.
#[derive(Clone, Debug)]
enum Item {
    Func { address: u64, size: u64, folded: bool, name: u8 },
    Line { address: u64, size: u64, line: u32, file: u32 },
    Inline { depth: u32, call_line: u32, call_file: u32, origin: u32, old: bool, ranges: Vec<(u64, u64)> },
    Public { address: u64, name: u8 },
    Init { address: u64, size: u64 },
    Delta { address: u64 },
    Win { kind: u8, address: u64, size: u64 },
    File { id: u32 },
    Origin { id: u32 },
    Noise(&'static str),
}

/// How a line is spelled.
#[derive(Clone, Copy, Debug)]
struct Spelling {
    indent: bool,
    tabs: bool,
    eol: u8,
}

/// Function, file, line.
type Shown = (String, Option<String>, Option<u32>);

const SPAN: u64 = 160;

fn item() -> impl Strategy<Value = Item> {
    let address = 0..SPAN;
    let size = prop_oneof![4 => 0..24u64, 1 => 0..100u64];
    let range = (address.clone(), prop_oneof![0..40u64, 0..4u64]);
    prop_oneof![
        4 => (address.clone(), size.clone(), any::<bool>(), 0..4u8)
            .prop_map(|(address, size, folded, name)| Item::Func { address, size, folded, name }),
        10 => (address.clone(), 0..12u64, 0..99u32, 0..5u32)
            .prop_map(|(address, size, line, file)| Item::Line { address, size, line, file }),
        5 => (0..4u32, 0..99u32, 0..5u32, 0..5u32, prop::bool::weighted(0.3), prop::collection::vec(range, 1..4))
            .prop_map(|(depth, call_line, call_file, origin, old, ranges)| {
                Item::Inline { depth, call_line, call_file, origin, old, ranges }
            }),
        3 => (address.clone(), 0..4u8).prop_map(|(address, name)| Item::Public { address, name }),
        2 => (address.clone(), size.clone()).prop_map(|(address, size)| Item::Init { address, size }),
        4 => address.clone().prop_map(|address| Item::Delta { address }),
        2 => (prop_oneof![Just(0u8), Just(4), Just(1)], address, size)
            .prop_map(|(kind, address, size)| Item::Win { kind, address, size }),
        1 => (0..4u32).prop_map(|id| Item::File { id }),
        1 => (0..4u32).prop_map(|id| Item::Origin { id }),
        1 => prop::sample::select(vec![
            "", "# a comment", "garbage here", "STACK CFI", "STACK CFI INIT", "STACK CFI INIT 10", "1 2", "INLINE 0 1",
            "INFO x", "FILE 1", "STACK WIN 9 1 1 1 1 1 1 1 1 0 0", "10 5 1 -1",
        ])
        .prop_map(Item::Noise),
    ]
}

fn file() -> impl Strategy<Value = Vec<(Item, Spelling)>> {
    let spelling =
        (prop::bool::weighted(0.1), prop::bool::weighted(0.1), prop_oneof![8 => Just(0u8), 1 => Just(1), 1 => Just(2)])
            .prop_map(|(indent, tabs, eol)| Spelling { indent, tabs, eol });
    prop::collection::vec((item(), spelling), 0..80)
}

fn names(at: usize) -> String {
    format!("{at} name")
}

fn render(file: &[(Item, Spelling)], base: u64) -> Vec<u8> {
    let mut text = Vec::new();
    for (at, (item, spelling)) in file.iter().enumerate() {
        let mut line = Vec::new();
        let name = names(at);
        let record = match item {
            Item::Func { address, size, folded, name: short } => {
                let name: &[u8] = if *short == 0 { b"same" } else { name.as_bytes() };
                Record::Func(Func { address: base + address, size: *size, param_size: 4, folded: *folded, name })
            }
            Item::Line { address, size, line, file } => {
                Record::Line(Line { address: base + address, size: *size, line: *line, file: *file })
            }
            Item::Inline { depth, call_line, call_file, origin, old, ranges } => {
                let ranges: Vec<(u64, u64)> = ranges.iter().map(|r| (base + r.0, r.1)).collect();
                if *old {
                    line.extend(format!("INLINE {depth} {call_line} {origin}").bytes());
                    for (address, size) in &ranges {
                        line.extend(format!(" {address:x} {size:x}").bytes());
                    }
                    line.push(b'\n');
                } else {
                    write(
                        &Record::Inline(Inline {
                            depth: *depth,
                            call_line: *call_line,
                            call_file: Some(*call_file),
                            origin: Some(*origin),
                            dialect: Dialect::New,
                            ranges: Ranges::Pairs(&ranges),
                        }),
                        &mut line,
                    );
                }
                Record::Info(symbols::breakpad::Info { key: b"", value: b"" })
            }
            Item::Public { address, name: short } => {
                let name: &[u8] = if *short == 0 { b"same" } else { name.as_bytes() };
                Record::Public(Public { address: base + address, param_size: 0, folded: false, name })
            }
            Item::Init { address, size } => {
                Record::CfiInit(CfiInit { address: base + address, size: *size, rules: name.as_bytes() })
            }
            Item::Delta { address } => Record::CfiDelta(CfiDelta { address: base + address, rules: name.as_bytes() }),
            Item::Win { kind, address, size } => Record::Win(Win {
                kind: *kind,
                address: base + address,
                size: *size,
                prolog_size: at as u32,
                epilog_size: 0,
                param_size: 0,
                saved_regs_size: 0,
                locals_size: 0,
                max_stack_size: 0,
                program: None,
                allocates_base_pointer: true,
            }),
            Item::File { id } => Record::File(File { id: *id, name: name.as_bytes() }),
            Item::Origin { id } => Record::InlineOrigin(InlineOrigin { id: *id, name: name.as_bytes() }),
            Item::Noise(noise) => {
                line.extend(noise.bytes());
                line.push(b'\n');
                Record::Info(symbols::breakpad::Info { key: b"", value: b"" })
            }
        };
        if line.is_empty() {
            write(&record, &mut line);
        }
        line.pop();
        if spelling.indent {
            text.extend(b"  ");
        }
        if spelling.tabs && matches!(item, Item::Line { .. } | Item::Inline { .. }) {
            line.iter_mut().filter(|b| **b == b' ').for_each(|b| *b = b'\t');
        }
        text.extend(line);
        text.extend(match spelling.eol {
            0 => b"\n".as_slice(),
            1 => b"\r\n",
            _ => b"\r",
        });
    }
    text
}

/// The records with their lines attributed, found by walking the list.
struct Model<'a> {
    file: &'a [(Item, Spelling)],
}

impl Model<'_> {
    fn items(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.file.iter().map(|(item, _)| item).enumerate()
    }

    fn funcs(&self) -> impl Iterator<Item = (usize, u64, u64)> {
        self.items().filter_map(|(at, item)| match item {
            Item::Func { address, size, .. } if *size > 0 => Some((at, *address, *size)),
            _ => None,
        })
    }

    fn inits(&self) -> impl Iterator<Item = (usize, u64, u64)> {
        self.items().filter_map(|(at, item)| match item {
            Item::Init { address, size } if *size > 0 => Some((at, *address, *size)),
            _ => None,
        })
    }

    /// Starts last, then the smallest, then the first.
    fn best(ranges: impl Iterator<Item = (usize, u64, u64)>, pc: u64) -> Option<usize> {
        ranges
            .filter(|&(_, start, size)| start <= pc && pc - start < size)
            .min_by_key(|&(at, start, size)| (std::cmp::Reverse(start), size, at))
            .map(|(at, ..)| at)
    }

    fn symbol(&self, base: u64, pc: u64) -> Option<usize> {
        if let Some(func) = Self::best(self.funcs(), pc) {
            return Some(func);
        }
        let points = self.items().filter_map(|(at, item)| match item {
            Item::Public { address, .. } if base + *address != 0 => Some((at, *address, false)),
            Item::Func { address, size: 0, .. } => Some((at, *address, true)),
            _ => None,
        });
        let (at, start, _) =
            points.filter(|p| p.1 <= pc).min_by_key(|&(at, start, func)| (std::cmp::Reverse(start), func, at))?;
        if self.funcs().any(|f| start <= f.1 && f.1 <= pc) {
            return None;
        }
        let covers = |address: u64| self.inits().any(|(_, s, n)| s <= address && address < s + n);
        let next = self.inits().map(|i| i.1).filter(|&s| s > start).min();
        let own = next.filter(|next| next - start <= 64);
        let mut end = next.unwrap_or(u64::MAX);
        if covers(start) || own.is_some() {
            end = if covers(start) { start } else { end };
            while let Some(more) = self.inits().filter(|i| i.1 <= end + 16 && i.1 + i.2 > end).map(|i| i.1 + i.2).max()
            {
                end = more;
            }
        }
        let later = self.funcs().any(|f| f.1 > start)
            || self.items().any(|(_, item)| match item {
                Item::Public { address, .. } => base + *address != 0 && *address > start,
                Item::Func { address, size: 0, .. } => *address > start,
                _ => false,
            });
        if end == u64::MAX && !later && self.inits().next().is_some() {
            end = start + 256;
        }
        (pc < end).then_some(at)
    }

    fn folded(&self, base: u64, at: usize) -> bool {
        let short = |item: &Item| match item {
            Item::Func { name, .. } | Item::Public { name, .. } => *name,
            _ => 0,
        };
        let differ = |other: usize| other != at && (short(&self.file[other].0) != 0 || short(&self.file[at].0) != 0);
        match &self.file[at].0 {
            Item::Func { address, size, folded, .. } if *size > 0 => {
                *folded || self.funcs().any(|f| (f.1, f.2) == (*address, *size) && differ(f.0))
            }
            Item::Func { address, folded, .. } => *folded || self.points_at(base, *address).any(differ),
            Item::Public { address, .. } => self.points_at(base, *address).any(differ),
            _ => false,
        }
    }

    fn points_at(&self, base: u64, wanted: u64) -> impl Iterator<Item = usize> {
        self.items().filter_map(move |(at, item)| match item {
            Item::Public { address, .. } if base + *address == 0 => None,
            Item::Public { address, .. } | Item::Func { address, size: 0, .. } if *address == wanted => Some(at),
            _ => None,
        })
    }

    /// Lines and inlines of the FUNC at `at`.
    fn block(&self, at: usize) -> Vec<(usize, &Item)> {
        self.items()
            .skip(at + 1)
            .take_while(|(_, item)| !matches!(item, Item::Func { .. } | Item::Public { .. }))
            .filter(|(_, item)| matches!(item, Item::Line { .. } | Item::Inline { .. }))
            .collect()
    }

    fn file_name(&self, id: u32) -> Option<String> {
        self.items().find(|(_, item)| matches!(item, Item::File { id: i } if *i == id)).map(|(at, _)| names(at))
    }

    fn origin_name(&self, id: u32, old: bool) -> String {
        let found = self.items().find(|(_, item)| matches!(item, Item::Origin { id: i } if *i == id));
        found.map_or("<name omitted>".into(), |(at, _)| if old { "name".into() } else { names(at) })
    }

    /// (function, file, line) innermost first.
    fn frames(&self, base: u64, pc: u64) -> Option<Vec<Shown>> {
        let at = self.symbol(base, pc)?;
        let name = match &self.file[at].0 {
            Item::Func { name: 0, .. } | Item::Public { name: 0, .. } => "same".into(),
            _ => names(at),
        };
        if matches!(self.file[at].0, Item::Public { .. }) {
            return Some(vec![(name, None, None)]);
        }
        let block = self.block(at);
        let line = block.iter().find_map(|(_, item)| match item {
            Item::Line { address, size, line, file } if *address <= pc && pc - address < *size => Some((*line, *file)),
            _ => None,
        });
        let mut calls = Vec::new();
        for (at, item) in &block {
            if let Item::Inline { depth, call_line, call_file, origin, old, ranges } = item
                && let Some(range) = ranges.iter().find(|r| r.0 <= pc && pc - r.0 < r.1)
            {
                calls.push((*depth, *at, range.1, *call_line, (!old).then_some(*call_file), *origin, *old));
            }
        }
        let mut depths: Vec<u32> = calls.iter().map(|c| c.0).collect();
        depths.sort_unstable();
        depths.dedup();
        if depths.len() == calls.len() {
            calls.sort_by_key(|c| std::cmp::Reverse(c.0));
        } else {
            calls.sort_by_key(|c| (c.2, std::cmp::Reverse(c.0), std::cmp::Reverse(c.1)));
        }
        let line_file = line.and_then(|l| self.file_name(l.1));
        let mut place = (line_file.clone(), line.map(|l| l.0));
        let mut frames = Vec::new();
        for (_, _, _, call_line, call_file, origin, old) in calls {
            frames.push((self.origin_name(origin, old), place.0, place.1));
            let file = if old { line_file.clone() } else { call_file.and_then(|f| self.file_name(f)) };
            place = (file, Some(call_line));
        }
        frames.push((name, place.0, place.1));
        Some(frames)
    }

    fn cfi(&self, pc: u64) -> Option<(usize, Vec<usize>)> {
        let init = Self::best(self.inits(), pc)?;
        let Item::Init { address: start, .. } = self.file[init].0 else { return None };
        let mut deltas: Vec<(u64, usize)> = self
            .items()
            .filter_map(|(at, item)| match item {
                Item::Delta { address } if (start..=pc).contains(address) => Some((*address, at)),
                _ => None,
            })
            .collect();
        deltas.sort_unstable();
        let last = |i: usize| deltas.get(i + 1).is_none_or(|next| next.0 != deltas[i].0);
        let kept = (0..deltas.len()).filter(|&i| last(i)).map(|i| deltas[i].1).collect();
        Some((init, kept))
    }

    fn win(&self, pc: u64) -> Option<usize> {
        [4u8, 0].into_iter().find_map(|wanted| {
            let ranges = self.items().filter_map(|(at, item)| match item {
                Item::Win { kind, address, size } if *kind == wanted && *size > 0 => Some((at, *address, *size)),
                _ => None,
            });
            Self::best(ranges, pc)
        })
    }
}

fn flat(frames: &[SourceFrame<'_>]) -> Vec<Shown> {
    frames.iter().map(|f| (f.function.to_string(), f.file.as_ref().map(ToString::to_string), f.line)).collect()
}

fn check(file: &[(Item, Spelling)], base: u64) -> Result<(), TestCaseError> {
    let text = render(file, base);
    let shown = String::from_utf8_lossy(&text).into_owned();
    let index = SymbolMap::from_text(text);
    let model = Model { file };
    let addresses: Vec<u64> = (0..SPAN + 110).rev().map(|a| base + a).collect();
    let mut batch = BatchFrames::default();
    index.frames_batch(&addresses, &mut batch);
    for (i, &rva) in addresses.iter().enumerate() {
        let pc = rva - base;
        let want = model.frames(base, pc);
        let mut frames = Vec::new();
        let found = index.frames_at(rva, &mut frames);
        let got = found.then(|| flat(&frames));
        prop_assert_eq!(&got, &want, "frames at {:x} of\n{}", rva, shown);
        let function = index.function_at(rva);
        prop_assert_eq!(
            function.as_ref().map(|f| f.name.to_string()),
            want.as_ref().map(|w| w.last().unwrap().0.clone())
        );

        let symbol = model.symbol(base, pc);
        prop_assert_eq!(
            function.as_ref().map(|f| f.folded),
            symbol.map(|at| model.folded(base, at)),
            "folded at {:x} of\n{}",
            rva,
            shown
        );

        let range = batch.offsets[i] as usize..batch.offsets[i + 1] as usize;
        let batched: Vec<_> = range
            .map(|at| {
                let name = index.batch_name(batch.functions[at]).to_string();
                let file = index.file_name(batch.files[at]).map(|f| f.to_string());
                (name, file, (batch.lines[at] != NONE).then_some(batch.lines[at]))
            })
            .collect();
        prop_assert_eq!(batched, want.unwrap_or_default(), "batch at {:x} of\n{}", rva, shown);
        prop_assert_eq!(batch.starts[i], function.map_or(u64::MAX, |f| f.start));

        let cfi = index.cfi_at(rva).map(|rules| {
            let deltas: Vec<String> = rules.deltas.iter().map(|d| String::from_utf8_lossy(d).into_owned()).collect();
            (String::from_utf8_lossy(rules.init).into_owned(), deltas)
        });
        let want = model.cfi(pc).map(|(init, deltas)| (names(init), deltas.into_iter().map(names).collect()));
        prop_assert_eq!(cfi, want, "cfi at {:x} of\n{}", rva, shown);
        let win = index.win_at(rva).map(|win| win.prolog_size as usize);
        prop_assert_eq!(win, model.win(pc), "win at {:x} of\n{}", rva, shown);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn look_ups_agree_with_the_model(file in file()) {
        check(&file, 0)?;
    }

    #[test]
    fn across_four_gigabytes(file in file()) {
        check(&file, 0xffff_ffb0)?;
    }

    #[test]
    fn in_wide_addresses(file in file()) {
        check(&file, 0x7f12_3456_7000)?;
    }
}
