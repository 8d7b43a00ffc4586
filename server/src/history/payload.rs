//! What the server must know about payloads, which is very little.

use mainspring_proto::common::v1::Payload;

/// Whether the payload stands for "no value": an upsert of it removes the key.
pub fn is_nil(payload: &Payload) -> bool {
    let encoding = payload.metadata.get("encoding").map_or(&[][..], |it| it);
    match encoding {
        b"binary/null" => true,
        b"json/plain" => matches!(&payload.data[..], b"null" | b"[]"),
        _ => payload.data.is_empty() && payload.metadata.is_empty(),
    }
}
