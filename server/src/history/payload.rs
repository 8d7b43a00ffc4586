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

/// A search attribute's value of that type, made by the server.
pub fn keyword_list(keywords: &[String]) -> Payload {
    let metadata = [("encoding", "json/plain"), ("type", "KeywordList")];
    Payload {
        metadata: metadata
            .map(|(key, value)| (key.to_owned(), value.into()))
            .into(),
        data: serde_json::Value::from(keywords).to_string().into(),
        ..Payload::default()
    }
}
