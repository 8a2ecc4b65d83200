//! The streams with frame data of x86: records of a fixed size, each for a part of a function.

use std::borrow::Cow;

use super::dbi::Streams;
use super::msf::Msf;
use crate::fields::Fields;

/// Bytes of a record of frame data.
pub(super) const FRAME_DATA: usize = 32;
/// Bytes of an FPO record.
pub(super) const FPO: usize = 16;

/// The bytes of a stream; none if it is not there.
pub(super) fn bytes<'m>(msf: &'m Msf<'_>, stream: Option<u16>) -> Cow<'m, [u8]> {
    stream.and_then(|stream| msf.stream(stream)).map(|stream| stream.bytes()).unwrap_or_default()
}

/// Bytes of parameters by the addresses at which functions begin, sorted: of several records of an address the first.
pub(super) fn param_sizes(msf: &Msf<'_>, streams: Streams) -> Vec<(u64, u32)> {
    let (data, old) = (bytes(msf, streams.frame_data), bytes(msf, streams.fpo));
    let data = data.chunks_exact(FRAME_DATA).map(|record| (Fields(record).u32(0), Fields(record).u32(12)));
    let old = old.chunks_exact(FPO).map(|record| {
        let words = Fields(record).u16(12);
        (Fields(record).u32(0), words.map(|words| u32::from(words) * 4))
    });
    let sizes = data.chain(old).filter_map(|(address, bytes)| Some((u64::from(address?), bytes?)));
    let mut sizes: Vec<(u64, u32)> = sizes.collect();
    sizes.sort_by_key(|size| size.0);
    sizes.dedup_by_key(|size| size.0);
    sizes
}
