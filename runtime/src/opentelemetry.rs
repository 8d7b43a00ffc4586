//! Traces that go through clients, workflows, activities and child workflows, for OpenTelemetry.
//!
//! [`Tracing`] is an interceptor. It needs OpenTelemetry's API only; the SDK, its exporter and its propagator are yours:
//!
//! ```ignore
//! let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
//! let tracing = Tracing::new(provider.tracer("mainspring"), TraceContextPropagator::new());
//! let client = ConnectOptions::from_env()?.interceptor(tracing).connect().await?;
//! ```
//!
//! Spans have the names that the other SDKs give them, so that a trace may go through workers of several languages:
//! `StartWorkflow:Type`, `SignalWorkflow:name`, `QueryWorkflow:name`, `UpdateWorkflow:name` in clients;
//! `RunWorkflow:Type`, `CompleteWorkflow:Type`, `HandleSignal:name`, `HandleUpdate:name`, `ValidateUpdate:name`,
//! `HandleQuery:name`, `StartActivity:Type`, `StartChildWorkflow:Type`, `SignalExternalWorkflow:name` in workflows; and
//! `RunActivity:Type`. Between processes the context travels in the header `_tracer-data`.
//!
//! A workflow may go on in another process than it began in, so that none of its own spans lasts: each is emitted when
//! what it tells of happens, once, and not on replay.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use ::opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use ::opentelemetry::trace::{
    FutureExt, Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, Tracer,
};
use ::opentelemetry::{Context, KeyValue};

use crate::activity::{ActivityInfo, BoxFuture};
use crate::client::ClientError;
use crate::converter::{DataConverter, Payload};
use crate::engine::context;
use crate::error::WorkflowError;
use crate::interceptor::{
    ActivityBody, CallingWorkflow, ClientCall, ClientNext, Headers, Interceptor, Message,
    ReadOnlyBody, WorkflowBody, WorkflowCall, WorkflowInput,
};
use crate::workflow::{self, WorkflowInfo};

/// Where the other SDKs keep the context, as a JSON object of what the propagator says.
const HEADER: &str = "_tracer-data";
const WORKFLOW_ID: &str = "temporalWorkflowID";
const RUN_ID: &str = "temporalRunID";
const ACTIVITY_ID: &str = "temporalActivityID";
const UPDATE_ID: &str = "temporalUpdateID";

/// An interceptor that makes spans of what a client and its workers do.
pub struct Tracing<T> {
    spans: Arc<Spans<T>>,
}

struct Spans<T> {
    tracer: T,
    propagator: Box<dyn TextMapPropagator + Send + Sync>,
    ids_of_workflows: bool,
}

impl<T> Tracing<T>
where
    T: Tracer<Span: Send + Sync> + Send + Sync + 'static,
{
    /// Spans of this tracer, whose context travels as this propagator says: usually the SDK's `TraceContextPropagator`.
    pub fn new(tracer: T, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        Self {
            spans: Arc::new(Spans {
                tracer,
                propagator: Box::new(propagator),
                ids_of_workflows: false,
            }),
        }
    }

    /// Says that the SDK takes its span ids from [`workflow_span_id`].
    ///
    /// Then what a workflow calls after a replay in another process is still told to be called by its `RunWorkflow` or
    /// its handler. Without, it is told to be called by whoever called the workflow, one level up.
    #[must_use]
    pub fn with_ids_of_workflows(self) -> Self {
        Self {
            spans: Arc::new(Spans {
                ids_of_workflows: true,
                ..Arc::into_inner(self.spans).expect("it is not in use before it is an interceptor")
            }),
        }
    }
}

thread_local! {
    static SPAN_ID: Cell<Option<SpanId>> = const { Cell::new(None) };
}

/// The id that the span that is being made must have, so that it is the same on every replay. For the generator of ids
/// of your SDK:
///
/// ```ignore
/// impl IdGenerator for Ids {
///     fn new_trace_id(&self) -> TraceId { self.random.new_trace_id() }
///     fn new_span_id(&self) -> SpanId {
///         workflow_span_id().unwrap_or_else(|| self.random.new_span_id())
///     }
/// }
/// ```
pub fn workflow_span_id() -> Option<SpanId> {
    SPAN_ID.get()
}

