"""Interceptors with headers, payload codecs, and failures with causes."""

import dataclasses
import unittest
from typing import Any, Optional, Sequence, Type

from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec, default
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor as WorkerInterceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from harness import ADDRESS, NAMESPACE, SHORT, ServerTest

HEADER = "conformance-user"
seen: list[str] = []


def encoded(text: str) -> Payload:
    return default().payload_converter.to_payload(text)


def decoded(payload: Payload) -> str:
    return default().payload_converter.from_payload(payload, str)


class Outbound(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> Any:
        input.headers = {**input.headers, HEADER: encoded("ada")}
        return await super().start_workflow(input)


class WorkflowOut(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> Any:
        input.headers = {**input.headers, HEADER: self.user}
        return super().start_activity(input)


class WorkflowIn(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self.outbound = WorkflowOut(outbound)
        super().init(self.outbound)

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        self.outbound.user = input.headers[HEADER]
        return await super().execute_workflow(input)


class ActivityIn(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        seen.append(decoded(input.headers[HEADER]))
        return await super().execute_activity(input)


class Headers(Interceptor, WorkerInterceptor):
    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return Outbound(next)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return ActivityIn(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> Optional[Type[WorkflowInboundInterceptor]]:
        return WorkflowIn


class Reversed(PayloadCodec):
    """A stand-in for encryption."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload(metadata={"encoding": b"reversed"}, data=payload.SerializeToString()[::-1]) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            Payload.FromString(payload.data[::-1]) if payload.metadata.get("encoding") == b"reversed" else payload
            for payload in payloads
        ]


@activity.defn
async def echo(text: str) -> str:
    return text


@activity.defn
async def fails_with_cause() -> None:
    try:
        raise ValueError("the root")
    except ValueError as cause:
        raise ApplicationError("the surface", {"code": 7}, type="Surface", non_retryable=True) from cause


@workflow.defn
class Echo:
    @workflow.run
    async def run(self, text: str) -> str:
        return await workflow.execute_activity(echo, text, start_to_close_timeout=SHORT)


@workflow.defn
class Failing:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(fails_with_cause, start_to_close_timeout=SHORT, retry_policy=RetryPolicy(maximum_attempts=1))


class ExtensionTest(ServerTest):
    async def test_headers_travel(self) -> None:
        client = await Client.connect(ADDRESS, namespace=NAMESPACE, interceptors=[Headers()])
        seen.clear()
        async with self.worker(client=client, workflows=[Echo], activities=[echo]):
            self.client = client
            handle = await self.start(Echo.run, "text")
            self.assertEqual(await handle.result(), "text")
        self.assertEqual(seen, ["ada"])

    async def test_codec(self) -> None:
        converter = dataclasses.replace(
            default(), payload_codec=Reversed(), failure_converter_class=DefaultFailureConverterWithEncodedAttributes
        )
        self.client = await Client.connect(ADDRESS, namespace=NAMESPACE, data_converter=converter)
        async with self.worker(workflows=[Echo, Failing], activities=[echo, fails_with_cause]):
            handle = await self.start(Echo.run, "secret")
            self.assertEqual(await handle.result(), "secret")
            started = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
            self.assertEqual(started.input.payloads[0].metadata["encoding"], b"reversed")
            with self.assertRaises(WorkflowFailureError) as raised:
                await (await self.start(Failing.run)).result()
            self.assertEqual(raised.exception.cause.cause.message, "the surface")

    async def test_causes(self) -> None:
        async with self.worker(workflows=[Failing], activities=[fails_with_cause]):
            with self.assertRaises(WorkflowFailureError) as raised:
                await (await self.start(Failing.run)).result()
        error = raised.exception.cause
        self.assertIsInstance(error, ActivityError)
        self.assertEqual((error.cause.type, list(error.cause.details)), ("Surface", [{"code": 7}]))
        self.assertEqual((error.cause.cause.type, error.cause.cause.message), ("ValueError", "the root"))


if __name__ == "__main__":
    unittest.main()
