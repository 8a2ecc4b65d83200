//! What an abbreviation makes of its entries: of interest or not, and how many bytes to skip.
//!
//! Nine of ten entries are types, variables and parameters. Most have a fixed number of bytes, and are skipped by one addition.

use std::collections::BTreeMap;

use gimli::{AttributeSpecification, DwForm, DwTag, Encoding, UnitHeader};

use super::Reader;
use super::abbreviations;
use super::fields::{self, Field, FixedCode, FixedNumber, field, fixed_code, fixed_sibling};

/// A table of abbreviations: what each makes of entries of an encoding.
#[derive(Debug)]
pub(super) struct Table<'d> {
    /// The table, and what follows it in its section.
    bytes: &'d [u8],
    sizes: Sizes,
    /// By code, from 1 on without gaps, which nearly all tables have.
    shapes: Vec<Shape>,
    /// Those of codes after a gap.
    others: BTreeMap<u64, Shape>,
    /// How entries are skipped, by code from 0 on, which is the end of entries: as many as there are `shapes`, and it.
    skips: Vec<Skip>,
    steps: Vec<Step>,
    fields: Vec<Field>,
}

/// The kinds of entries that are of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Other,
    /// A function that may have code.
    Function,
    /// A function without code, such as one that is inlined everywhere, with entries inside.
    Bare,
    /// A call that is inlined.
    Call,
    /// A namespace or type with entries inside, whose name qualifies theirs.
    Scope,
    /// The end of the entries in one that is watched.
    End,
}

/// What an abbreviation makes of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) tag: DwTag,
    pub(super) has_children: bool,
    /// Whether an entry says where the next one after its children is.
    pub(super) has_sibling: bool,
    /// Bytes of the attributes after the last step; most shapes have no steps.
    pub(super) size: u32,
    pub(super) has_steps: bool,
    steps: (u32, u32),
    /// Where in the table its attributes begin.
    attributes: u32,
    /// The attributes that are read, if all of them are at fixed places and in usual forms.
    fields: Option<(u32, u32)>,
    /// Where entries have their code, if it is one range at a fixed place.
    pub(super) code: Option<FixedCode>,
    /// Where they say where the next entry after their children is, if that is at a fixed place.
    pub(super) sibling: Option<FixedNumber>,
}

/// How an entry is skipped, if that takes no decision: most entries have a fixed number of bytes, or all but one number or one block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Skip {
    /// Bytes of the code and the attributes, without those of a block.
    pub(super) bytes: u16,
    /// Where the number, or the length of the block, is; 0: there is none.
    pub(super) at: u16,
    /// The bits of the byte there that are added to the bytes.
    pub(super) adds: u8,
    /// If the byte there has one of these bits, the entry is not skipped this way.
    pub(super) stops: u8,
    /// What is added to the depth.
    pub(super) deeper: i8,
    /// For whom entries are of interest, or not skipped this way, as [`Shape::interest`].
    pub(super) interest: u8,
}

/// Entries of interest to everybody.
pub(super) const ALWAYS: u8 = 1;
/// Calls.
pub(super) const CALLS: u8 = 2;
/// Namespaces and types.
pub(super) const SCOPES: u8 = 4;
/// Entries that say where the next one after their children is, if what they hold need not be read.
pub(super) const JUMPS: u8 = 8;

/// Some attributes to skip.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Bytes of those of fixed size.
    pub(super) bytes: u32,
    /// The one after them.
    pub(super) last: Last,
}

/// An attribute without a fixed size.
#[derive(Clone, Copy, Debug)]
pub(super) enum Last {
    /// A number of base 128.
    Number,
    /// A string up to a zero byte.
    Text,
    /// A number of base 128, and as many bytes.
    Block,
    /// Anything else.
    Form(DwForm),
}

/// The end of the entries in one that is watched.
pub(super) static END: Shape = Shape {
    kind: Kind::End,
    tag: gimli::DW_TAG_null,
    has_children: false,
    has_sibling: false,
    size: 0,
    has_steps: false,
    steps: (0, 0),
    attributes: 0,
    fields: None,
    code: None,
    sibling: None,
};

impl Shape {
    /// Whether entries are namespaces.
    pub(super) fn is_namespace(&self) -> bool {
        self.tag == gimli::DW_TAG_namespace
    }

    /// For whom entries are of interest; 0: for nobody.
    #[inline]
    pub(super) fn interest(&self) -> u8 {
        match self.kind {
            Kind::Other => 0,
            Kind::Call => CALLS,
            Kind::Scope if self.has_sibling && !self.is_namespace() => SCOPES | JUMPS,
            Kind::Scope => SCOPES,
            Kind::Function | Kind::Bare | Kind::End => ALWAYS,
        }
    }
}

