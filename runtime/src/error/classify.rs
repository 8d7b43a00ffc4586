//! From any error to a failure that keeps what the error knows.

use std::any::{Any, type_name};
use std::error::Error;

use super::{
    ActivityFailure, ApplicationError, Cancelled, ChildFailure, ExternalFailure, Failure, TimedOut,
};

/// Turns an error into a failure. Our own errors keep their structure; any other becomes an application failure
/// whose type is the name of the error's type, so that other languages can match on it.
pub(super) fn to_failure<E: Error + Send + Sync + 'static>(error: E) -> Failure {
    let mut slot = Some(error);
    if let Some(error) = take::<E, Failure>(&mut slot) {
        return error;
    }
    if let Some(error) = take::<E, ApplicationError>(&mut slot) {
        return error.into_failure();
    }
    if let Some(error) = take::<E, ActivityFailure>(&mut slot) {
        return error.into_failure();
    }
    if let Some(error) = take::<E, ChildFailure>(&mut slot) {
        return error.into_failure();
    }
    if let Some(error) = take::<E, ExternalFailure>(&mut slot) {
        return error.into_failure();
    }
    if let Some(error) = take::<E, Cancelled>(&mut slot) {
        return Failure::canceled(error.to_string());
    }
    if let Some(error) = take::<E, TimedOut>(&mut slot) {
        return Failure::application("TimedOut", error.to_string());
    }
    let error = slot.expect("no branch above has taken the error");
    let mut failure = Failure::application(short_name(type_name::<E>()), error.to_string());
    failure.cause = error.source().map(|it| Box::new(from_source(it)));
    failure
}

/// The type of a source is not known, so that its message is all there is, unless it is one of ours.
pub(super) fn from_source(error: &(dyn Error + 'static)) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.clone();
    }
    let mut failure = Failure::application("", error.to_string());
    failure.cause = error.source().map(|it| Box::new(from_source(it)));
    failure
}

/// Moves a value out as the type that it may be, without a box.
pub(super) fn take<E: 'static, T: 'static>(slot: &mut Option<E>) -> Option<T> {
    (slot as &mut dyn Any)
        .downcast_mut::<Option<T>>()
        .and_then(Option::take)
}

/// The last segment of a type's path, without its generic arguments.
fn short_name(full: &str) -> &str {
    let path = full.split('<').next().unwrap_or(full);
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_error_is_named_for_its_type() {
        let error = "x".parse::<u32>().expect_err("`x` is no number");
        let failure = to_failure(error);
        assert_eq!(failure.error_type(), "ParseIntError");
        assert_eq!(failure.message, "invalid digit found in string");
    }

    #[test]
    fn an_application_error_keeps_its_type() {
        let failure = to_failure(ApplicationError::non_retryable("OutOfStock", "none left"));
        assert_eq!(failure.to_string(), "OutOfStock: none left");
    }

    #[test]
    fn generic_arguments_are_no_part_of_the_name() {
        assert_eq!(short_name("a::b::Error<c::D>"), "Error");
    }
}
