//! What the rows of `.eh_frame` say of a frame of x86-64, by gimli's tables and gimli's evaluation of expressions.

use gimli::{
    BaseAddresses, CfaRule, EhFrame, Encoding, EndianSlice, EvaluationResult, Format, LittleEndian, Location, Register,
    RegisterRule, UnwindContext, UnwindExpression, UnwindSection as _, UnwindTableRow, Value,
};
use object::{Object as _, ObjectSection as _};
use unwind::UnwindState as _;
use vocabulary::{Arch, Reg};

use super::stub::Frame;

type Reader<'d> = EndianSlice<'d, LittleEndian>;

/// The registers by their DWARF numbers. The last one is the return address.
const NAMES: [&str; 16] =
    ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
const FRAME_POINTER: Register = Register(6);
const STACK_POINTER: Register = Register(7);
const RETURN_ADDRESS: Register = Register(16);

/// What a row says of the caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// How its stack pointer is found: `expression`, or the register that an offset is added to.
    pub(crate) rule: String,
    /// How its return address is found: `saved` at a fixed place from its stack pointer, or elsewhere.
    pub(crate) return_address_rule: &'static str,
    /// How its frame pointer is found.
    pub(crate) frame_pointer_rule: &'static str,
    pub(crate) sp: u64,
    /// `None`: the stack ends here.
    pub(crate) pc: Option<u64>,
    pub(crate) frame_pointer: Option<u64>,
}

/// The `.eh_frame` of a file.
pub(crate) struct Rows<'d> {
    section: EhFrame<Reader<'d>>,
    bases: BaseAddresses,
}

impl Caller {
    /// Whether framehop has a form for the row: its rules of x86-64 are offsets from rsp and rbp.
    pub(crate) fn is_usual(&self) -> bool {
        let is_usual = matches!(self.rule.as_str(), "rsp" | "rbp") && self.return_address_rule == "saved";
        is_usual && self.frame_pointer_rule != "expression" && self.pc.is_some()
    }
}

impl<'d> Rows<'d> {
    pub(crate) fn of(file: &'d [u8]) -> Self {
        let object = object::File::parse(file).unwrap();
        let frames = object.section_by_name(".eh_frame").unwrap();
        let text = object.section_by_name(".text").unwrap();
        let bases = BaseAddresses::default().set_eh_frame(frames.address()).set_text(text.address());
        Self { section: EhFrame::new(frames.data().unwrap(), LittleEndian), bases }
    }

    /// The caller of a frame at an address; `None` if there is no row, or something cannot be computed.
    pub(crate) fn caller(&self, rva: u64, frame: &Frame) -> Option<Caller> {
        let mut context = UnwindContext::new();
        let found = EhFrame::cie_from_offset;
        let row = self.section.unwind_info_for_address(&self.bases, &mut context, rva, found).ok()?;
        self.of_row(row, frame)
    }

    fn of_row(&self, row: &UnwindTableRow<usize>, frame: &Frame) -> Option<Caller> {
        let (rule, sp) = match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => {
                let name = *NAMES.get(usize::from(register.0))?;
                (name.to_owned(), value(frame, *register)?.wrapping_add_signed(*offset))
            }
            CfaRule::Expression(expression) => ("expression".to_owned(), self.evaluated(*expression, frame, None)?),
        };
        let return_address = row.register(RETURN_ADDRESS)?;
        let is_saved = matches!(return_address, RegisterRule::Offset(_));
        let return_address_rule = if is_saved { "saved" } else { "elsewhere" };
        // The ABI says that functions preserve it.
        let frame_pointer = row.register(FRAME_POINTER).unwrap_or(RegisterRule::SameValue);
        let frame_pointer_rule = match frame_pointer {
            RegisterRule::SameValue => "same",
            RegisterRule::Offset(_) => "saved",
            RegisterRule::Undefined => "undefined",
            _ => "expression",
        };
        let pc = match return_address {
            RegisterRule::Undefined => None,
            _ => Some(self.register(return_address, RETURN_ADDRESS, sp, frame)??),
        };
        // `setcontext` and its like restore it from memory, as any other register.
        let stack_pointer = row.register(STACK_POINTER).filter(|rule| *rule != RegisterRule::SameValue);
        let caller_sp = stack_pointer.map_or(Some(Some(sp)), |rule| self.register(rule, STACK_POINTER, sp, frame))?;
        Some(Caller {
            rule,
            return_address_rule,
            frame_pointer_rule,
            sp: caller_sp?,
            pc,
            frame_pointer: self.register(frame_pointer, FRAME_POINTER, sp, frame)?,
        })
    }

    /// A register of the caller; `Some(None)` if it is not known.
    fn register(&self, rule: RegisterRule<usize>, register: Register, cfa: u64, frame: &Frame) -> Option<Option<u64>> {
        Some(Some(match rule {
            RegisterRule::SameValue => value(frame, register)?,
            RegisterRule::Offset(offset) => frame.word(cfa.wrapping_add_signed(offset))?,
            RegisterRule::ValOffset(offset) => cfa.wrapping_add_signed(offset),
            RegisterRule::Register(other) => value(frame, other)?,
            RegisterRule::Expression(expression) => frame.word(self.evaluated(expression, frame, Some(cfa))?)?,
            RegisterRule::ValExpression(expression) => self.evaluated(expression, frame, Some(cfa))?,
            _ => return Some(None),
        }))
    }

    fn evaluated(&self, expression: UnwindExpression<usize>, frame: &Frame, cfa: Option<u64>) -> Option<u64> {
        let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
        let mut run = expression.get(&self.section).ok()?.evaluation(encoding);
        if let Some(cfa) = cfa {
            run.set_initial_value(cfa);
        }
        let mut state = run.evaluate().ok()?;
        loop {
            state = match state {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresRegister { register, .. } => {
                    run.resume_with_register(Value::Generic(value(frame, register)?)).ok()?
                }
                EvaluationResult::RequiresMemory { address, size, .. } => {
                    let word = frame.word(address)? & (u64::MAX >> (64 - 8 * u32::from(size)));
                    run.resume_with_memory(Value::Generic(word)).ok()?
                }
                _ => return None,
            };
        }
        match run.as_result().first()?.location {
            Location::Address { address } => Some(address),
            _ => None,
        }
    }
}

fn value(frame: &Frame, register: Register) -> Option<u64> {
    if register == RETURN_ADDRESS {
        return frame.registers.get(Arch::Amd64.pc());
    }
    let name = NAMES.get(usize::from(register.0))?;
    let number = Arch::Amd64.register_names().iter().position(|known| known == name)?;
    frame.registers.get(Reg::try_from(number).ok()?)
}
