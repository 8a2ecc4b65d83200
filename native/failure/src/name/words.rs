//! What the words of a function's own name say, where the `strict` hash looks at more than rules: whose crash it is
//! when memory ran out, and which frames only serve their caller.

/// What a function's name holds that reports that memory ran out: `mozalloc_handle_oom`, `FatalProcessOutOfMemory`,
/// `__throw_bad_alloc`, `handle_alloc_error`.
const SAID: [&[&str]; 5] =
    [&["oom"], &["out", "of", "memory"], &["no", "memory"], &["bad", "alloc"], &["alloc", "error"]];

/// More of a name is not read.
const MAX_WORDS: usize = 16;

/// What the words of a name say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Says {
    /// The function reports that memory ran out. Where it ran out says little of what used it up: such crashes of a program
    /// are alike, whoever asked last.
    pub(super) ran_out: bool,
    /// The function allocates, frees or waits: so many crashes and hangs go through the same few of these that only their
    /// callers distinguish them.
    pub(super) serves: bool,
}

impl Says {
    /// What the name of a function says, which is cleaned.
    pub(super) fn of(function: &str) -> Self {
        let name = own_name(function);
        if !may_say(name) {
            return Self::default();
        }
        let mut words = [""; MAX_WORDS];
        let mut count = 0;
        for (slot, word) in words.iter_mut().zip(Words(name)) {
            *slot = word;
            count += 1;
        }
        let words = &words[..count];
        let same = |some: &[&str], said: &[&str]| some.iter().zip(said).all(|(a, b)| a.eq_ignore_ascii_case(b));
        Self {
            ran_out: SAID.iter().any(|said| words.windows(said.len()).any(|some| same(some, said))),
            serves: words.iter().any(|word| {
                let allocates = word.len().checked_sub(5).and_then(|at| word.get(at..));
                allocates.is_some_and(|end| end.eq_ignore_ascii_case("alloc"))
                    || ["free", "wait", "sleep"].iter().any(|serving| word.eq_ignore_ascii_case(serving))
            }),
        }
    }
}

/// A first look: one pair of letters out of each word that is looked for. Most names have none.
fn may_say(name: &str) -> bool {
    let lower = |byte: u8| byte | 0x20;
    let pairs = name.as_bytes().windows(2);
    pairs.map(|pair| [lower(pair[0]), lower(pair[1])]).any(|pair| {
        // oom, memory, alloc, free, wait, sleep
        matches!(&pair, b"oo" | b"em" | b"al" | b"fr" | b"wa" | b"sl")
    })
}

/// The last part of a qualified name, without template arguments and parameters.
fn own_name(function: &str) -> &str {
    let end = function.bytes().position(|byte| matches!(byte, b'<' | b'(')).filter(|&end| end > 0);
    let name = &function[..end.unwrap_or(function.len())];
    name.bytes().rposition(|byte| matches!(byte, b':' | b'.')).map_or(name, |i| &name[i + 1..])
}

/// The words of a name: `handle_oom`, `CrashAtUnhandlableOOM`, `OOMCrash`.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = self.0.bytes().position(|byte| byte.is_ascii_alphabetic())?;
        let bytes = &self.0.as_bytes()[start..];
        let upper = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let lower = bytes[upper..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let length = match (upper, lower) {
            (0 | 1, _) | (_, 0) => upper + lower,
            // The last capital begins the next word.
            _ => upper - 1,
        };
        let (word, rest) = self.0[start..].split_at(length);
        self.0 = rest;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let words = |name| Words(name).collect::<Vec<_>>();
        assert_eq!(words("CrashAtUnhandlableOOM"), ["Crash", "At", "Unhandlable", "OOM"]);
        assert_eq!(words("OOMCrash_v2é3Now"), ["OOM", "Crash", "v", "Now"]);
        assert_eq!(words("__1234"), [""; 0]);
    }

    #[test]
    fn serving() {
        for function in
            ["je_malloc", "moz_xrealloc", "mozilla::CondVar::Wait", "PR_WaitCondVar", "WaitForSingleObjectEx"]
        {
            assert!(Says::of(function).serves, "{function}");
        }
        for function in ["", "Allocator::run", "freeze", "waiter", "alloc::vec::push", "-[A tap:]"] {
            assert!(!Says::of(function).serves, "{function}");
        }
    }

    #[test]
    fn memory_ran_out() {
        for function in [
            "mozalloc_handle_oom",
            "NS_ABORT_OOM",
            "v8::internal::V8::FatalProcessOutOfMemory",
            "std::__throw_bad_alloc",
            "alloc::alloc::handle_alloc_error",
            "partition_alloc::internal::OnNoMemory<T>",
            "std::alloc::rust_oom",
        ] {
            assert!(Says::of(function).ran_out, "{function}");
        }
        for function in [
            "",
            "<",
            "zoom_in",
            "Room::enter",
            "OutOfBounds",
            "oom::Killer::run",
            "memory_out",
            "malloc",
            "f<OOM>",
            "()",
        ] {
            assert!(!Says::of(function).ran_out, "{function}");
        }
    }
}
