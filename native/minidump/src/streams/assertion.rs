//! Breakpad's AssertionInfo: a failed assertion of the C runtime (0x47670002).

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::u32_or_0;
use crate::strings::utf16_until_nul;

/// The arguments of the C runtime's invalid-parameter or pure-call handler.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assertion {
    /// The expression that was false.
    pub expression: String,
    /// Function the assertion is in.
    pub function: String,
    /// Source file.
    pub file: String,
    /// Line in the source file, 0 if unknown.
    pub line: u32,
    /// 0 unknown, 1 invalid parameter, 2 pure virtual call.
    pub kind: u32,
}

/// UTF-16 units in each of the three texts.
const TEXT_BYTES: usize = 128 * 2;

pub(crate) fn parse(stream: &Stream<'_>, faults: &mut Faults) -> Option<Assertion> {
    if stream.bytes.len() < 3 * TEXT_BYTES + 8 {
        faults.add(
            stream.kind,
            None,
            stream.offset,
            "the assertion is shorter than its 776 bytes: it is read as far as it goes",
        );
    }
    let text = |n: usize| utf16_until_nul(stream.bytes.get(n * TEXT_BYTES..(n + 1) * TEXT_BYTES).unwrap_or_default());
    let assertion = Assertion {
        expression: text(0),
        function: text(1),
        file: text(2),
        line: u32_or_0(stream.bytes, 3 * TEXT_BYTES),
        kind: u32_or_0(stream.bytes, 3 * TEXT_BYTES + 4),
    };
    (assertion != Assertion::default()).then_some(assertion)
}
