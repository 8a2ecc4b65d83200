//! The attributes of functions and calls that are read, at their places in an entry.
//!
//! In most abbreviations all of these come before the first attribute without a fixed size, so that a table of places says
//! where each is. Reading them there takes a tenth of the time of reading all attributes by their forms.

use gimli::{AttributeSpecification, AttributeValue, DwAt, Encoding, UnitOffset};

use super::Reader;

/// An attribute at a fixed place of its entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: DwAt,
    /// Bytes before it, without the code of the abbreviation.
    at: u32,
    form: Form,
}

/// What an attribute is, and how many bytes it has.
#[derive(Clone, Copy, Debug)]
enum Form {
    Address(u8),
    Number(u8),
    /// A number that the abbreviation has.
    Constant(u32),
    /// An entry of the unit, or of the section.
    UnitRef(u8),
    InfoRef(u8),
    /// A string of `.debug_str`, `.debug_line_str`, or of the list of offsets.
    Text(u8),
    LineText(u8),
    TextNumber(u8),
    /// A list of ranges.
    Ranges(u8),
}

/// Whether an attribute is one of those that are read.
#[inline]
pub(super) fn is_read(name: DwAt) -> bool {
    matches!(
        name,
        gimli::DW_AT_low_pc
            | gimli::DW_AT_high_pc
            | gimli::DW_AT_ranges
            | gimli::DW_AT_name
            | gimli::DW_AT_linkage_name
            | gimli::DW_AT_MIPS_linkage_name
            | gimli::DW_AT_abstract_origin
            | gimli::DW_AT_specification
            | gimli::DW_AT_call_file
            | gimli::DW_AT_call_line
            | gimli::DW_AT_sibling
    )
}

/// The field of an attribute that begins after so many bytes; `None`: its form is not read here.
pub(super) fn field(spec: &AttributeSpecification, at: u32, encoding: Encoding) -> Option<Field> {
    let word = encoding.format.word_size();
    let name = spec.name();
    let form = match (name, spec.form()) {
        (gimli::DW_AT_low_pc | gimli::DW_AT_high_pc, gimli::DW_FORM_addr) => Form::Address(encoding.address_size),
        // Numbers of older versions may be offsets of sections.
        (gimli::DW_AT_ranges, gimli::DW_FORM_sec_offset) => Form::Ranges(word),
        (gimli::DW_AT_high_pc | gimli::DW_AT_call_file | gimli::DW_AT_call_line, form) => match form {
            gimli::DW_FORM_data1 => Form::Number(1),
            gimli::DW_FORM_data2 => Form::Number(2),
            gimli::DW_FORM_data4 => Form::Number(4),
            gimli::DW_FORM_data8 => Form::Number(8),
            gimli::DW_FORM_implicit_const => Form::Constant(u32::try_from(spec.implicit_const_value()?).ok()?),
            _ => return None,
        },
        (gimli::DW_AT_abstract_origin | gimli::DW_AT_specification | gimli::DW_AT_sibling, form) => match form {
            gimli::DW_FORM_ref1 => Form::UnitRef(1),
            gimli::DW_FORM_ref2 => Form::UnitRef(2),
            gimli::DW_FORM_ref4 => Form::UnitRef(4),
            gimli::DW_FORM_ref8 => Form::UnitRef(8),
            // It had the size of an address.
            gimli::DW_FORM_ref_addr if encoding.version > 2 => Form::InfoRef(word),
            _ => return None,
        },
        (gimli::DW_AT_name | gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name, form) => match form {
            gimli::DW_FORM_strp => Form::Text(word),
            gimli::DW_FORM_line_strp => Form::LineText(word),
            gimli::DW_FORM_strx1 => Form::TextNumber(1),
            gimli::DW_FORM_strx2 => Form::TextNumber(2),
            gimli::DW_FORM_strx4 => Form::TextNumber(4),
            _ => return None,
        },
        _ => return None,
    };
    Some(Field { name, at, form })
}

/// A number at a fixed place.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixedNumber {
    at: u16,
    bytes: u8,
}

impl FixedNumber {
    /// `None`: it is too far away, as in no real entry.
    fn of(field: &Field, bytes: u8) -> Option<Self> {
        Some(Self { at: u16::try_from(field.at).ok()?, bytes })
    }

    /// The number. `entry` are the bytes of the entry's attributes, and may be followed by others.
    #[inline]
    pub(super) fn read(&self, entry: &[u8]) -> Option<u64> {
        number(entry, self.at.into(), self.bytes)
    }
}

/// Where entries have their first address and the bytes of their code.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixedCode {
    low: FixedNumber,
    bytes: FixedNumber,
}

/// The code of entries with these fields, if it is one range.
pub(super) fn fixed_code(fields: &[Field]) -> Option<FixedCode> {
    let (mut low, mut bytes) = (None, None);
    for field in fields {
        match (field.name, field.form) {
            (gimli::DW_AT_low_pc, Form::Address(size)) => low = Some(FixedNumber::of(field, size)?),
            (gimli::DW_AT_high_pc, Form::Number(size)) => bytes = Some(FixedNumber::of(field, size)?),
            (gimli::DW_AT_low_pc | gimli::DW_AT_high_pc | gimli::DW_AT_ranges, _) => return None,
            _ => {}
        }
    }
    low.zip(bytes).map(|(low, bytes)| FixedCode { low, bytes })
}

