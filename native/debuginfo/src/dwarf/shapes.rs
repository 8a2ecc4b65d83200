//! What an abbreviation makes of its entries: of interest or not, and how many bytes to skip.
//!
//! Nine of ten entries are types, variables and parameters. Most have a fixed number of bytes, and are skipped by one addition.

use gimli::{Abbreviation, Abbreviations, AttributeSpecification, Encoding, UnitHeader};

use super::Reader;
use super::fields::{Field, field, is_read};

/// A table of abbreviations, and what it makes of entries of an encoding.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) abbreviations: Abbreviations,
    /// By code, from 1 on without gaps, which nearly all tables have.
    shapes: Vec<Shape>,
    parts: Parts,
}

/// What shapes refer to.
#[derive(Debug, Default)]
struct Parts {
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
    pub(super) has_children: bool,
    /// Whether an entry says where the next one after its children is.
    pub(super) has_sibling: bool,
    /// Bytes of the attributes; `VARIABLE`: the steps say.
    pub(super) size: u32,
    steps: (u32, u32),
    /// The attributes that are read, if all of them are at fixed places and in usual forms.
    fields: Option<(u32, u32)>,
    /// These are without the one that says where the next entry is, which has no fixed place.
    pub(super) is_sibling_apart: bool,
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
        let mut table = Self { abbreviations: Abbreviations::default(), shapes: Vec::new(), parts: Parts::default() };
        for code in 1.. {
            let Some(abbreviation) = abbreviations.get(code) else { break };
            let shape = shape_of(abbreviation, &header, &mut table.parts);
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
        self.parts.steps.get(shape.steps.0 as usize..shape.steps.1 as usize).unwrap_or_default()
    }

    /// The attributes of a shape that are read; `None`: some have no fixed place, or unusual forms.
    #[inline]
    pub(super) fn fields(&self, shape: &Shape) -> Option<&[Field]> {
        let (first, end) = shape.fields?;
        self.parts.fields.get(first as usize..end as usize)
    }
}

/// What an abbreviation whose code comes after a gap makes of an entry.
pub(super) fn shape(abbreviation: &Abbreviation, encoding: Encoding) -> Shape {
    shape_of(abbreviation, &header(encoding), &mut Parts::default())
}

/// What an abbreviation makes of an entry. Steps are appended if it has no fixed size, and fields if it is read.
fn shape_of(abbreviation: &Abbreviation, header: &UnitHeader<Reader<'_>>, parts: &mut Parts) -> Shape {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let kind = kind(abbreviation);
    let first = parts.fields.len();
    let mut is_sibling_apart = false;
    let is_read = kind != Kind::Other || abbreviation.tag() == gimli::DW_TAG_subprogram;
    let fields = is_read
        .then(|| fixed(abbreviation.attributes(), header, &mut parts.fields, &mut is_sibling_apart))
        .flatten()
        .map(|()| (place(first), place(parts.fields.len())));
    if fields.is_none() {
        parts.fields.truncate(first);
    }
    let steps = &mut parts.steps;
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
    Shape {
        kind,
        has_children: abbreviation.has_children(),
        has_sibling: abbreviation.attributes().iter().any(|spec| spec.name() == gimli::DW_AT_sibling),
        size: if is_fixed { bytes } else { VARIABLE },
        steps: (place(first), place(steps.len())),
        fields,
        is_sibling_apart,
    }
}

/// Append the attributes that are read. `None`: one has no fixed place or an unusual form; but one that says where the next
/// entry is may be apart.
fn fixed(
    attributes: &[AttributeSpecification],
    header: &UnitHeader<Reader<'_>>,
    fields: &mut Vec<Field>,
    is_sibling_apart: &mut bool,
) -> Option<()> {
    let mut at = Some(0u32);
    for spec in attributes {
        if is_read(spec.name()) {
            match at.and_then(|at| field(spec, at, header.encoding())) {
                Some(field) => fields.push(field),
                None if spec.name() == gimli::DW_AT_sibling => *is_sibling_apart = true,
                None => return None,
            }
        }
        let size = spec.size(header).and_then(|size| u32::try_from(size).ok());
        at = at.zip(size).and_then(|(at, size)| at.checked_add(size));
    }
    Some(())
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
