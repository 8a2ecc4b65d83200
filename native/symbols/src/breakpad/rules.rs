//! The rules in a STACK CFI line.

/// The rules of one record, `name: expression name: expression …`, as names without the colon and expressions. They end
/// at the first malformed one; those before it apply.
pub fn rules(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut at = 0;
    let mut name = None;
    std::iter::from_fn(move || {
        let (mut start, mut end) = (at, at);
        while let Some((from, to)) = token(text, at) {
            at = to;
            let word = text.get(from..to)?;
            if let [next @ .., b':'] = word {
                match name.replace(next) {
                    Some(of) if start < end => return Some((of, text.get(start..end)?)),
                    Some(_) => {
                        // Without an expression; nothing after it counts.
                        at = text.len();
                        name = None;
                        return None;
                    }
                    None => (start, end) = (at, at),
                }
            } else if name.is_none() {
                at = text.len();
                return None;
            } else {
                if start == end {
                    start = from;
                }
                end = to;
            }
        }
        let of = name.take()?;
        if start < end { Some((of, text.get(start..end)?)) } else { None }
    })
}

/// Where the next word begins and ends.
fn token(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    let from = rest.iter().position(|b| !b.is_ascii_whitespace())?;
    let rest = rest.get(from..)?;
    let len = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
    Some((at + from, at + from + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let text_of = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        rules(text.as_bytes()).map(|(name, expression)| (text_of(name), text_of(expression))).collect()
    }

    fn pairs(want: &[(&str, &str)]) -> Vec<(String, String)> {
        want.iter().map(|&(name, expression)| (name.to_owned(), expression.to_owned())).collect()
    }

    #[test]
    fn names_and_expressions() {
        let usual = pairs(&[(".cfa", "$rsp 8 +"), (".ra", ".cfa -8 + ^")]);
        assert_eq!(read(".cfa: $rsp 8 + .ra: .cfa -8 + ^"), usual);
        assert_eq!(read("  .cfa:\t$rsp 8 +   .ra: .cfa -8 + ^ \t"), usual);
        assert_eq!(read(""), []);
    }

    #[test]
    fn the_first_malformed_rule_ends_them() {
        assert_eq!(read("a: 1 b: c: 2"), pairs(&[("a", "1")]));
        assert_eq!(read("a: 1 b:"), pairs(&[("a", "1")]));
        assert_eq!(read("1 a: 2"), []);
        assert_eq!(read("a:: 1"), pairs(&[("a:", "1")]));
    }
}