/// Where entries with these fields have the offset in the unit of the next one after their children.
pub(super) fn fixed_sibling(fields: &[Field]) -> Option<FixedNumber> {
    let field = fields.iter().find(|field| field.name == gimli::DW_AT_sibling)?;
    let Form::UnitRef(bytes) = field.form else { return None };
    FixedNumber::of(field, bytes)
}

impl FixedCode {
    /// The first address and the one after the last. `entry` is as in [`FixedNumber::read`].
    #[inline]
    pub(super) fn read(&self, entry: &[u8]) -> Option<(u64, u64)> {
        let low = self.low.read(entry)?;
        Some((low, low.checked_add(self.bytes.read(entry)?)?))
    }
}

/// An attribute of an entry: at its place, of which only what is needed is read, or read by its form.
///
/// Values at places are not made into gimli's values first: the processor waits for each such copy of memory that was just written.
pub(super) enum Attribute<'f, 'd> {
    /// At its place in these bytes.
    Field(&'f Field, &'f [u8]),
    /// Its name and value.
    Value(DwAt, AttributeValue<Reader<'d>>),
}

impl<'d> Attribute<'_, 'd> {
    /// Its name.
    #[inline]
    pub(super) const fn name(&self) -> DwAt {
        match self {
            Self::Field(field, _) => field.name,
            Self::Value(name, _) => *name,
        }
    }

    /// Its value; `None`: the entry is cut.
    pub(super) fn value(&self) -> Option<AttributeValue<Reader<'d>>> {
        match self {
            Self::Field(field, entry) => field.value(entry),
            Self::Value(_, value) => Some(*value),
        }
    }

    /// The number that it is.
    #[inline]
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Field(Field { form: Form::Number(bytes), at, .. }, entry) => number(entry, *at as usize, *bytes),
            Self::Field(Field { form: Form::Constant(number), .. }, _) => Some((*number).into()),
            Self::Value(_, AttributeValue::FileIndex(file)) => Some(*file),
            other => other.value()?.udata_value(),
        }
    }

    /// The offset in the unit that it is, if it is at its place.
    #[inline]
    pub(super) fn unit_offset(&self) -> Option<usize> {
        let Self::Field(field, entry) = self else { return None };
        field.unit_offset(entry)
    }

    /// The offset of a text in `.debug_str`, if it is at its place.
    #[inline]
    pub(super) fn text_offset(&self) -> Option<usize> {
        match self {
            Self::Field(Field { form: Form::Text(bytes), at, .. }, entry) => {
                usize::try_from(number(entry, *at as usize, *bytes)?).ok()
            }
            _ => None,
        }
    }
}

impl Field {
    /// The offset in the unit that it is.
    #[inline]
    pub(super) fn unit_offset(&self, entry: &[u8]) -> Option<usize> {
        let Form::UnitRef(bytes) = self.form else { return None };
        usize::try_from(number(entry, self.at as usize, bytes)?).ok()
    }

    /// Whether an entry has its bytes.
    #[inline]
    pub(super) fn is_in(&self, entry: &[u8]) -> bool {
        let bytes = match self.form {
            Form::Constant(_) => return true,
            Form::Address(bytes)
            | Form::Number(bytes)
            | Form::UnitRef(bytes)
            | Form::InfoRef(bytes)
            | Form::Text(bytes)
            | Form::LineText(bytes)
            | Form::TextNumber(bytes)
            | Form::Ranges(bytes) => bytes,
        };
        number(entry, self.at as usize, bytes).is_some()
    }

    /// The attribute's value. `entry` are the bytes of its attributes.
    #[inline]
    pub(super) fn value<'d>(&self, entry: &[u8]) -> Option<AttributeValue<Reader<'d>>> {
        let number = |bytes| number(entry, self.at as usize, bytes);
        let offset = |bytes| number(bytes).and_then(|number| usize::try_from(number).ok());
        Some(match self.form {
            Form::Address(bytes) => AttributeValue::Addr(number(bytes)?),
            Form::Number(bytes) => AttributeValue::Udata(number(bytes)?),
            Form::Constant(number) => AttributeValue::Udata(number.into()),
            Form::UnitRef(bytes) => AttributeValue::UnitRef(UnitOffset(offset(bytes)?)),
            Form::InfoRef(bytes) => AttributeValue::DebugInfoRef(gimli::DebugInfoOffset(offset(bytes)?)),
            Form::Text(bytes) => AttributeValue::DebugStrRef(gimli::DebugStrOffset(offset(bytes)?)),
            Form::LineText(bytes) => AttributeValue::DebugLineStrRef(gimli::DebugLineStrOffset(offset(bytes)?)),
            Form::TextNumber(bytes) => {
                AttributeValue::DebugStrOffsetsIndex(gimli::DebugStrOffsetsIndex(offset(bytes)?))
            }
            Form::Ranges(bytes) => AttributeValue::RangeListsRef(gimli::RawRangeListsOffset(offset(bytes)?)),
        })
    }
}

/// A number of so many bytes; `None` for other sizes than those of integers.
#[inline]
fn number(bytes: &[u8], at: usize, size: u8) -> Option<u64> {
    let rest = bytes.get(at..)?;
    match size {
        1 => rest.first().map(|&byte| byte.into()),
        2 => rest.first_chunk().map(|bytes| u16::from_le_bytes(*bytes).into()),
        4 => rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes).into()),
        8 => rest.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)),
        _ => None,
    }
}
