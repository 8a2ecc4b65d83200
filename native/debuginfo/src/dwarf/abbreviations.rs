//! The bytes of tables of abbreviations.

use gimli::{AttributeSpecification, DwAt, DwForm, EndianSlice, LittleEndian, Reader as _};

use super::Reader;
use crate::limits;

/// Why a unit is left out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refused {
    Damaged,
    Excess,
}

/// Bytes that are read as numbers of base 128, nearly all of which have one byte.
pub(super) struct Bytes<'d> {
    pub(super) bytes: &'d [u8],
    pub(super) at: usize,
}

impl Bytes<'_> {
    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, Refused> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(byte.into())
            }
            _ => self.long(|rest| rest.read_uleb128()),
        }
    }

    #[inline]
    pub(super) fn short(&mut self) -> Result<u16, Refused> {
        u16::try_from(self.number()?).map_err(|_| Refused::Damaged)
    }

    fn signed(&mut self) -> Result<i64, Refused> {
        self.long(|rest| rest.read_sleb128())
    }

    #[inline(never)]
    fn long<T>(&mut self, read: impl FnOnce(&mut Reader<'_>) -> gimli::Result<T>) -> Result<T, Refused> {
        let mut rest = EndianSlice::new(self.bytes.get(self.at..).unwrap_or_default(), LittleEndian);
        let before = rest.len();
        let number = read(&mut rest).map_err(|_| Refused::Damaged)?;
        self.at += before - rest.len();
        Ok(number)
    }

    /// The name and the form of an attribute, which nearly always have a byte each. Both are 0 after the last attribute.
    #[inline(always)]
    fn name_and_form(&mut self) -> Result<(u16, u16), Refused> {
        match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(&[name, form]) if (name | form) < 0x80 => {
                self.at += 2;
                Ok((name.into(), form.into()))
            }
            _ => Ok((self.short()?, self.short()?)),
        }
    }

    /// An attribute of an abbreviation; `None`: it has no more.
    #[inline(always)]
    pub(super) fn attribute(&mut self) -> Result<Option<AttributeSpecification>, Refused> {
        let (name, form) = self.name_and_form()?;
        if (name, form) == (0, 0) {
            return Ok(None);
        }
        let form = DwForm(form);
        let constant = if form == gimli::DW_FORM_implicit_const { Some(self.signed()?) } else { None };
        Ok(Some(AttributeSpecification::new(DwAt(name), form, constant)))
    }

    /// Skip the attributes of an abbreviation, no more than so many and one.
    pub(super) fn skip_attributes(&mut self, most: usize) -> Result<(), Refused> {
        for _ in 0..most + 2 {
            let (name, form) = self.name_and_form()?;
            if (name, form) == (0, 0) {
                return Ok(());
            }
            if DwForm(form) == gimli::DW_FORM_implicit_const {
                self.signed()?;
            }
        }
        Err(Refused::Excess)
    }
}

/// The attributes of an abbreviation, which begin at an offset of a table. Damage ends them.
pub(super) fn attributes(table: &[u8], at: usize) -> impl Iterator<Item = AttributeSpecification> {
    let mut bytes = Bytes { bytes: table, at };
    std::iter::from_fn(move || bytes.attribute().ok()?).take(limits::ATTRIBUTES + 1)
}
