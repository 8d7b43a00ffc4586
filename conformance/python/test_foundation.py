"""One workflow through everything: activities with retries, a timer, a signal, its history."""

import asyncio
import unittest
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from harness import SHORT, ServerTest, event_types, unique

attempts: dict[str, int] = {}


@activity.defn
async def greet(name: str) -> str:
    return f"Hello, {name}!"


@activity.defn
async def flaky(key: str) -> int:
    """Fails twice, then succeeds with the number of the attempt."""
    attempts[key] = attempts.get(key, 0) + 1
    if attempts[key] < 3:
        raise ApplicationError(f"attempt {attempts[key]} fails")
    return activity.info().attempt


@workflow.defn
class Order:
    def __init__(self) -> None:
        self.approved_by: str | None = None

    @workflow.run
    async def run(self, name: str) -> list[str]:
        greeting = await workflow.execute_activity(greet, name, start_to_close_timeout=SHORT)
        attempt = await workflow.execute_activity(
            flaky,
            workflow.info().workflow_id,
            start_to_close_timeout=SHORT,
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=20)),
        )
        await asyncio.sleep(0.05)
        await workflow.wait_condition(lambda: self.approved_by is not None)
        return [greeting, str(attempt), self.approved_by or ""]

    @workflow.signal
    def approve(self, by: str) -> None:
        self.approved_by = by


@workflow.defn
class Forever:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@workflow.defn
class Fails:
    @workflow.run
    async def run(self) -> None:
        raise ApplicationError("on purpose", "detail", type="OnPurpose", non_retryable=True)


class FoundationTest(ServerTest):
    async def test_order_with_activities_timer_and_signal(self) -> None:
        async with self.worker(workflows=[Order], activities=[greet, flaky]):
            handle = await self.start(Order.run, "World")
            await handle.signal(Order.approve, "Ada")
            self.assertEqual(await handle.result(), ["Hello, World!", "3", "Ada"])

        description = await handle.describe()
        self.assertEqual(description.status, WorkflowExecutionStatus.COMPLETED)
        self.assertEqual(description.workflow_type, "Order")
        types = await event_types(handle)
        self.assertEqual(types[0], "WORKFLOW_EXECUTION_STARTED")
        self.assertEqual(types[1], "WORKFLOW_TASK_SCHEDULED")
        self.assertEqual(types[-1], "WORKFLOW_EXECUTION_COMPLETED")
        for expected in ("ACTIVITY_TASK_COMPLETED", "TIMER_FIRED", "WORKFLOW_EXECUTION_SIGNALED"):
            self.assertIn(expected, types)
        self.assertEqual(types.count("ACTIVITY_TASK_STARTED"), 2, "retries are no events")
        self.assertEqual(description.history_length, len(types))

    async def test_history_replays(self) -> None:
        from temporalio.worker import Replayer

        async with self.worker(workflows=[Order], activities=[greet, flaky]):
            handle = await self.start(Order.run, "World")
            await handle.signal(Order.approve, "Ada")
            await handle.result()
        await Replayer(workflows=[Order]).replay_workflow(await handle.fetch_history())

    async def test_failure_reaches_the_client(self) -> None:
        async with self.worker(workflows=[Fails]):
            handle = await self.start(Fails.run)
            with self.assertRaises(WorkflowFailureError) as raised:
                await handle.result()
        cause = raised.exception.cause
        self.assertIsInstance(cause, ApplicationError)
        self.assertEqual((cause.type, cause.message, list(cause.details)), ("OnPurpose", "on purpose", ["detail"]))

    async def test_cancel_and_terminate(self) -> None:
        async with self.worker(workflows=[Forever]):
            handle = await self.start(Forever.run)
            await handle.cancel()
            with self.assertRaises(WorkflowFailureError) as raised:
                await handle.result()
            self.assertIsInstance(raised.exception.cause, CancelledError)

            handle = await self.start(Forever.run)
            await handle.terminate(reason="enough")
            with self.assertRaises(WorkflowFailureError) as raised:
                await handle.result()
            self.assertIsInstance(raised.exception.cause, TerminatedError)
            with self.assertRaises(RPCError) as rpc:
                await handle.terminate()
            self.assertEqual(rpc.exception.status, RPCStatusCode.NOT_FOUND)

    async def test_second_start_is_refused(self) -> None:
        handle = await self.start(Forever.run)
        with self.assertRaises(WorkflowAlreadyStartedError):
            await self.start(Forever.run, id=handle.id)
        await handle.terminate()

    async def test_worker_restart_resumes(self) -> None:
        async with self.worker(workflows=[Order], activities=[greet, flaky]):
            handle = await self.start(Order.run, "World")
            await asyncio.sleep(0.3)
        await handle.signal(Order.approve, "Grace")
        async with self.worker(workflows=[Order], activities=[greet, flaky]):
            self.assertEqual((await handle.result())[2], "Grace")

    async def test_bad_input(self) -> None:
        async def status(**options) -> RPCStatusCode:
            with self.assertRaises(RPCError) as rpc:
                await self.start("Any", **options)
            return rpc.exception.status

        self.assertEqual(await status(task_queue=""), RPCStatusCode.INVALID_ARGUMENT)
        self.assertEqual(await status(id="x" * 1001), RPCStatusCode.INVALID_ARGUMENT)
        with self.assertRaises(RPCError) as rpc:
            await self.client.get_workflow_handle(unique("unknown")).describe()
        self.assertEqual(rpc.exception.status, RPCStatusCode.NOT_FOUND)

    async def test_unknown_namespace(self) -> None:
        from temporalio.client import Client

        from harness import ADDRESS

        client = await Client.connect(ADDRESS, namespace="no-such-namespace")
        with self.assertRaises(RPCError) as rpc:
            await client.start_workflow("Any", id=unique("workflow"), task_queue=self.queue)
        self.assertEqual(rpc.exception.status, RPCStatusCode.NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
