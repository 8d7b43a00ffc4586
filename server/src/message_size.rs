//! Requests that are too large are refused in the words of gRPC for Go, because SDKs know them: a
//! worker whose answer was refused so fails its task, instead of sending it again and again.

use http::Response;
use tonic::{Code, Status, body::Body};

/// The answer in those words, if it is such a refusal.
pub(crate) fn reworded(answer: Response<Body>) -> Response<Body> {
    // Answers of handlers that were called have their status in the trailers.
    if !answer.headers().contains_key("grpc-status") {
        return answer;
    }
    let status = Status::from_header_map(answer.headers());
    match status.and_then(|status| refusal(status.code(), status.message())) {
        Some(message) => Status::resource_exhausted(message).into_http(),
        None => answer,
    }
}

fn refusal(code: Code, message: &str) -> Option<String> {
    if code != Code::OutOfRange || !message.starts_with("Error, decoded message length too large") {
        return None;
    }
    let mut numbers = message
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|digits| !digits.is_empty());
    let (size, limit) = (numbers.next()?, numbers.next()?);
    Some(format!(
        "grpc: received message larger than max ({size} vs. {limit})"
    ))
}
