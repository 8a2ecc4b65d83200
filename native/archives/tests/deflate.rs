//! Texts that are compressed together come back, each from a stream of its own.

use std::error::Error;
use std::io::Read as _;

use archives::deflate_each;
use flate2::read::ZlibDecoder;

#[test]
fn each_text_comes_back_from_its_own_stream() -> Result<(), Box<dyn Error>> {
    // Of bytes from 144, which fixed codes make longer.
    let noise: Vec<u8> = (0..70_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1] | 0x90).collect();
    let texts: [&[u8]; 6] = [b"", b"a", &noise, &[b'x'; 5000], &noise[..300], b"a"];
    let streams = deflate_each(texts)?;
    assert_eq!(streams.len(), texts.len());
    for (stream, text) in streams.iter().zip(texts) {
        let mut found = Vec::new();
        let mut decoder = ZlibDecoder::new(stream.as_slice());
        decoder.read_to_end(&mut found)?;
        assert_eq!((found.as_slice(), decoder.total_in()), (text, stream.len() as u64));
    }
    assert!(streams[3].len() < 100);
    Ok(())
}
