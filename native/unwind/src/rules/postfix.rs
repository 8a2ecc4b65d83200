//! The postfix language of `STACK CFI` and `STACK WIN` rules.
//!
//! Operators `+ - * / % @ ^ =` over machine words with wrap-around; `@` aligns down, `^` loads a word, `=`
//! assigns. Literals are decimal. Division by zero fails the rule (Breakpad's processor crashes).

/// What an expression may name, read and set.
pub(crate) trait Machine {
    /// The value of an identifier, if known.
    fn get(&self, name: &[u8]) -> Option<u64>;
    /// Assign; false if the name cannot be assigned to.
    fn set(&mut self, name: &[u8], value: u64) -> bool;
    /// A machine word of memory.
    fn load(&self, address: u64) -> Option<u64>;
    /// The mask of a machine word.
    fn mask(&self) -> u64;
}

/// The deepest stack that real rules need is about 6.
pub(super) const MAX_DEPTH: usize = 32;
/// Tokens in one program: a bound on time for crafted rules.
pub(super) const MAX_TOKENS: usize = 512;

#[derive(Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Name(&'a [u8]),
}

/// Values left on the stack by a program.
pub(crate) struct Left {
    /// How many values were left.
    pub(crate) count: usize,
    /// The last of them.
    #[cfg(test)]
    pub(crate) top: u64,
}

/// Run a program. `None` if any token fails.
pub(crate) fn run(program: &[u8], machine: &mut impl Machine) -> Option<Left> {
    let mask = machine.mask();
    let mut stack = [Value::Number(0); MAX_DEPTH];
    let mut depth = 0;
    for (count, token) in tokens(program).enumerate() {
        if count >= MAX_TOKENS {
            return None;
        }
        match token {
            b"+" | b"-" | b"*" | b"/" | b"%" | b"@" => {
                let b = number(stack[..depth].last()?, machine)?;
                let a = number(stack[..depth - 1].last()?, machine)?;
                depth -= 1;
                stack[depth - 1] = Value::Number(binary(token[0], a, b)? & mask);
            }
            b"^" => {
                let address = number(stack[..depth].last()?, machine)?;
                stack[depth - 1] = Value::Number(machine.load(address)?);
            }
            b"=" => {
                // `a b =` assigns b to a.
                let value = number(stack[..depth].last()?, machine)?;
                let Value::Name(name) = *stack[..depth - 1].last()? else { return None };
                if !machine.set(name, value) {
                    return None;
                }
                depth -= 2;
            }
            _ => {
                let value = literal(token).map_or(Value::Name(token), |n| Value::Number(n & mask));
                *stack.get_mut(depth)? = value;
                depth += 1;
            }
        }
    }
    // A name that was left must have a value.
    let top = stack[..depth].last().map_or(Some(0), |value| number(value, machine))?;
    #[cfg(not(test))]
    let _ = top;
    Some(Left {
        count: depth,
        #[cfg(test)]
        top,
    })
}

/// Tokens between spaces and tabs. A token glued behind `=` is split off: `=$eip` was written by the linker
/// of MSVC 2010 with link-time code generation.
pub(super) fn tokens(program: &[u8]) -> impl Iterator<Item = &[u8]> {
    program.split(|b| b.is_ascii_whitespace()).filter(|t| !t.is_empty()).flat_map(|token| {
        let (operator, rest) = match token {
            [b'=', rest @ ..] if !rest.is_empty() => (&token[..1], rest),
            _ => (token, &token[..0]),
        };
        std::iter::once(operator).chain((!rest.is_empty()).then_some(rest))
    })
}

fn number(value: &Value<'_>, machine: &impl Machine) -> Option<u64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Name(name) => machine.get(name),
    }
}

pub(super) fn binary(operator: u8, a: u64, b: u64) -> Option<u64> {
    Some(match operator {
        b'+' => a.wrapping_add(b),
        b'-' => a.wrapping_sub(b),
        b'*' => a.wrapping_mul(b),
        b'/' => a.checked_div(b)?,
        b'%' => a.checked_rem(b)?,
        // Align down; not a power of two: the same bit pattern that Breakpad computes.
        _ => a & (u64::MAX ^ b.wrapping_sub(1)),
    })
}

/// A decimal number, `-` allowed. `0x18` is not a number: it is an unknown name, which fails.
pub(super) fn literal(token: &[u8]) -> Option<u64> {
    let (negative, digits) = match token {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, token),
    };
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    let mut n: u64 = 0;
    for &b in digits {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(if negative { n.wrapping_neg() } else { n })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Toy(Vec<(Vec<u8>, u64)>);
    impl Machine for Toy {
        fn get(&self, name: &[u8]) -> Option<u64> {
            self.0.iter().rev().find(|(n, _)| n == name).map(|(_, v)| *v)
        }
        fn set(&mut self, name: &[u8], value: u64) -> bool {
            self.0.push((name.to_vec(), value));
            name.starts_with(b"$")
        }
        fn load(&self, address: u64) -> Option<u64> {
            (address < 0x1000).then_some(address * 2)
        }
        fn mask(&self) -> u64 {
            0xffff_ffff
        }
    }

    fn one(program: &str) -> Option<u64> {
        let mut toy = Toy(vec![(b"$esp".to_vec(), 0x40)]);
        run(program.as_bytes(), &mut toy).filter(|left| left.count == 1).map(|left| left.top)
    }

    #[test]
    fn arithmetic() {
        assert_eq!(one("1 2 +"), Some(3));
        assert_eq!(one("$esp 4 -"), Some(0x3c));
        assert_eq!(one("1 2 -"), Some(0xffff_ffff));
        assert_eq!(one("-1"), Some(0xffff_ffff));
        assert_eq!(one("7 2 /"), Some(3));
        assert_eq!(one("7 2 %"), Some(1));
        assert_eq!(one("39 8 @"), Some(32));
        assert_eq!(one("$esp ^"), Some(0x80));
        assert_eq!(one("030"), Some(30));
    }

    #[test]
    fn failures_are_values() {
        for bad in [
            "1 0 /",
            "1 0 %",
            "+",
            "1 +",
            "0x18",
            "$none",
            "99999999999999999999",
            "1 2",
            "",
            "4096 ^",
            "^",
            "=",
            "1 2 =",
        ] {
            assert_eq!(one(bad), None, "{bad:?}");
        }
        let deep = "1 ".repeat(100);
        assert_eq!(one(&deep), None);
        assert_eq!(one(&format!("1{}", " 1 +".repeat(400))), None);
    }

    #[test]
    fn assignments() {
        let mut toy = Toy::default();
        let left = run(b"$T0 8 = $eip $T0 4 + =$esp 12 =", &mut toy).expect("runs");
        assert_eq!(left.count, 0);
        assert_eq!((toy.get(b"$eip"), toy.get(b"$esp")), (Some(12), Some(12)));
        assert!(run(b".x 1 =", &mut toy).is_none());
    }

    proptest! {
        #[test]
        fn never_panics(program in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = run(&program, &mut Toy::default());
        }
        #[test]
        fn never_panics_on_operators(program in "[-+*/%@^=$a0-9 ]{0,60}") {
            let _ = run(program.as_bytes(), &mut Toy::default());
        }
    }
}
