//! A block is read as it was written, and reading any bytes ends.
#![allow(clippy::unwrap_used)]

use super::reader::PackedLine;
use super::{BlockWriter, PackedBlock, PackedEntry};
use crate::breakpad::{Dialect, Inline, Line, Ranges};
use proptest::prelude::*;

type Call = (u32, u32, Option<u32>, Option<u32>, Vec<(u64, u64)>);

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..200u64, any::<u64>(), Just(u64::MAX)]
}

fn call() -> impl Strategy<Value = Call> {
    let ranges = prop::collection::vec((number(), number()), 1..4);
    (any::<u32>(), any::<u32>(), any::<Option<u32>>(), any::<Option<u32>>(), ranges)
}

proptest! {
    #[test]
    fn a_block_is_read_as_it_was_written(
        start in number(),
        calls in prop::collection::vec(call(), 0..4),
        lines in prop::collection::vec((number(), number(), any::<u32>(), any::<u32>()), 0..6),
        rest in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let (mut writer, mut out) = (BlockWriter::default(), Vec::new());
        writer.begin(start);
        for (depth, call_line, call_file, origin, ranges) in &calls {
            let inline = Inline {
                depth: *depth,
                call_line: *call_line,
                call_file: *call_file,
                origin: *origin,
                dialect: Dialect::New,
                ranges: Ranges::Pairs(ranges),
            };
            writer.inline(&inline, &mut out);
        }
        for &(address, size, line, file) in &lines {
            writer.line(&Line { address, size, line, file }, &mut out);
        }
        writer.finish(&mut out);
        let length = out.len();
        out.extend(rest);
        let mut block = PackedBlock::new(&out, start);
        let (mut read_calls, mut read_lines) = (Vec::new(), Vec::new());
        for entry in block.by_ref() {
            match entry {
                PackedEntry::Inline(i) => {
                    read_calls.push((i.depth, i.call_line, i.call_file, i.origin, i.ranges().collect::<Vec<_>>()));
                }
                PackedEntry::Line(PackedLine { address, size, line, file }) => {
                    read_lines.push((address, size, line, file));
                }
            }
        }
        let lines: Vec<_> = lines.into_iter().filter(|line| line.1 > 0).collect();
        prop_assert_eq!((read_calls, read_lines), (calls, lines));
        prop_assert_eq!(block.used(), length);
        prop_assert!(block.next().is_none());
    }

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300), start in number()) {
        let entries: Vec<_> = PackedBlock::new(&bytes, start).collect();
        prop_assert!(entries.len() <= bytes.len());
        for entry in entries {
            if let PackedEntry::Inline(inline) = entry {
                prop_assert!(inline.ranges().count() <= bytes.len());
            }
        }
    }
}
