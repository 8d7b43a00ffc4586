//! A record of calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::converter::{Args, ConverterError, DataConverter, EncodedValues, Payload};

/// The parameters of every call so far, in order. Clones are of one record.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<Vec<Payload>>>>);

impl Calls {
    pub(super) fn record<A: Args>(&self, args: &A) -> Result<(), ConverterError> {
        let payloads = args.to_payloads(&DataConverter::default())?;
        self.lock().push(payloads);
        Ok(())
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    #[track_caller]
    pub(super) fn decoded<A: Args>(&self, name: &str) -> Vec<A> {
        let calls = self.lock();
        let calls = calls.iter().cloned().map(EncodedValues::new);
        calls.map(|call| decoded(name, &call)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<Payload>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parameters as a tuple.
///
/// # Panics
/// If they are of other types.
#[track_caller]
pub(super) fn decoded<A: Args>(name: &str, values: &EncodedValues) -> A {
    match values.decode() {
        Ok(args) => args,
        Err(error) => panic!("the parameters of `{name}` do not decode: {error}"),
    }
}
