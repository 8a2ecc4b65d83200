//! What an abbreviation makes of its entries: of interest or not, and how many bytes to skip.
//!
//! Nine of ten entries are types, variables and parameters. Most have a fixed number of bytes, and are skipped by one addition.

use std::collections::BTreeMap;

use gimli::{AttributeSpecification, DwTag, Encoding, UnitHeader};

use super::Reader;
use super::fields::{Field, FixedCode, field, fixed_code, is_read};

/// A table of abbreviations: what each makes of entries of an encoding.
#[derive(Debug)]
pub(super) struct Table {
    header: UnitHeader<Reader<'static>>,
    /// By code, from 1 on without gaps, which nearly all tables have.
    shapes: Vec<Shape>,
    /// Those of codes after a gap.
    others: BTreeMap<u64, Shape>,
    attributes: Vec<AttributeSpecification>,
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
    attributes: (u32, u32),
    /// The attributes that are read, if all of them are at fixed places and in usual forms.
    fields: Option<(u32, u32)>,
    /// Where entries have their code, if it is one range at a fixed place.
    pub(super) code: Option<FixedCode>,
    /// Where they say where the next entry after their children is, if that is at a fixed place.
    pub(super) sibling: Option<Field>,
}

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
    /// Anything else: the attribute with this index in the table.
    Attribute(u32),
}

impl Table {
    /// A table without abbreviations, for entries of an encoding.
    pub(super) fn new(encoding: Encoding) -> Self {
        Self {
            header: header(encoding),
            shapes: Vec::new(),
            others: BTreeMap::new(),
            attributes: Vec::new(),
            steps: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Add an abbreviation; `false`: there is one with this code.
    pub(super) fn add(
        &mut self,
        code: u64,
        tag: DwTag,
        has_children: bool,
        attributes: &[AttributeSpecification],
    ) -> bool {
        let next = self.shapes.len() as u64 + 1;
        if code < next || (!self.others.is_empty() && self.others.contains_key(&code)) {
            return false;
        }
        let shape = self.made(tag, has_children, attributes);
        if code == next {
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

    /// The attribute with an index.
    pub(super) fn attribute(&self, at: u32) -> Option<AttributeSpecification> {
        self.attributes.get(at as usize).copied()
    }

    /// The attributes of an entry.
    pub(super) fn attributes(&self, shape: &Shape) -> &[AttributeSpecification] {
        self.attributes.get(shape.attributes.0 as usize..shape.attributes.1 as usize).unwrap_or_default()
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
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let kind = kind(tag, has_children, attributes);
        let first = self.fields.len();
        let is_read = kind != Kind::Other || tag == gimli::DW_TAG_subprogram;
        let fields = is_read
            .then(|| fixed(attributes, &self.header, &mut self.fields))
            .flatten()
            .map(|()| (place(first), place(self.fields.len())));
        if fields.is_none() {
            self.fields.truncate(first);
        }
        let found = self.fields.get(first..).unwrap_or_default();
        let code = fixed_code(found);
        let sibling = found.iter().find(|field| field.name == gimli::DW_AT_sibling).copied();
        let (step, attribute) = (self.steps.len(), self.attributes.len());
        self.attributes.extend_from_slice(attributes);
        let mut bytes = 0u32;
        for (at, spec) in attributes.iter().enumerate() {
            if let Some(size) = spec.size(&self.header).and_then(|size| u32::try_from(size).ok()) {
                bytes += size;
                continue;
            }
            let last = match spec.form() {
                gimli::DW_FORM_udata
                | gimli::DW_FORM_sdata
                | gimli::DW_FORM_ref_udata
                | gimli::DW_FORM_strx
                | gimli::DW_FORM_addrx
                | gimli::DW_FORM_loclistx
                | gimli::DW_FORM_rnglistx => Last::Number,
                gimli::DW_FORM_string => Last::Text,
                gimli::DW_FORM_exprloc | gimli::DW_FORM_block => Last::Block,
                _ => Last::Attribute(place(attribute + at)),
            };
            self.steps.push(Step { bytes: std::mem::take(&mut bytes), last });
        }
        Shape {
            kind,
            tag,
            has_children,
            has_sibling: attributes.iter().any(|spec| spec.name() == gimli::DW_AT_sibling),
            size: bytes,
            has_steps: self.steps.len() > step,
            steps: (place(step), place(self.steps.len())),
            attributes: (place(attribute), place(self.attributes.len())),
            fields,
            code,
            sibling,
        }
    }
}

/// Append the attributes that are read. `None`: one has no fixed place or an unusual form; but one that says where the next
/// entry is may be apart.
fn fixed(
    attributes: &[AttributeSpecification],
    header: &UnitHeader<Reader<'_>>,
    fields: &mut Vec<Field>,
) -> Option<()> {
    let mut at = Some(0u32);
    for spec in attributes {
        if is_read(spec.name()) {
            match at.and_then(|at| field(spec, at, header.encoding())) {
                Some(field) => fields.push(field),
                None if spec.name() == gimli::DW_AT_sibling => {}
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
