//! Requests to cancel other workflows.

use std::panic::Location;
use std::task::Poll;

use mainspring_proto::command::v1 as command;
use mainspring_proto::enums::v1 as enums;
use mainspring_proto::history::v1 as history;

use super::{ExternalTarget, Seq, Table};
use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId};
use crate::engine::nondeterminism::Mismatch;
use crate::error::{ExternalFailure, Failure};
use crate::interceptor::WorkflowCall;

/// A cancellation that workflow code asks for.
pub(crate) struct CancelExternalRequest {
    pub(crate) target: ExternalTarget,
    pub(crate) reason: String,
    pub(crate) at: &'static Location<'static>,
}

#[derive(Debug, Default)]
pub(crate) struct CancelExternals {
    table: Table<CancelExternal>,
}

#[derive(Debug)]
struct CancelExternal {
    workflow_id: String,
    at: &'static Location<'static>,
    outcome: Option<Result<(), ExternalFailure>>,
    done: bool,
}

impl Run {
    pub(crate) fn cancel_external(&mut self, request: CancelExternalRequest) -> Seq {
        let CancelExternalRequest { target, reason, at } = request;
        self.assert_may_command("the cancellation of another workflow");
        let seq = self.cancel_externals.table.push(CancelExternal {
            workflow_id: target.workflow_id.clone(),
            at,
            outcome: None,
            done: false,
        });
        let call = WorkflowCall::Cancel {
            workflow_id: &target.workflow_id,
        };
        self.sent(&call, Vec::new(), Vec::new());
        #[allow(deprecated)]
        let attributes = command::RequestCancelExternalWorkflowExecutionCommandAttributes {
            namespace: target.namespace,
            workflow_id: target.workflow_id,
            run_id: target.run_id,
            child_workflow_only: target.child_only,
            reason,
            ..Default::default()
        };
        let attributes = Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(
            Box::new(attributes),
        );
        self.command(CommandId::CancelExternal(seq), attributes, at);
        seq
    }

    pub(crate) fn poll_cancel_external(&mut self, seq: Seq) -> Poll<Result<(), ExternalFailure>> {
        match self.cancel_externals.table.get(seq).outcome.take() {
            Some(outcome) => {
                self.progressed();
                Poll::Ready(outcome)
            }
            None => Poll::Pending,
        }
    }

    /// The lines of `__stack_trace` for what is being waited for.
    pub(crate) fn waiting_cancels(&self) -> impl Iterator<Item = String> + '_ {
        let open = self.cancel_externals.table.iter();
        open.filter(|(_, it)| !it.done)
            .map(|(_, it)| format!("cancellation of workflow {:?} at {}", it.workflow_id, it.at))
    }

    pub(crate) fn on_cancel_external_initiated(
        &mut self,
        seq: Seq,
        event_id: i64,
        event: &history::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
    ) -> Result<(), Mismatch> {
        let cancel = self.cancel_externals.table.get(seq);
        let found = event.workflow_execution.as_ref();
        let found = found.map_or("", |it| &it.workflow_id);
        Mismatch::check("workflow id", &cancel.workflow_id, found)?;
        self.cancel_externals.table.bind(event_id, seq);
        Ok(())
    }

    pub(crate) fn on_cancel_external_closed(&mut self, initiated: i64, failed: Option<i32>) {
        use enums::CancelExternalWorkflowExecutionFailedCause as Cause;
        let Some((_, cancel)) = self.cancel_externals.table.by_event(initiated) else {
            return;
        };
        let id = &cancel.workflow_id;
        let text = |why: &str| {
            Box::new(Failure::application(
                "CancelExternalWorkflowFailed",
                format!("the cancellation did not reach workflow {id:?}: {why}"),
            ))
        };
        let outcome = failed.map(|cause| match Cause::try_from(cause) {
            Ok(Cause::ExternalWorkflowExecutionNotFound) => {
                ExternalFailure::NotFound(text("there is no such workflow, or it is closed"))
            }
            Ok(Cause::NamespaceNotFound) => {
                ExternalFailure::NamespaceNotFound(text("its namespace does not exist"))
            }
            _ => ExternalFailure::Unknown(text("the server does not say why")),
        });
        cancel.done = true;
        cancel.outcome = Some(outcome.map_or(Ok(()), Err));
    }
}
