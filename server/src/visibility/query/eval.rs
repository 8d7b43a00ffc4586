//! Asks one record whether a filter holds, with SQL's three values: a comparison with a missing
//! attribute is unknown, and so is its negation.

use super::{Field, Filter, Test};
use crate::visibility::search_attributes::Value;

/// What a query can be asked of.
pub(crate) trait Subject {
    /// The value of an attribute.
    fn value(&self, field: &Field) -> Found<'_>;
}

impl Filter {
    /// Whether the subject is one of those that the query asks for.
    pub(crate) fn matches(&self, subject: &impl Subject) -> bool {
        self.holds(subject) == Some(true)
    }

    /// `None` is SQL's unknown.
    fn holds(&self, subject: &impl Subject) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::And(parts) => all(parts.iter().map(|part| part.holds(subject))),
            Self::Or(parts) => {
                let none = all(parts
                    .iter()
                    .map(|part| part.holds(subject).map(|holds| !holds)));
                none.map(|none| !none)
            }
            Self::Not(inner) => inner.holds(subject).map(|holds| !holds),
            Self::Is(field, test) => test.holds(subject.value(field)),
        }
    }
}

/// False if one is false, else unknown if one is unknown, else true.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

/// An attribute's value in a record, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    Bool(bool),
    Double(f64),
    /// Also times and durations, in nanoseconds.
    Int(i64),
    Keyword(&'a str),
    KeywordList(&'a [String]),
    Text(&'a str),
    /// The execution has no value there.
    Missing,
    /// The same, of a type whose conditions are about membership: not to be there is an answer.
    MissingSet,
}

impl Test {
    fn holds(&self, found: Found<'_>) -> Option<bool> {
        match (self, found) {
            (Self::Null, found) => Some(matches!(found, Found::Missing | Found::MissingSet)),
            (_, Found::Missing) => None,
            (_, Found::MissingSet) => Some(false),
            (Self::Compare(comparison, value), found) => {
                if let Some(member) = membership(found, value) {
                    return Some(member);
                }
                let ordering = compare(found, value)?;
                Some(comparison.holds(ordering))
            }
            (Self::In(values), found) => Some(values.iter().any(|value| equals(found, value))),
            (Self::Between(from, to), found) => {
                Some(compare(found, from)?.is_ge() && compare(found, to)?.is_le())
            }
            (Self::StartsWith(prefix), Found::Keyword(text)) => Some(text.starts_with(&**prefix)),
            (Self::StartsWith(_), _) => None,
        }
    }
}

fn equals(found: Found<'_>, value: &Value) -> bool {
    membership(found, value)
        .unwrap_or_else(|| compare(found, value).is_some_and(std::cmp::Ordering::is_eq))
}

/// For lists and texts, equality means that one of the words is there.
fn membership(found: Found<'_>, value: &Value) -> Option<bool> {
    match (found, value) {
        (Found::KeywordList(list), Value::Keyword(wanted)) => {
            Some(list.iter().any(|item| item == wanted))
        }
        (Found::Text(text), Value::Text(wanted)) => Some(shares_a_word(text, wanted)),
        _ => None,
    }
}

fn compare(found: Found<'_>, value: &Value) -> Option<std::cmp::Ordering> {
    match (found, value) {
        (Found::Bool(found), Value::Bool(value)) => Some(found.cmp(value)),
        (Found::Int(found), Value::Int(value) | Value::Datetime(value)) => Some(found.cmp(value)),
        (Found::Double(found), Value::Double(value)) => found.partial_cmp(value),
        (Found::Keyword(found), Value::Keyword(value)) => Some(found.cmp(value.as_str())),
        // The attribute was registered anew with another type since the value was set.
        _ => None,
    }
}

fn shares_a_word(text: &str, wanted: &str) -> bool {
    words(wanted).any(|wanted| words(text).any(|word| word == wanted))
}

/// What texts are looked for by.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
