//! Other encodings than JSON.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use serde::de::IntoDeserializer;
use serde::ser::{Impossible, Serialize, Serializer};
use serde::{Deserializer, de};

use super::Payload;
use super::payload::{
    ConverterError, NESTED, NULL, PASS_THROUGH, Value, encoding_of, payload, type_of,
};

/// How values become bytes, in place of JSON: MessagePack, CBOR, a JSON with other settings. Set it by
/// [`DataConverter::with_payload_converter`](super::DataConverter::with_payload_converter).
///
/// It is asked for all that serde can write. Not for unit and `None`, `Vec<u8>` and `Bytes`, and
/// [`Proto`](super::Proto) messages: these keep their encodings, by which every SDK knows them.
///
/// ```
/// use mainspring::converter::{AnyValue, DataConverter, PayloadConverter, ReadError, Slot, WriteError};
///
/// struct MessagePack;
///
/// impl PayloadConverter for MessagePack {
///     fn encoding(&self) -> &str {
///         "binary/msgpack"
///     }
///
///     fn write(&self, value: AnyValue<'_>) -> Result<Vec<u8>, WriteError> {
///         Ok(rmp_serde::to_vec_named(&value)?)
///     }
///
///     fn read(&self, data: &[u8], slot: Slot<'_>) -> Result<(), ReadError> {
///         Ok(slot.fill(&mut rmp_serde::Deserializer::new(data))?)
///     }
/// }
///
/// let converter = DataConverter::default().with_payload_converter(MessagePack);
/// let payload = converter.to_payload(&("Ada".to_owned(), 36))?;
/// assert_eq!(payload.data, b"\x92\xa3Ada\x24"[..]);
/// assert_eq!(converter.from_payload::<(String, u8)>(&payload)?, ("Ada".to_owned(), 36));
/// # Ok::<(), mainspring::converter::ConverterError>(())
/// ```
pub trait PayloadConverter: Send + Sync + 'static {
    /// The name of the encoding, which each payload carries in its metadata, and by which it is read again.
    fn encoding(&self) -> &str;

    /// Writes a value.
    ///
    /// # Errors
    /// If the encoding has no form for it.
    fn write(&self, value: AnyValue<'_>) -> Result<Vec<u8>, WriteError>;

    /// Reads a value: gives the data's deserializer to the slot that wants it.
    ///
    /// # Errors
    /// If the data are not of this encoding, or of another shape than the value's.
    fn read(&self, data: &[u8], slot: Slot<'_>) -> Result<(), ReadError>;
}

/// Why a value cannot be written: any error.
pub type WriteError = Box<dyn Error + Send + Sync>;
/// Why a value cannot be read: any error.
pub type ReadError = Box<dyn Error + Send + Sync>;

/// A value of any type, to be written by serde.
#[derive(Clone, Copy)]
pub struct AnyValue<'a>(&'a dyn erased_serde::Serialize);

impl Serialize for AnyValue<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl fmt::Debug for AnyValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyValue(..)")
    }
}

type Fill<'a> =
    dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error> + 'a;

/// Where a value of any type is wanted, to be read by serde.
#[must_use = "the value is read by `fill`"]
pub struct Slot<'a>(&'a mut Fill<'a>);

impl Slot<'_> {
    /// Reads the value.
    ///
    /// # Errors
    /// The deserializer's.
    pub fn fill<'de, D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let mut from = <dyn erased_serde::Deserializer<'_>>::erase(from);
        (self.0)(&mut from).map_err(de::Error::custom)
    }
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot(..)")
    }
}

/// Writes what is no null and no whole payload.
pub(super) fn encode<T: Value>(
    converter: &dyn PayloadConverter,
    value: &T,
) -> Result<Payload, ConverterError> {
    PASS_THROUGH.set(None);
    let is_null = value.serialize(NullOnly).is_ok();
    if let Some(whole) = PASS_THROUGH.take() {
        return Ok(whole);
    }
    if is_null {
        return Ok(payload(NULL, Bytes::new()));
    }
    let written = converter.write(AnyValue(value));
    if PASS_THROUGH.take().is_some() {
        return Err(ConverterError::new(NESTED).context(type_of::<T>()));
    }
    let data =
        written.map_err(|error| ConverterError::new(error.to_string()).context(type_of::<T>()))?;
    let mut written = payload(NULL, data.into());
    let encoding = Bytes::copy_from_slice(converter.encoding().as_bytes());
    written
        .metadata
        .insert(super::payload::ENCODING.to_owned(), encoding);
    Ok(written)
}

/// Reads a payload of the converter's encoding.
pub(super) fn decode<T: Value>(
    converter: &dyn PayloadConverter,
    payload: &Payload,
) -> Result<T, ConverterError> {
    let failed = |error: &dyn fmt::Display| {
        ConverterError::new(format!(
            "cannot read a payload of encoding {:?} as `{}`: {error}",
            encoding_of(payload),
            type_of::<T>()
        ))
    };
    // Types that stand for a whole payload take it from what any deserializer gives them; others take nothing.
    PASS_THROUGH.set(Some(payload.clone()));
    let whole = T::deserialize(IntoDeserializer::<de::value::Error>::into_deserializer(()));
    if PASS_THROUGH.take().is_none() {
        return whole.map_err(|error| failed(&error));
    }
    let mut read = None;
    let mut fill = |from: &mut dyn erased_serde::Deserializer<'_>| {
        read = Some(T::deserialize(from)?);
        Ok(())
    };
    let outcome = converter.read(&payload.data, Slot(&mut fill));
    outcome.map_err(|error| failed(&error))?;
    read.ok_or_else(|| failed(&"its payload converter has read nothing: it must call `Slot::fill`"))
}

