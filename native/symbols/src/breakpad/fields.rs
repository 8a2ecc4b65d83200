//! A line cut into fields.

/// The fields of one line. Spaces and tabs separate them, in any number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(line: &'a [u8]) -> Self {
        Self { rest: line }
    }

    /// The next field, or `None` at the end of the line.
    #[inline]
    pub(crate) fn token(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|&b| !is_space(b))?;
        let rest = &self.rest[start..];
        let end = rest.iter().position(|&b| is_space(b)).unwrap_or(rest.len());
        let (token, rest) = rest.split_at(end);
        self.rest = rest;
        Some(token)
    }

    /// The rest of the line as a name. Spaces before it are not part of it (Mozilla's dumper writes two before some
    /// constructors; of the parsers in the field, only Breakpad's includes them), those at its end are.
    #[inline]
    pub(crate) fn name(self) -> &'a [u8] {
        let start = self.rest.iter().position(|&b| !is_space(b)).unwrap_or(self.rest.len());
        self.rest.get(start..).unwrap_or_default()
    }

    /// The rest of the line without the spaces around it.
    #[inline]
    pub(crate) fn trimmed(self) -> &'a [u8] {
        trim(self.rest)
    }
}

pub(crate) const fn is_space(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// Without spaces and tabs at either end.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}
