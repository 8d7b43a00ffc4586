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

/// A value that the server itself has to say.
pub fn json(value: &serde_json::Value) -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), "json/plain".into())].into(),
        data: value.to_string().into(),
        ..Payload::default()
    }
}

/// A search attribute's value of that type, made by the server.
pub fn keyword(keyword: &str) -> Payload {
    typed("Keyword", &keyword.into())
}

/// A search attribute's value of that type, made by the server.
pub fn keyword_list(keywords: &[String]) -> Payload {
    typed("KeywordList", &keywords.into())
}

fn typed(kind: &'static str, value: &serde_json::Value) -> Payload {
    let mut payload = json(value);
    payload.metadata.insert("type".to_owned(), kind.into());
    payload
}
