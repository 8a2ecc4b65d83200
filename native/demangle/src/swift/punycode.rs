//! Punycode as Swift writes it: RFC 3492 with `_` for the delimiter, `A` to `J` for the digits, and letters from the
//! surrogates' range for ASCII that identifiers cannot have.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;

/// What a text stands for; None if it stands for nothing.
pub(super) fn decode(text: &str) -> Option<String> {
    let (basic, encoded) = text.rsplit_once('_').unwrap_or(("", text));
    if !text.is_ascii() {
        return None;
    }
    let mut out: Vec<u32> = basic.chars().map(u32::from).collect();
    let (mut n, mut i, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut bytes = encoded.bytes();
    while bytes.len() > 0 {
        let before = i;
        let mut weight = 1_u32;
        let mut k = BASE;
        loop {
            let digit = match bytes.next()? {
                byte @ b'a'..=b'z' => byte - b'a',
                byte @ b'A'..=b'J' => byte - b'A' + 26,
                _ => return None,
            };
            let digit = u32::from(digit);
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let length = u32::try_from(out.len()).ok()? + 1;
        bias = adapt(i - before, length, before == 0);
        n = n.checked_add(i / length)?;
        i %= length;
        out.insert(i as usize, n);
        i += 1;
    }
    out.into_iter().map(character).collect()
}

fn adapt(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

/// Surrogates from D800 on stand for ASCII.
fn character(code: u32) -> Option<char> {
    match code {
        0xd800..0xd880 => char::from_u32(code - 0xd800),
        _ => char::from_u32(code),
    }
    .filter(|c| !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn texts() {
        assert_eq!(decode("Grsse_lqa6b"), None);
        assert_eq!(decode("egbpdajGbuEbxfgehfvwxn").as_deref(), Some("ليهمابتكلموشعربي؟"));
        assert_eq!(decode("Proprostnemluvesky_uybCEdmaEBa").as_deref(), Some("Pročprostěnemluvíčesky"));
        assert_eq!(decode("Proprostnemluvesky_uybCEdmaEB"), None);
        assert_eq!(decode("é"), None);
        assert_eq!(decode("zzzzzzzzzzzzzzzzzz"), None);
        assert_eq!(decode(&"a".repeat(60_000)), None);
    }
}
