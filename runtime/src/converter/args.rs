//! Parameter lists: each parameter its own payload.

use super::payload::{NULL, payload};
use super::{ConverterError, DataConverter, EncodedValues, Payload, Value};

/// The parameters of a workflow, activity, signal, query or update, as a tuple of up to eight values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of parameters",
    note = "give a tuple, such as `(a, b)`; `(a,)` for one, `()` for none"
)]
pub trait Args: Send + Sized + 'static {
    /// Encodes each.
    ///
    /// # Errors
    /// If one does not encode.
    fn to_payloads(&self, converter: &DataConverter) -> Result<Vec<Payload>, ConverterError>;

    /// Decodes each. Missing ones at the end decode as null, where the type allows it; further ones are ignored, so
    /// that callers and implementations can be deployed in any order.
    ///
    /// # Errors
    /// If one does not decode.
    fn from_payloads(
        converter: &DataConverter,
        payloads: &[Payload],
    ) -> Result<Self, ConverterError>;
}

/// What can be given where parameters are asked for: the tuple of them, or the value itself if there is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit the parameters `{A}`",
    note = "give the parameters as a tuple, `()` for none; a single one may stand alone"
)]
pub trait IntoArgs<A> {
    /// The tuple.
    fn into_args(self) -> A;
}

#[diagnostic::do_not_recommend]
impl<A: Args> IntoArgs<A> for A {
    fn into_args(self) -> A {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> IntoArgs<(T,)> for T {
    fn into_args(self) -> (T,) {
        (self,)
    }
}

#[diagnostic::do_not_recommend]
impl IntoArgs<(String,)> for &str {
    fn into_args(self) -> (String,) {
        (self.to_owned(),)
    }
}

/// All parameters undecoded, for handlers of any type.
impl Args for EncodedValues {
    fn to_payloads(&self, _: &DataConverter) -> Result<Vec<Payload>, ConverterError> {
        Ok(self.payloads().to_vec())
    }

    fn from_payloads(
        converter: &DataConverter,
        payloads: &[Payload],
    ) -> Result<Self, ConverterError> {
        Ok(Self::new(payloads.to_vec()).read_by(converter))
    }
}

macro_rules! args {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Value),*> Args for ($($name,)*) {
            fn to_payloads(&self, converter: &DataConverter) -> Result<Vec<Payload>, ConverterError> {
                let _ = converter;
                Ok(vec![$(converter
                    .to_payload(&self.$index)
                    .map_err(|error| error.context(concat!("argument ", $index)))?),*])
            }

            fn from_payloads(
                converter: &DataConverter,
                payloads: &[Payload],
            ) -> Result<Self, ConverterError> {
                let _ = (converter, payloads);
                Ok(($(decode_at::<$name>(converter, payloads, $index)?,)*))
            }
        }
    };
}

args!();
args!(A 0);
args!(A 0, B 1);
args!(A 0, B 1, C 2);
args!(A 0, B 1, C 2, D 3);
args!(A 0, B 1, C 2, D 3, E 4);
args!(A 0, B 1, C 2, D 3, E 4, F 5);
args!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
args!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

fn decode_at<T: Value>(
    converter: &DataConverter,
    payloads: &[Payload],
    index: usize,
) -> Result<T, ConverterError> {
    let Some(payload) = payloads.get(index) else {
        let null = payload(NULL, bytes::Bytes::new());
        return converter.from_payload(&null).map_err(|_| {
            ConverterError::new(format!(
                "argument {index} is missing: expected `{}`, found {} arguments",
                std::any::type_name::<T>(),
                payloads.len()
            ))
        });
    };
    converter
        .from_payload(payload)
        .map_err(|error| error.context(format_args!("argument {index}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode<A: Args>(args: &A) -> Vec<Payload> {
        args.to_payloads(&DataConverter::default())
            .expect("the arguments encode")
    }

    fn decode<A: Args>(payloads: &[Payload]) -> Result<A, ConverterError> {
        A::from_payloads(&DataConverter::default(), payloads)
    }

    #[test]
    fn missing_arguments_are_null_and_further_ones_are_ignored() {
        let one = encode(&(1u8,));
        assert_eq!(decode::<(u8, Option<u8>)>(&one), Ok((1, None)));
        assert_eq!(decode::<()>(&one), Ok(()));
        let error = decode::<(u8, u8)>(&one).expect_err("the second is missing");
        assert_eq!(
            error.to_string(),
            "argument 1 is missing: expected `u8`, found 1 arguments"
        );
    }

    #[test]
    fn a_single_argument_may_stand_alone() {
        fn take<A>(args: impl IntoArgs<A>) -> A {
            args.into_args()
        }
        assert_eq!(take::<(String,)>("a"), ("a".to_owned(),));
        assert_eq!(take::<(u8,)>(1u8), (1,));
        assert_eq!(take::<(u8, u8)>((1u8, 2u8)), (1, 2));
        take::<()>(());
    }
}