/// Accepts unit and `None` alone, at no cost for all else.
struct NullOnly;

#[derive(Debug)]
struct NotNull;

impl fmt::Display for NotNull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not null")
    }
}

impl Error for NotNull {}

impl serde::ser::Error for NotNull {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! not_null {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, NotNull> {
            Err(NotNull)
        })*
    };
}

type Never = Impossible<(), NotNull>;

impl Serializer for NullOnly {
    type Ok = ();
    type Error = NotNull;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_unit(self) -> Result<(), NotNull> {
        Ok(())
    }

    fn serialize_none(self) -> Result<(), NotNull> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NotNull> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotNull> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotNull> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NotNull> {
        Err(NotNull)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), NotNull> {
        Err(NotNull)
    }

    not_null! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::converter::{DataConverter, Proto, RawPayload};
    use mainspring_proto::common::v1::WorkflowExecution;

    /// JSON with indents, under the name given.
    struct Pretty(&'static str);

    impl PayloadConverter for Pretty {
        fn encoding(&self) -> &str {
            self.0
        }

        fn write(&self, value: AnyValue<'_>) -> Result<Vec<u8>, WriteError> {
            Ok(serde_json::to_vec_pretty(&value)?)
        }

        fn read(&self, data: &[u8], slot: Slot<'_>) -> Result<(), ReadError> {
            Ok(slot.fill(&mut serde_json::Deserializer::from_slice(data))?)
        }
    }

    /// Reads nothing, whatever it is given.
    struct Lazy;

    impl PayloadConverter for Lazy {
        fn encoding(&self) -> &str {
            "lazy"
        }

        fn write(&self, _: AnyValue<'_>) -> Result<Vec<u8>, WriteError> {
            Err("too much work".into())
        }

        fn read(&self, _: &[u8], _: Slot<'_>) -> Result<(), ReadError> {
            Ok(())
        }
    }

    fn pretty() -> DataConverter {
        DataConverter::default().with_payload_converter(Pretty("json/pretty"))
    }

    fn check<T: Value + PartialEq + fmt::Debug>(value: T, encoding: &str, data: &[u8]) {
        let payload = pretty().to_payload(&value).expect("the value encodes");
        assert_eq!(encoding_of(&payload), encoding);
        assert_eq!(&payload.data[..], data);
        let back: T = pretty().from_payload(&payload).expect("and decodes");
        assert_eq!(back, value);
    }

    #[test]
    fn values_are_written_and_read_by_it_and_those_of_fixed_encodings_are_not() {
        check(vec![7], "json/pretty", b"[\n  7\n]");
        check(Some(1u8), "json/pretty", b"1");
        check("a".to_owned(), "json/pretty", b"\"a\"");
        check((), NULL, b"");
        check(None::<String>, NULL, b"");
        check(b"raw".to_vec(), "binary/plain", b"raw");
        check(
            RawPayload(payload("x/y", Bytes::from_static(b"z"))),
            "x/y",
            b"z",
        );
        check(Proto(WorkflowExecution::default()), "binary/protobuf", b"");
        let own = pretty().to_payload(&vec![7]).expect("it encodes");
        assert_eq!(
            pretty().from_payload::<RawPayload>(&own),
            Ok(RawPayload(own.clone())),
            "what stands for a whole payload takes those of its encoding too"
        );
        let nested = pretty().to_payload(&vec![RawPayload::default()]);
        let nested = nested.expect_err("it is part of a value").to_string();
        assert!(nested.ends_with(NESTED), "{nested}");
    }

    #[test]
    fn payloads_are_read_by_their_encoding_and_the_last_converter_writes() {
        let old = pretty().to_payload(&vec![7]).expect("it encodes");
        let json = DataConverter::default().to_payload(&vec![7]);
        let both = pretty().with_payload_converter(Pretty("json/prettier"));
        let new = both.to_payload(&vec![7]).expect("it encodes");
        assert_eq!(encoding_of(&new), "json/prettier");
        for payload in [old.clone(), json.expect("it encodes"), new] {
            assert_eq!(both.from_payload(&payload), Ok(vec![7]));
        }
        let unknown = DataConverter::default().from_payload::<Vec<i32>>(&old);
        assert_eq!(
            unknown.expect_err("nobody reads it").to_string(),
            "cannot read a payload of encoding \"json/pretty\" as `alloc::vec::Vec<i32>`"
        );
    }

    #[test]
    fn one_that_takes_the_name_of_json_takes_its_place() {
        let converter = DataConverter::default().with_payload_converter(Pretty("json/plain"));
        let written = converter.to_payload(&vec![7]).expect("it encodes");
        assert_eq!(&written.data[..], b"[\n  7\n]");
        assert_eq!(converter.from_payload(&written), Ok(vec![7]));
    }

    #[test]
    fn what_fails_says_which_type_and_why() {
        let of_text = pretty().to_payload(&"a".to_owned()).expect("it encodes");
        let wrong = pretty().from_payload::<u8>(&of_text);
        assert_eq!(
            wrong.expect_err("a text is no number").to_string(),
            "cannot read a payload of encoding \"json/pretty\" as `u8`: invalid type: string \"a\", expected u8 at line \
             1 column 3"
        );
        let lazy = DataConverter::default().with_payload_converter(Lazy);
        let unwritten = lazy.to_payload(&7u8).expect_err("it writes nothing");
        assert_eq!(unwritten.to_string(), "u8: too much work");
        let unread = lazy.from_payload::<u8>(&payload("lazy", Bytes::new()));
        let unread = unread.expect_err("it reads nothing").to_string();
        assert!(unread.ends_with("it must call `Slot::fill`"), "{unread}");
    }
}
