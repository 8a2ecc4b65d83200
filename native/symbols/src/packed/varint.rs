//! Numbers of variable length.

/// Append a number: seven bits a byte, the lowest first; the high bit says that another byte follows.
#[inline]
pub(super) fn put(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Read the number at `at` and advance past it. `None` if the bytes end before it does, or it has more than 64 bits.
#[inline]
pub(super) fn read(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    *at += 1;
    if first < 0x80 {
        return Some(u64::from(first));
    }
    let mut number = u64::from(first & 0x7f);
    for shift in (7..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// The difference from one number to another, modulo 2^64, small in both directions.
#[inline]
pub(super) const fn difference(from: u64, to: u64) -> u64 {
    let signed = to.wrapping_sub(from).cast_signed();
    (signed << 1 ^ signed >> 63).cast_unsigned()
}

/// The number at a [`difference`] from another.
#[inline]
pub(super) const fn apply(from: u64, difference: u64) -> u64 {
    from.wrapping_add(difference >> 1 ^ (difference & 1).wrapping_neg())
}
