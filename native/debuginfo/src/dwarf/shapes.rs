//! What an abbreviation makes of its entries: of interest or not, and how many bytes to skip.
//!
//! Nine of ten entries are types, variables and parameters. Most have a fixed number of bytes, and are skipped by one addition.

use gimli::{Abbreviation, Abbreviations, AttributeSpecification, Encoding, UnitHeader};

use super::Reader;

/// A table of abbreviations, and what it makes of entries of an encoding.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) abbreviations: Abbreviations,
    /// By code, from 1 on without gaps, which nearly all tables have.
    shapes: Vec<Shape>,
    steps: Vec<Step>,
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
    pub(super) has_children: bool,
    /// Whether an entry says where the next one after its children is.
    pub(super) has_sibling: bool,
    /// Bytes of the attributes; `VARIABLE`: the steps say.
    pub(super) size: u32,
    steps: (u32, u32),
}

/// The size of attributes that have no fixed one.
pub(super) const VARIABLE: u32 = u32::MAX;

/// Some attributes to skip.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// So many bytes.
    Bytes(u32),
    /// A number of base 128.
    Number,
    /// A string up to a zero byte.
    Text,
    /// A number of base 128, and as many bytes.
    Block,
    /// Anything else.
    Attribute(AttributeSpecification),
}

impl Table {
    /// The shapes of a table for entries of an encoding.
    pub(super) fn new(abbreviations: Abbreviations, encoding: Encoding) -> Self {
        let header = header(encoding);
        let mut table = Self { abbreviations: Abbreviations::default(), shapes: Vec::new(), steps: Vec::new() };
        for code in 1.. {
            let Some(abbreviation) = abbreviations.get(code) else { break };
            let shape = shape_of(abbreviation, &header, &mut table.steps);
            table.shapes.push(shape);
        }
        table.abbreviations = abbreviations;
        table
    }

    /// What the abbreviation of a code makes of an entry; `None`: the code is not among the first without a gap.
    #[inline]
    pub(super) fn shape(&self, code: u64) -> Option<&Shape> {
        self.shapes.get(usize::try_from(code.wrapping_sub(1)).ok()?)
    }

    /// The steps of a shape that has no fixed size.
    #[inline]
    pub(super) fn steps(&self, shape: &Shape) -> &[Step] {
        self.steps.get(shape.steps.0 as usize..shape.steps.1 as usize).unwrap_or_default()
    }
}

/// What an abbreviation whose code comes after a gap makes of an entry.
pub(super) fn shape(abbreviation: &Abbreviation, encoding: Encoding) -> Shape {
    shape_of(abbreviation, &header(encoding), &mut Vec::new())
}

/// What an abbreviation makes of an entry. Steps are appended if it has no fixed size.
fn shape_of(abbreviation: &Abbreviation, header: &UnitHeader<Reader<'_>>, steps: &mut Vec<Step>) -> Shape {
    let first = steps.len();
    let mut bytes = 0u32;
    for spec in abbreviation.attributes() {
        if let Some(size) = spec.size(header).and_then(|size| u32::try_from(size).ok()) {
            bytes += size;
            continue;
        }
        if bytes > 0 {
            steps.push(Step::Bytes(std::mem::take(&mut bytes)));
        }
        steps.push(match spec.form() {
            gimli::DW_FORM_udata
            | gimli::DW_FORM_sdata
            | gimli::DW_FORM_ref_udata
            | gimli::DW_FORM_strx
            | gimli::DW_FORM_addrx
            | gimli::DW_FORM_loclistx
            | gimli::DW_FORM_rnglistx => Step::Number,
            gimli::DW_FORM_string => Step::Text,
            gimli::DW_FORM_exprloc | gimli::DW_FORM_block => Step::Block,
            _ => Step::Attribute(*spec),
        });
    }
    let is_fixed = steps.len() == first;
    if !is_fixed && bytes > 0 {
        steps.push(Step::Bytes(bytes));
    }
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Shape {
        kind: kind(abbreviation),
        has_children: abbreviation.has_children(),
        has_sibling: abbreviation.attributes().iter().any(|spec| spec.name() == gimli::DW_AT_sibling),
        size: if is_fixed { bytes } else { VARIABLE },
        steps: (place(first), place(steps.len())),
    }
}

/// A header of the encoding, for the sizes of forms.
fn header(encoding: Encoding) -> UnitHeader<Reader<'static>> {
    let (kind, table) = (gimli::UnitType::Compilation, gimli::DebugAbbrevOffset(0));
    let section = gimli::SectionId::DebugInfo;
    UnitHeader::new(encoding, 0, kind, table, section, gimli::UnitSectionOffset(0), Reader::default())
}

fn kind(abbreviation: &Abbreviation) -> Kind {
    let has_children = abbreviation.has_children();
    match abbreviation.tag() {
        gimli::DW_TAG_subprogram if has_code(abbreviation.attributes()) => Kind::Function,
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
