//! Values that can be written as JSON: the argument of [`Writer::field`].

use std::borrow::Cow;

use super::Writer;

/// A value that can be written.
pub(crate) trait ToJson {
    /// Write it.
    fn write(&self, w: &mut Writer);
}

/// A hexadecimal string of a number or an optional one, padded with zeros to a width: `Hex(address, 16)`.
pub(crate) struct Hex<T>(pub(crate) T, pub(crate) usize);

/// A text that may be long: it is shortened to the remaining budget.
pub(crate) struct Text<T>(pub(crate) T);

/// `null`
pub(crate) struct Null;

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write(&self, w: &mut Writer) {
        (**self).write(w);
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, w: &mut Writer) {
        match self {
            Some(value) => value.write(w),
            None => w.null(),
        }
    }
}

impl ToJson for str {
    fn write(&self, w: &mut Writer) {
        w.string(self);
    }
}

impl ToJson for String {
    fn write(&self, w: &mut Writer) {
        w.string(self);
    }
}

impl ToJson for Cow<'_, str> {
    fn write(&self, w: &mut Writer) {
        w.string(self);
    }
}

impl ToJson for bool {
    fn write(&self, w: &mut Writer) {
        w.bool(*self);
    }
}

impl ToJson for u64 {
    fn write(&self, w: &mut Writer) {
        w.number(*self);
    }
}

impl ToJson for u32 {
    fn write(&self, w: &mut Writer) {
        w.number(u64::from(*self));
    }
}

impl ToJson for u16 {
    fn write(&self, w: &mut Writer) {
        w.number(u64::from(*self));
    }
}

impl ToJson for usize {
    fn write(&self, w: &mut Writer) {
        w.number(*self as u64);
    }
}

impl ToJson for Null {
    fn write(&self, w: &mut Writer) {
        w.null();
    }
}

impl ToJson for Hex<u64> {
    fn write(&self, w: &mut Writer) {
        w.hex(self.0, self.1);
    }
}

impl ToJson for Hex<u32> {
    fn write(&self, w: &mut Writer) {
        w.hex(u64::from(self.0), self.1);
    }
}

impl<T: Copy> ToJson for Hex<Option<T>>
where
    Hex<T>: ToJson,
{
    fn write(&self, w: &mut Writer) {
        self.0.map(|value| Hex(value, self.1)).write(w);
    }
}

impl ToJson for Text<&String> {
    fn write(&self, w: &mut Writer) {
        w.text(self.0);
    }
}

impl ToJson for Text<&str> {
    fn write(&self, w: &mut Writer) {
        w.text(self.0);
    }
}

impl ToJson for Text<Option<&str>> {
    fn write(&self, w: &mut Writer) {
        w.optional_text(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_written() {
        let mut w = Writer::new(usize::MAX, 0);
        w.begin_object();
        w.field("text", "a\"b");
        w.field("owned", Some(String::from("c")));
        w.field("none", None::<&str>);
        w.field("null", Null);
        w.field("flag", true);
        w.field("numbers", 7u64);
        w.field("count", 3usize);
        w.field("word", Some(5u32));
        w.field("address", Hex(0x1fu64, 4));
        w.field("unknown", Hex(None::<u64>, 4));
        w.field("code", Hex(Some(0xc5u32), 8));
        w.field("long", Text("t"));
        w.field("longer", Text(None));
        w.end_object();
        let expected = r#"{"text":"a\"b","owned":"c","none":null,"null":null,"flag":true,"numbers":7,"count":3,"word":5,"address":"0x001f","unknown":null,"code":"0x000000c5","long":"t","longer":null}"#;
        assert_eq!(w.take(), expected.as_bytes());
    }
}