impl<'d> Table<'d> {
    /// A table that begins with these bytes, for entries of an encoding; without its abbreviations.
    pub(super) fn new(bytes: &'d [u8], encoding: Encoding) -> Self {
        Self {
            bytes,
            sizes: Sizes::of(encoding),
            shapes: Vec::new(),
            others: BTreeMap::new(),
            skips: vec![Skip { bytes: 1, deeper: -1, ..Skip::default() }],
            steps: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Add an abbreviation, whose attributes begin at an offset of the table; `false`: there is one with this code.
    pub(super) fn add(
        &mut self,
        code: u64,
        tag: DwTag,
        has_children: bool,
        at: usize,
        attributes: &[AttributeSpecification],
    ) -> bool {
        let next = self.shapes.len() as u64 + 1;
        if code < next || (!self.others.is_empty() && self.others.contains_key(&code)) {
            return false;
        }
        let shape = Shape { attributes: place(at), ..self.made(tag, has_children, attributes) };
        if code == next {
            self.skips.push(self.skip(&shape));
            self.shapes.push(shape);
        } else {
            self.others.insert(code, shape);
        }
        true
    }

    /// What the abbreviation of a code makes of an entry; `None`: there is none.
    #[inline]
    pub(super) fn shape(&self, code: u64) -> Option<&Shape> {
        let usual = usize::try_from(code.wrapping_sub(1)).ok().and_then(|at| self.shapes.get(at));
        usual.or_else(|| self.others.get(&code))
    }

    /// Whether an abbreviation is of inlined calls.
    pub(super) fn has_calls(&self) -> bool {
        self.shapes.iter().chain(self.others.values()).any(|shape| shape.kind == Kind::Call)
    }

    /// Whether entries that are skipped may have codes of more than one byte.
    #[inline]
    pub(super) fn has_long_codes(&self) -> bool {
        self.skips.len() > 0x80
    }

    /// How entries are skipped, by code.
    #[inline]
    pub(super) fn skips(&self) -> &[Skip] {
        &self.skips
    }

    fn skip(&self, shape: &Shape) -> Skip {
        let deeper = i8::from(shape.has_children);
        let mut skip = Skip { deeper, interest: shape.interest(), ..Skip::default() };
        let mut bytes = 1 + shape.size;
        match *self.steps(shape) {
            [] => {}
            [Step { bytes: before, last: last @ (Last::Number | Last::Block) }] => {
                skip.at = u16::try_from(1 + before).unwrap_or(u16::MAX);
                skip.stops = 0x80;
                skip.adds = if matches!(last, Last::Block) { 0x7f } else { 0 };
                bytes += before + 1;
            }
            _ => skip.interest = ALWAYS,
        }
        match u16::try_from(bytes) {
            Ok(bytes) => skip.bytes = bytes,
            Err(_) => skip.interest = ALWAYS,
        }
        skip
    }

    /// The attributes of an entry.
    pub(super) fn attributes(&self, shape: &Shape) -> impl Iterator<Item = AttributeSpecification> + use<'d> {
        abbreviations::attributes(self.bytes, shape.attributes as usize)
    }

    /// The steps of a shape.
    #[inline]
    pub(super) fn steps(&self, shape: &Shape) -> &[Step] {
        self.steps.get(shape.steps.0 as usize..shape.steps.1 as usize).unwrap_or_default()
    }

    /// The attributes of a shape that are read; `None`: some have no fixed place, or unusual forms.
    #[inline]
    pub(super) fn fields(&self, shape: &Shape) -> Option<&[Field]> {
        let (first, end) = shape.fields?;
        self.fields.get(first as usize..end as usize)
    }

    /// What an abbreviation makes of an entry. Steps are appended if it has no fixed size, and fields if it is read.
    fn made(&mut self, tag: DwTag, has_children: bool, attributes: &[AttributeSpecification]) -> Shape {
        let kind = kind(tag, has_children, attributes);
        let is_read = kind != Kind::Other || tag == gimli::DW_TAG_subprogram;
        let step = self.steps.len();
        // Bytes since the last attribute without a fixed size.
        let (mut bytes, mut has_sibling) = (0, false);
        for spec in attributes {
            has_sibling |= spec.name() == gimli::DW_AT_sibling;
            match self.sizes.of_attribute(spec) {
                Some(size) => bytes += size,
                None => self.steps.push(Step { bytes: std::mem::take(&mut bytes), last: last(spec.form()) }),
            }
        }
        let fields = if is_read { self.add_fields(attributes) } else { None };
        let found = fields.and_then(|(first, end)| self.fields.get(first as usize..end as usize)).unwrap_or_default();
        Shape {
            kind,
            tag,
            has_children,
            has_sibling,
            size: bytes,
            has_steps: self.steps.len() > step,
            steps: (place(step), place(self.steps.len())),
            attributes: 0,
            fields,
            code: fixed_code(found),
            sibling: fixed_sibling(found),
        }
    }

    /// Add the attributes that are read, if all of these are at fixed places and in usual forms. One that says where the next entry
    /// is may be elsewhere.
    fn add_fields(&mut self, attributes: &[AttributeSpecification]) -> Option<(u32, u32)> {
        let first = self.fields.len();
        // Where the attribute is, if that is fixed.
        let mut at = Some(0u32);
        for spec in attributes {
            if fields::is_read(spec.name()) {
                match at.and_then(|at| field(spec, at, self.sizes.header.encoding())) {
                    Some(field) => self.fields.push(field),
                    None if spec.name() == gimli::DW_AT_sibling => {}
                    None => {
                        self.fields.truncate(first);
                        return None;
                    }
                }
            }
            at = at.zip(self.sizes.of_attribute(spec)).and_then(|(at, size)| at.checked_add(size));
        }
        Some((place(first), place(self.fields.len())))
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What ends a step: an attribute of a form without a fixed size.
fn last(form: DwForm) -> Last {
    match form {
        gimli::DW_FORM_udata
        | gimli::DW_FORM_sdata
        | gimli::DW_FORM_ref_udata
        | gimli::DW_FORM_strx
        | gimli::DW_FORM_addrx
        | gimli::DW_FORM_loclistx
        | gimli::DW_FORM_rnglistx => Last::Number,
        gimli::DW_FORM_string => Last::Text,
        gimli::DW_FORM_exprloc | gimli::DW_FORM_block => Last::Block,
        _ => Last::Form(form),
    }
}

/// Bytes of attributes by their forms, in entries of an encoding.
#[derive(Debug)]
struct Sizes {
    header: UnitHeader<Reader<'static>>,
    /// Of the forms of the standard: a table has thousands of attributes.
    known: [u8; 0x30],
}

/// No fixed number of bytes.
const VARIABLE: u8 = u8::MAX;

impl Sizes {
    fn of(encoding: Encoding) -> Self {
        let header = header(encoding);
        let mut known = [VARIABLE; 0x30];
        for (form, known) in (0..).map(DwForm).zip(&mut known) {
            *known = size(form, &header).and_then(|size| u8::try_from(size).ok()).unwrap_or(VARIABLE);
        }
        Self { header, known }
    }

    /// Bytes of an attribute, if they are fixed.
    #[inline]
    fn of_attribute(&self, spec: &AttributeSpecification) -> Option<u32> {
        match self.known.get(usize::from(spec.form().0)) {
            Some(&size) => (size != VARIABLE).then_some(size.into()),
            None => size(spec.form(), &self.header),
        }
    }
}

/// Bytes of attributes of a form, if they are fixed.
fn size(form: DwForm, header: &UnitHeader<Reader<'_>>) -> Option<u32> {
    let constant = (form == gimli::DW_FORM_implicit_const).then_some(0);
    let size = AttributeSpecification::new(gimli::DW_AT_null, form, constant).size(header)?;
    u32::try_from(size).ok()
}

/// A header of the encoding, for the sizes of forms.
fn header(encoding: Encoding) -> UnitHeader<Reader<'static>> {
    let (kind, table) = (gimli::UnitType::Compilation, gimli::DebugAbbrevOffset(0));
    let section = gimli::SectionId::DebugInfo;
    UnitHeader::new(encoding, 0, kind, table, section, gimli::UnitSectionOffset(0), Reader::default())
}

fn kind(tag: DwTag, has_children: bool, attributes: &[AttributeSpecification]) -> Kind {
    match tag {
        gimli::DW_TAG_subprogram if has_code(attributes) => Kind::Function,
        gimli::DW_TAG_subprogram if has_children => Kind::Bare,
        gimli::DW_TAG_inlined_subroutine => Kind::Call,
        gimli::DW_TAG_namespace
        | gimli::DW_TAG_structure_type
        | gimli::DW_TAG_class_type
        | gimli::DW_TAG_union_type
        | gimli::DW_TAG_enumeration_type
        | gimli::DW_TAG_interface_type
        | gimli::DW_TAG_module
            if has_children =>
        {
            Kind::Scope
        }
        _ => Kind::Other,
    }
}

/// Whether the entry may have code: declarations and functions that were only inlined have none.
fn has_code(attributes: &[AttributeSpecification]) -> bool {
    attributes.iter().any(|spec| matches!(spec.name(), gimli::DW_AT_low_pc | gimli::DW_AT_ranges))
}
