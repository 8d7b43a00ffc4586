//! Signals to other workflows.

use std::panic::Location;
use std::task::Poll;

use mainspring_proto::command::v1 as command;
use mainspring_proto::common::v1 as common;
use mainspring_proto::enums::v1 as enums;
use mainspring_proto::history::v1 as history;

use super::{Seq, Table};
use crate::converter::Payload;
use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId};
use crate::engine::nondeterminism::Mismatch;
use crate::error::{ExternalFailure, Failure};
use crate::interceptor::WorkflowCall;

/// Which workflow to reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExternalTarget {
    pub(crate) namespace: String,
    pub(crate) workflow_id: String,
    pub(crate) run_id: String,
    /// Set if it must be a child of this workflow.
    pub(crate) child_only: bool,
}

/// A signal that workflow code asks for.
pub(crate) struct SignalExternalRequest {
    pub(crate) target: ExternalTarget,
    pub(crate) signal_name: String,
    pub(crate) input: Vec<Payload>,
    pub(crate) at: &'static Location<'static>,
}

#[derive(Debug, Default)]
pub(crate) struct SignalExternals {
    table: Table<SignalExternal>,
}

#[derive(Debug)]
struct SignalExternal {
    workflow_id: String,
    signal_name: String,
    at: &'static Location<'static>,
    outcome: Option<Result<(), ExternalFailure>>,
    done: bool,
}

impl Run {
    pub(crate) fn signal_external(&mut self, request: SignalExternalRequest) -> Seq {
        let SignalExternalRequest {
            target,
            signal_name,
            input,
            at,
        } = request;
        self.assert_may_command("a signal to another workflow");
        let seq = self.signal_externals.table.push(SignalExternal {
            workflow_id: target.workflow_id.clone(),
            signal_name: signal_name.clone(),
            at,
            outcome: None,
            done: false,
        });
        let call = WorkflowCall::Signal {
            name: &signal_name,
            workflow_id: &target.workflow_id,
            to_child: target.child_only,
        };
        let (header, input) = self.sent(&call, Vec::new(), input).into_message();
        #[allow(deprecated)]
        let attributes = command::SignalExternalWorkflowExecutionCommandAttributes {
            namespace: target.namespace,
            execution: Some(common::WorkflowExecution {
                workflow_id: target.workflow_id,
                run_id: target.run_id,
            }),
            signal_name,
            header,
            input,
            child_workflow_only: target.child_only,
            ..Default::default()
        };
        let attributes =
            Attributes::SignalExternalWorkflowExecutionCommandAttributes(Box::new(attributes));
        self.command(CommandId::SignalExternal(seq), attributes, at);
        seq
    }

    pub(crate) fn poll_signal_external(&mut self, seq: Seq) -> Poll<Result<(), ExternalFailure>> {
        match self.signal_externals.table.get(seq).outcome.take() {
            Some(outcome) => {
                self.progressed();
                Poll::Ready(outcome)
            }
            None => Poll::Pending,
        }
    }

    /// The lines of `__stack_trace` for what is being waited for.
    pub(crate) fn waiting_signals(&self) -> impl Iterator<Item = String> + '_ {
        let open = self.signal_externals.table.iter();
        open.filter(|(_, it)| !it.done).map(|(_, it)| {
            format!(
                "signal `{}` to workflow {:?} at {}",
                it.signal_name, it.workflow_id, it.at
            )
        })
    }

    pub(crate) fn on_signal_external_initiated(
        &mut self,
        seq: Seq,
        event_id: i64,
        event: &history::SignalExternalWorkflowExecutionInitiatedEventAttributes,
    ) -> Result<(), Mismatch> {
        let signal = self.signal_externals.table.get(seq);
        let found = event.workflow_execution.as_ref();
        let found = found.map_or("", |it| &it.workflow_id);
        Mismatch::check("workflow id", &signal.workflow_id, found)?;
        Mismatch::check("signal name", &signal.signal_name, &event.signal_name)?;
        self.signal_externals.table.bind(event_id, seq);
        Ok(())
    }

    pub(crate) fn on_signal_external_closed(&mut self, initiated: i64, failed: Option<i32>) {
        let Some((_, signal)) = self.signal_externals.table.by_event(initiated) else {
            return;
        };
        signal.done = true;
        signal.outcome = Some(match failed {
            None => Ok(()),
            Some(cause) => Err(signal_failure(
                cause,
                &signal.workflow_id,
                &signal.signal_name,
            )),
        });
    }
}

fn signal_failure(cause: i32, workflow_id: &str, signal_name: &str) -> ExternalFailure {
    use enums::SignalExternalWorkflowExecutionFailedCause as Cause;
    let text = |why: &str| {
        Box::new(Failure::application(
            "SignalExternalWorkflowFailed",
            format!("signal `{signal_name}` did not reach workflow {workflow_id:?}: {why}"),
        ))
    };
    match Cause::try_from(cause) {
        Ok(Cause::ExternalWorkflowExecutionNotFound) => {
            ExternalFailure::NotFound(text("there is no such workflow, or it is closed"))
        }
        Ok(Cause::NamespaceNotFound) => {
            ExternalFailure::NamespaceNotFound(text("its namespace does not exist"))
        }
        Ok(Cause::SignalCountLimitExceeded) => {
            ExternalFailure::SignalLimitExceeded(text("it has received as many signals as it may"))
        }
        _ => ExternalFailure::Unknown(text("the server does not say why")),
    }
}
