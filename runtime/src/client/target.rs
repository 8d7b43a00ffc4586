//! What `Client::workflow` takes: an interface's constant, or a workflow function.

use super::{ClientStub, FunctionStub};
use crate::converter::Value;
use crate::workflow::{ChildCall, ChildStub, ExternalStub, WorkflowType};

/// Implemented by the constant that `#[workflow_interface]` puts beside the trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no workflow",
    note = "give the name of a trait with `#[workflow_interface]`, or of a function with `#[workflow]`"
)]
pub trait Interface: Copy {
    /// The workflow type's name on the wire, where the interface has a run method.
    const NAME: &'static str;
    /// The stub for clients.
    type Client: From<ClientStub>;
    /// The stub for parents.
    type Child: From<ChildStub>;
    /// The stub for other workflows.
    type External: From<ExternalStub>;
}

/// What names a workflow. `K` only keeps the implementations apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no workflow",
    note = "give the name of a trait with `#[workflow_interface]`, or of a function with `#[workflow]`"
)]
pub trait Target<K> {
    /// What talks to it.
    type Client;
    /// Makes it.
    fn stub(self, stub: ClientStub) -> Self::Client;
}

/// Marks [`Target`] for interfaces.
#[derive(Debug)]
pub struct ByInterface;

#[diagnostic::do_not_recommend]
impl<I: Interface> Target<ByInterface> for I {
    type Client = I::Client;

    fn stub(self, stub: ClientStub) -> Self::Client {
        stub.into()
    }
}

macro_rules! functions {
    ($($name:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<F, M, $($name: Value),*> Target<(M, ($($name,)*))> for F
        where
            F: Fn($($name),*) -> ChildCall<M>,
            M: WorkflowType<Args = ($($name,)*)>,
        {
            type Client = FunctionStub<M>;

            fn stub(self, stub: ClientStub) -> Self::Client {
                FunctionStub::new(stub)
            }
        }
    };
}

functions!();
functions!(A);
functions!(A, B);
functions!(A, B, C);
functions!(A, B, C, D);
functions!(A, B, C, D, E);
functions!(A, B, C, D, E, G);
functions!(A, B, C, D, E, G, H);
functions!(A, B, C, D, E, G, H, I);