impl<T> Interceptor for Tracing<T>
where
    T: Tracer<Span: Send + Sync> + Send + Sync + 'static,
{
    fn client_call<'a>(
        &'a self,
        call: &'a ClientCall<'a>,
        mut headers: Headers,
        next: ClientNext<'a>,
    ) -> BoxFuture<'a, Result<(), ClientError>> {
        let Some((name, attributes)) = of_client(call) else {
            return next.send(headers);
        };
        Box::pin(async move {
            let parent = Context::current();
            let span = self
                .spans
                .start(name, SpanKind::Client, attributes, &parent);
            let here = parent.with_span(span);
            self.spans.inject(&here, &mut headers);
            let outcome = next.send(headers).with_context(here.clone()).await;
            end(&here, outcome.as_ref().err());
            outcome
        })
    }

    fn workflow_call(
        &self,
        from: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        input: &mut WorkflowInput,
    ) {
        let name = match call {
            WorkflowCall::Activity { activity_type }
            | WorkflowCall::LocalActivity { activity_type } => {
                format!("StartActivity:{activity_type}")
            }
            WorkflowCall::Child { workflow_type, .. } => {
                format!("StartChildWorkflow:{workflow_type}")
            }
            WorkflowCall::Signal { name, to_child, .. } => match to_child {
                true => format!("SignalChildWorkflow:{name}"),
                false => format!("SignalExternalWorkflow:{name}"),
            },
            // The next run has the headers of this one, and so its caller.
            WorkflowCall::ContinueAsNew
            | WorkflowCall::Cancel { .. }
            | WorkflowCall::Timer { .. } => return,
        };
        let current = Context::current();
        let parent = match current.span().span_context().is_valid() {
            true => current,
            // A task that was spawned.
            false => self.spans.extract(&from.info.headers),
        };
        let here = match from.is_replaying {
            true => parent,
            false => {
                let attributes = of_run(from.info);
                (self.spans).emit(name, SpanKind::Client, attributes, &parent, None)
            }
        };
        self.spans.inject(&here, &mut input.headers);
    }

    fn workflow(&self, info: &WorkflowInfo, body: WorkflowBody) -> WorkflowBody {
        let (spans, info) = (Arc::clone(&self.spans), info.clone());
        Box::pin(async move {
            let name = format!("RunWorkflow:{}", info.workflow_type);
            let here = spans.of_code(name, of_run(&info), &info.headers);
            let outcome = body.with_context(here.clone()).await;
            if !workflow::is_replaying() {
                let name = format!("CompleteWorkflow:{}", info.workflow_type);
                let span = spans.start(name, SpanKind::Internal, of_run(&info), &here);
                end(&here.with_span(span), outcome.as_ref().err());
            }
            outcome
        })
    }

    fn signal(
        &self,
        info: &WorkflowInfo,
        signal: &Message<'_>,
        body: WorkflowBody,
    ) -> WorkflowBody {
        let name = format!("HandleSignal:{}", signal.name);
        self.handler(name, of_run(info), headers_of(signal, info), body)
    }

    fn update(
        &self,
        info: &WorkflowInfo,
        update: &Message<'_>,
        body: WorkflowBody,
    ) -> WorkflowBody {
        let name = format!("HandleUpdate:{}", update.name);
        let mut attributes = of_run(info);
        attributes.push(KeyValue::new(UPDATE_ID, update.id.to_owned()));
        self.handler(name, attributes, headers_of(update, info), body)
    }

    fn validate(
        &self,
        info: &WorkflowInfo,
        update: &Message<'_>,
        body: ReadOnlyBody<'_, ()>,
    ) -> Result<(), WorkflowError> {
        let name = format!("ValidateUpdate:{}", update.name);
        let mut attributes = of_run(info);
        attributes.push(KeyValue::new(UPDATE_ID, update.id.to_owned()));
        self.reader(name, attributes, headers_of(update, info), body)
    }

    fn query(
        &self,
        info: &WorkflowInfo,
        query: &Message<'_>,
        body: ReadOnlyBody<'_, Payload>,
    ) -> Result<Payload, WorkflowError> {
        let name = format!("HandleQuery:{}", query.name);
        self.reader(name, of_run(info), headers_of(query, info), body)
    }

    fn activity(&self, info: &ActivityInfo, body: ActivityBody) -> ActivityBody {
        let parent = self.spans.extract(&info.headers);
        let name = format!("RunActivity:{}", info.activity_type);
        let attributes = vec![
            KeyValue::new(WORKFLOW_ID, info.workflow_id.clone()),
            KeyValue::new(RUN_ID, info.workflow_run_id.clone()),
            KeyValue::new(ACTIVITY_ID, info.activity_id.clone()),
        ];
        let span = (self.spans).start(name, SpanKind::Server, attributes, &parent);
        let here = parent.with_span(span);
        Box::pin(async move {
            let outcome = body.with_context(here.clone()).await;
            let failed = outcome.as_ref().err();
            end(&here, failed.filter(|error| !error.is_complete_async()));
            outcome
        })
    }
}

impl<T> Tracing<T>
where
    T: Tracer<Span: Send + Sync> + Send + Sync + 'static,
{
    fn handler(
        &self,
        name: String,
        attributes: Vec<KeyValue>,
        headers: &Headers,
        body: WorkflowBody,
    ) -> WorkflowBody {
        let (spans, headers) = (Arc::clone(&self.spans), headers.clone());
        Box::pin(async move {
            let here = spans.of_code(name, attributes, &headers);
            body.with_context(here).await
        })
    }

    fn reader<R>(
        &self,
        name: String,
        attributes: Vec<KeyValue>,
        headers: &Headers,
        body: ReadOnlyBody<'_, R>,
    ) -> Result<R, WorkflowError> {
        let parent = self.spans.extract(headers);
        let span = (self.spans).start(name, SpanKind::Server, attributes, &parent);
        let here = parent.with_span(span);
        let outcome = {
            let _here = here.clone().attach();
            body()
        };
        end(&here, outcome.as_ref().err());
        outcome
    }
}

