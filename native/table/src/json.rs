//! JSON without expectations: a value of an unexpected type is absent, and unknown keys are skipped.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What can be made of any JSON value. Each method is for one type of value; unless it is implemented, such a value is absent.
pub(crate) trait Lenient<'de>: Default {
    fn of_text(_text: Cow<'de, str>) -> Self {
        Self::default()
    }

    fn of_integer(_integer: i128) -> Self {
        Self::default()
    }

    fn of_flag(_flag: bool) -> Self {
        Self::default()
    }

    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// Decode a document.
pub(crate) fn decode<'de, T: Lenient<'de>>(json: &'de [u8]) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let decoded = deserializer.deserialize_any(Any(PhantomData))?;
    deserializer.end()?;
    Ok(decoded)
}

/// Decode an object by its keys and the JSON of their values. Values of keys that are not used are not looked at.
pub(crate) fn decode_values<'de, T: Lenient<'de> + Keys>(
    values: impl Iterator<Item = (&'de str, &'de [u8])>,
) -> serde_json::Result<T> {
    T::of_object(Values { rest: values.filter(|(key, _)| T::KEYS.contains(key)), value: &[] })
}

/// An object of which only some keys are used.
pub(crate) trait Keys {
    /// These keys.
    const KEYS: &'static [&'static str];
}

struct Values<'de, I> {
    rest: I,
    /// The value of the key that was returned last.
    value: &'de [u8],
}

impl<'de, I: Iterator<Item = (&'de str, &'de [u8])>> MapAccess<'de> for Values<'de, I> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> serde_json::Result<Option<K::Value>> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> serde_json::Result<V::Value> {
        // As a whole it is checked to be UTF-8 sooner than string by string.
        let text = str::from_utf8(self.value).map_err(serde_json::Error::custom)?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

/// Decodes a value of any type.
pub(crate) struct Any<T>(pub(crate) PhantomData<T>);

impl<'de, T: Lenient<'de>> DeserializeSeed<'de> for Any<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Lenient<'de>> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<T, E> {
        Ok(T::of_flag(flag))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<T, E> {
        Ok(T::of_integer(integer.into()))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<T, E> {
        Ok(T::of_integer(integer.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<T, E> {
        Ok(T::of_text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::of_text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::of_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::of_object(object)
    }
}

/// Text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text<'a>(Option<Cow<'a, str>>);

impl Text<'_> {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text without spaces around it; `None` if nothing is left.
    pub(crate) fn filled(&self) -> Option<&str> {
        self.get().map(str::trim).filter(|text| !text.is_empty())
    }
}

impl<'de> Lenient<'de> for Text<'de> {
    fn of_text(text: Cow<'de, str>) -> Self {
        Self(Some(text))
    }
}

impl<'de> Lenient<'de> for Option<bool> {
    fn of_flag(flag: bool) -> Self {
        Some(flag)
    }
}

impl<'de> Lenient<'de> for Option<i64> {
    fn of_integer(integer: i128) -> Self {
        integer.try_into().ok()
    }
}

impl<'de> Lenient<'de> for Option<i32> {
    fn of_integer(integer: i128) -> Self {
        integer.try_into().ok()
    }
}

/// An address: `0x` and hexadecimal digits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hex(pub(crate) Option<u64>);

impl<'de> Lenient<'de> for Hex {
    fn of_text(text: Cow<'de, str>) -> Self {
        let digits = text.strip_prefix("0x").filter(|digits| !digits.starts_with('+'));
        Self(digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()))
    }
}

/// The items of a list.
impl<'de, T: Lenient<'de>> Lenient<'de> for Option<Vec<T>> {
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Any(PhantomData))? {
            items.push(item);
        }
        Ok(Some(items))
    }
}

/// The length of a list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Length(pub(crate) Option<i64>);

impl<'de> Lenient<'de> for Length {
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut length = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(Self(Some(length)))
    }
}

/// Whether there is an object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Present(pub(crate) bool);

impl<'de> Lenient<'de> for Present {
    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self(true))
    }
}

/// Declare an object by the keys that are used of it. Of a key that is there twice the last value counts.
macro_rules! object {
    ($(#[doc = $about:literal])+ $Name:ident<$lifetime:lifetime> { $( $field:ident: $Type:ty = $key:literal, )+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Default)]
        pub(crate) struct $Name<$lifetime> {
            $( pub(crate) $field: $Type, )+
            of: std::marker::PhantomData<&$lifetime str>,
        }

        impl $crate::json::Keys for $Name<'_> {
            const KEYS: &'static [&'static str] = &[$($key),+];
        }

        impl<$lifetime> $crate::json::Lenient<$lifetime> for $Name<$lifetime> {
            fn of_object<A: serde::de::MapAccess<$lifetime>>(mut object: A) -> Result<Self, A::Error> {
                use std::marker::PhantomData;
                use $crate::json::{Any, Text};

                let mut found = Self::default();
                while let Some(key) = object.next_key_seed(Any(PhantomData::<Text<$lifetime>>))? {
                    match key.get() {
                        $( Some($key) => found.$field = object.next_value_seed(Any(PhantomData))?, )+
                        _ => {
                            object.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(found)
            }
        }
    };
}
pub(crate) use object;
