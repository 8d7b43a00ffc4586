//! Values to search workflows by.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::SystemTime;

use bytes::Bytes;

use crate::converter::{DataConverter, Payload, Value};

/// The name of a search attribute and the type of its values.
///
/// ```
/// use mainspring::workflow::SearchAttributeKey;
/// const CUSTOMER: SearchAttributeKey<String> = SearchAttributeKey::keyword("Customer");
/// ```
#[derive(Debug)]
pub struct SearchAttributeKey<T> {
    name: &'static str,
    kind: &'static str,
    value: PhantomData<fn() -> T>,
}

/// A Rust type that values of search attributes can have.
pub trait SearchAttributeValue: Value {}

impl SearchAttributeValue for String {}
impl SearchAttributeValue for i64 {}
impl SearchAttributeValue for f64 {}
impl SearchAttributeValue for bool {}
impl SearchAttributeValue for Vec<String> {}

impl SearchAttributeKey<String> {
    /// Text that is matched as a whole.
    pub const fn keyword(name: &'static str) -> Self {
        Self::of(name, "Keyword")
    }

    /// Text that is matched by its words.
    pub const fn text(name: &'static str) -> Self {
        Self::of(name, "Text")
    }

    /// A time, as RFC 3339 text.
    pub const fn datetime(name: &'static str) -> Self {
        Self::of(name, "Datetime")
    }
}

impl SearchAttributeKey<i64> {
    /// A whole number.
    pub const fn int(name: &'static str) -> Self {
        Self::of(name, "Int")
    }
}

impl SearchAttributeKey<f64> {
    /// A number.
    pub const fn double(name: &'static str) -> Self {
        Self::of(name, "Double")
    }
}

impl SearchAttributeKey<bool> {
    /// Yes or no.
    pub const fn bool(name: &'static str) -> Self {
        Self::of(name, "Bool")
    }
}

impl SearchAttributeKey<Vec<String>> {
    /// Several texts, each matched as a whole.
    pub const fn keyword_list(name: &'static str) -> Self {
        Self::of(name, "KeywordList")
    }
}

impl<T> SearchAttributeKey<T> {
    const fn of(name: &'static str, kind: &'static str) -> Self {
        Self {
            name,
            kind,
            value: PhantomData,
        }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// Values of search attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchAttributes {
    fields: BTreeMap<String, Payload>,
}

impl SearchAttributes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value.
    ///
    /// # Panics
    /// If the value does not encode, such as a number that is none.
    #[must_use]
    pub fn set<T: SearchAttributeValue>(mut self, key: &SearchAttributeKey<T>, value: T) -> Self {
        let payload = typed(key.kind, encoded(&value));
        self.fields.insert(key.name.to_owned(), payload);
        self
    }

    /// Removes a value.
    #[must_use]
    pub fn unset<T>(mut self, key: &SearchAttributeKey<T>) -> Self {
        let null = encoded(&());
        self.fields
            .insert(key.name.to_owned(), typed(key.kind, null));
        self
    }

    /// The value of a key, if it is set and of this type.
    pub fn get<T: SearchAttributeValue>(&self, key: &SearchAttributeKey<T>) -> Option<T> {
        let payload = self.fields.get(key.name)?;
        DataConverter::default().from_payload(payload).ok()
    }

    /// The names of all values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(crate) fn from_fields(fields: BTreeMap<String, Payload>) -> Self {
        Self { fields }
    }

    pub(crate) fn into_fields(self) -> BTreeMap<String, Payload> {
        self.fields
    }

    pub(crate) fn to_proto(&self) -> Option<mainspring_proto::common::v1::SearchAttributes> {
        (!self.fields.is_empty()).then(|| mainspring_proto::common::v1::SearchAttributes {
            indexed_fields: self.fields.clone(),
        })
    }
}

/// As JSON, whatever the converter of the client: servers read them.
#[track_caller]
fn encoded<T: Value>(value: &T) -> Payload {
    match DataConverter::default().to_payload(value) {
        Ok(payload) => payload,
        Err(error) => panic!("a search attribute does not encode: {error}"),
    }
}

fn typed(kind: &'static str, mut payload: Payload) -> Payload {
    let kind = Bytes::from_static(kind.as_bytes());
    payload.metadata.insert("type".to_owned(), kind);
    payload
}

/// A time as search attributes of type datetime have it.
pub fn datetime(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(i64::try_from(days).unwrap_or(0));
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let nanos = since.subsec_nanos();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

/// The date of a day counted from 1970-01-01 in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_rfc_3339() {
        let time = SystemTime::UNIX_EPOCH + Duration::new(951_782_400, 5);
        assert_eq!(datetime(time), "2000-02-29T00:00:00.000000005Z");
    }
}