impl<T> Spans<T>
where
    T: Tracer<Span: Send + Sync> + 'static,
{
    fn start(
        &self,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        parent: &Context,
    ) -> T::Span {
        let builder = self.tracer.span_builder(name);
        let builder = builder.with_kind(kind).with_attributes(attributes);
        self.tracer.build_with_context(builder, parent)
    }

    /// Emits a span at once, and returns the context of what it tells of.
    fn emit(
        &self,
        name: String,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        parent: &Context,
        id: Option<SpanId>,
    ) -> Context {
        SPAN_ID.set(id);
        let mut span = self.start(name, kind, attributes, parent);
        SPAN_ID.set(None);
        span.end();
        parent.with_remote_span_context(span.span_context().clone())
    }

    /// The context of a workflow's method or handler; its span is emitted unless it is replayed.
    fn of_code(&self, name: String, attributes: Vec<KeyValue>, headers: &Headers) -> Context {
        let parent = self.extract(headers);
        let id = self.ids_of_workflows.then(next_span_id);
        if !workflow::is_replaying() {
            return self.emit(name, SpanKind::Server, attributes, &parent, id);
        }
        let caller = parent.span().span_context().clone();
        match id {
            // Of a workflow that was called by nobody it is not known whether it was sampled.
            Some(id) if caller.is_valid() => parent.with_remote_span_context(SpanContext::new(
                caller.trace_id(),
                id,
                caller.trace_flags(),
                true,
                caller.trace_state().clone(),
            )),
            _ => parent,
        }
    }

    fn inject(&self, context: &Context, headers: &mut Headers) {
        let mut carrier = Carrier::default();
        self.propagator.inject_context(context, &mut carrier);
        if !carrier.0.is_empty() {
            let payload = DataConverter::default().to_payload(&carrier.0);
            let payload = payload.expect("a map of texts is JSON");
            headers.insert(HEADER.to_owned(), payload);
        }
    }

    /// What the caller says; an empty context if it says nothing that can be understood.
    fn extract(&self, headers: &Headers) -> Context {
        let payload = headers.get(HEADER);
        let carrier = payload.and_then(|it| DataConverter::default().from_payload(it).ok());
        let carrier = Carrier(carrier.unwrap_or_default());
        self.propagator
            .extract_with_context(&Context::new(), &carrier)
    }
}

/// The next id of the run whose code is being polled.
fn next_span_id() -> SpanId {
    let id = context::with("mainspring::opentelemetry", |run| run.span_ids.next_u64());
    SpanId::from_bytes(id.max(1).to_be_bytes())
}

fn end<E: Display>(context: &Context, error: Option<&E>) {
    let span = context.span();
    if let Some(error) = error {
        span.set_status(Status::error(error.to_string()));
    }
    span.end();
}

fn of_client(call: &ClientCall<'_>) -> Option<(String, Vec<KeyValue>)> {
    let (name, workflow_id, update_id) = match *call {
        ClientCall::Start {
            workflow_type,
            workflow_id,
        } => (format!("StartWorkflow:{workflow_type}"), workflow_id, ""),
        ClientCall::Signal { name, workflow_id } => {
            (format!("SignalWorkflow:{name}"), workflow_id, "")
        }
        ClientCall::SignalWithStart {
            workflow_type,
            workflow_id,
            ..
        } => {
            let name = format!("SignalWithStartWorkflow:{workflow_type}");
            (name, workflow_id, "")
        }
        ClientCall::Query { name, workflow_id } => {
            (format!("QueryWorkflow:{name}"), workflow_id, "")
        }
        ClientCall::Update {
            name,
            update_id,
            workflow_id,
        } => (format!("UpdateWorkflow:{name}"), workflow_id, update_id),
        ClientCall::UpdateWithStart {
            name,
            update_id,
            workflow_id,
            ..
        } => {
            let name = format!("UpdateWithStartWorkflow:{name}");
            (name, workflow_id, update_id)
        }
        // As in the other SDKs.
        ClientCall::Cancel { .. } | ClientCall::Terminate { .. } => return None,
    };
    let mut attributes = vec![KeyValue::new(WORKFLOW_ID, workflow_id.to_owned())];
    if !update_id.is_empty() {
        attributes.push(KeyValue::new(UPDATE_ID, update_id.to_owned()));
    }
    Some((name, attributes))
}

fn of_run(info: &WorkflowInfo) -> Vec<KeyValue> {
    vec![
        KeyValue::new(WORKFLOW_ID, info.workflow_id.clone()),
        KeyValue::new(RUN_ID, info.run_id.clone()),
    ]
}

/// The headers that say who is the caller: the message's, or those that the workflow was started with.
fn headers_of<'a>(message: &Message<'a>, info: &'a WorkflowInfo) -> &'a Headers {
    match message.headers.contains_key(HEADER) {
        true => message.headers,
        false => &info.headers,
    }
}

/// What a propagator writes and reads.
#[derive(Default)]
struct Carrier(BTreeMap<String, String>);

impl Injector for Carrier {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }
}

impl Extractor for Carrier {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
