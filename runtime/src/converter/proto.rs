//! Protobuf messages as arguments and results.

use prost::{Message, Name};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::payload::{payload, read_through, write_through};

/// A protobuf message as an argument or a result, in its binary encoding: `binary/protobuf`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proto<M>(pub M);

impl<M: Message + Name> Serialize for Proto<M> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut whole = payload("binary/protobuf", self.0.encode_to_vec().into());
        whole
            .metadata
            .insert("messageType".to_owned(), M::full_name().into());
        write_through(whole, to)
    }
}

impl<'de, M: Message + Name + Default> Deserialize<'de> for Proto<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let whole = read_through(from)?;
        let encoding = super::payload::encoding_of(&whole);
        if encoding != "binary/protobuf" {
            return Err(D::Error::custom(format!(
                "expected a message `{}` of encoding \"binary/protobuf\", found encoding {encoding:?}",
                M::full_name()
            )));
        }
        M::decode(whole.data).map(Self).map_err(D::Error::custom)
    }
}
