"""The SDK's time-skipping test environment, started from our binary by its path."""

import asyncio
import os
import unittest
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest, ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, TimeoutError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from harness import unique

BINARY = os.environ.get("MAINSPRING")


@workflow.defn
class LongNap:
    @workflow.run
    async def run(self, days: int) -> float:
        before = workflow.now()
        await workflow.sleep(timedelta(days=days))
        return (workflow.now() - before).total_seconds()


@activity.defn
async def succeed_at_last() -> int:
    attempt = activity.info().attempt
    if attempt < 8:
        raise ApplicationError("not yet")
    return attempt


@workflow.defn
class Stubborn:
    @workflow.run
    async def run(self) -> list[float]:
        before = workflow.now()
        attempts = await workflow.execute_activity(
            succeed_at_last,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(initial_interval=timedelta(days=1), backoff_coefficient=1.0),
        )
        return [attempts, (workflow.now() - before).total_seconds()]


@workflow.defn
class Patient:
    def __init__(self) -> None:
        self.name = ""

    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.wait_condition(lambda: bool(self.name), timeout=timedelta(days=15))
            return f"{self.name} came"
        except asyncio.TimeoutError:
            return "nobody came"

    @workflow.signal
    def arrive(self, name: str) -> None:
        self.name = name

    @workflow.query
    def who(self) -> str:
        return self.name


@workflow.defn
class Parent:
    @workflow.run
    async def run(self) -> float:
        return await workflow.execute_child_workflow(LongNap.run, 7, id=f"child-of-{workflow.info().workflow_id}")


@workflow.defn
class Forever:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


WORKFLOWS = [LongNap, Stubborn, Patient, Parent, Forever]


@unittest.skipUnless(BINARY, "MAINSPRING names the server's binary")
class TimeSkippingTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.env = await WorkflowEnvironment.start_time_skipping(test_server_existing_path=BINARY)
        self.client = self.env.client
        self.queue = unique("queue")
        self.worker = Worker(
            self.client, task_queue=self.queue, workflows=WORKFLOWS, activities=[succeed_at_last]
        )
        await self.worker.__aenter__()

    async def asyncTearDown(self) -> None:
        await self.worker.__aexit__(None, None, None)
        await self.env.shutdown()

    async def start(self, run, *args, **options):
        return await self.client.start_workflow(
            run, args=args, id=unique("workflow"), task_queue=self.queue, **options
        )

    async def test_a_timer_of_thirty_days(self) -> None:
        before = await self.env.get_current_time()
        slept = await (await self.start(LongNap.run, 30)).result()
        self.assertGreaterEqual(slept, timedelta(days=30).total_seconds())
        passed = await self.env.get_current_time() - before
        self.assertGreaterEqual(passed, timedelta(days=30))
        self.assertLess(passed, timedelta(days=31))

    async def test_a_week_of_retries(self) -> None:
        attempts, seconds = await (await self.start(Stubborn.run)).result()
        self.assertEqual(attempts, 8)
        self.assertGreaterEqual(seconds, timedelta(days=7).total_seconds())
        self.assertLess(seconds, timedelta(days=8).total_seconds())

    async def test_a_signal_after_ten_days(self) -> None:
        handle = await self.start(Patient.run)
        await self.env.sleep(timedelta(days=10))
        self.assertEqual(await handle.query(Patient.who), "")
        await handle.signal(Patient.arrive, "Ada")
        self.assertEqual(await handle.result(), "Ada came")

    async def test_no_signal_in_fifteen_days(self) -> None:
        handle = await self.start(Patient.run)
        self.assertEqual(await handle.result(), "nobody came")

    async def test_children_skip_too(self) -> None:
        slept = await (await self.start(Parent.run)).result()
        self.assertGreaterEqual(slept, timedelta(days=7).total_seconds())

    async def test_a_delayed_start(self) -> None:
        before = await self.env.get_current_time()
        handle = await self.start(LongNap.run, 1, start_delay=timedelta(days=2))
        await handle.result()
        passed = await self.env.get_current_time() - before
        self.assertGreaterEqual(passed, timedelta(days=3))
        self.assertLess(passed, timedelta(days=4))

    async def test_a_timeout_and_a_run_that_hangs(self) -> None:
        for options in ({"execution_timeout": timedelta(days=100)}, {}):
            handle = await self.start(Forever.run, **options)
            with self.assertRaises(WorkflowFailureError) as caught:
                await handle.result()
            self.assertIsInstance(caught.exception.cause, TimeoutError)

    async def test_time_stands_while_it_is_not_to_be_skipped(self) -> None:
        with self.env.auto_time_skipping_disabled():
            handle = await self.start(LongNap.run, 30)
            before = await self.env.get_current_time()
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(handle.result(), 0.3)
            self.assertLess(await self.env.get_current_time() - before, timedelta(days=1))
        await handle.terminate()

    async def test_a_reset(self) -> None:
        handle = await self.start(LongNap.run, 3)
        await handle.result()
        before = await self.env.get_current_time()
        response = await self.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=handle.result_run_id),
                reason="again",
                request_id=unique("request"),
                # The first task's end: the timer is started anew.
                workflow_task_finish_event_id=4,
            )
        )
        self.assertNotEqual(response.run_id, handle.result_run_id)
        again = self.client.get_workflow_handle(handle.id, run_id=response.run_id)
        # This handle was not given by the environment, and unlocks nothing.
        await self.env.sleep(timedelta(days=4))
        await again.result()
        passed = (await again.describe()).close_time - before
        self.assertGreaterEqual(passed, timedelta(days=3))
        self.assertLess(passed, timedelta(days=4))


@unittest.skipUnless(BINARY, "MAINSPRING names the server's binary")
class SwitchesTest(unittest.IsolatedAsyncioTestCase):
    """The switches of `mainspring PORT`, given by the option that the SDK has for those of its own server."""

    async def test_time_skips_from_the_start(self) -> None:
        async with await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=BINARY, test_server_extra_args=["--enable-time-skipping"]
        ) as env:
            queue = unique("queue")
            async with Worker(env.client, task_queue=queue, workflows=WORKFLOWS, activities=[succeed_at_last]):
                # A client that unlocks nothing.
                target = env.client.service_client.config.target_host
                client = await Client.connect(target)
                slept = await client.execute_workflow(LongNap.run, 30, id=unique("workflow"), task_queue=queue)
                self.assertGreaterEqual(slept, timedelta(days=30).total_seconds())

    async def test_each_namespace_has_its_clock(self) -> None:
        async with await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=BINARY, test_server_extra_args=["--clock-per-namespace"]
        ) as env:
            other = unique("namespace")
            await env.client.workflow_service.register_namespace(
                RegisterNamespaceRequest(
                    namespace=other, workflow_execution_retention_period=Duration(seconds=86_400)
                )
            )
            before = await env.get_current_time()
            env.client.rpc_metadata = {"temporal-namespace": other}
            await env.sleep(timedelta(days=10))
            self.assertGreaterEqual(await env.get_current_time() - before, timedelta(days=10))
            env.client.rpc_metadata = {"temporal-namespace": env.client.namespace}
            self.assertLess(await env.get_current_time() - before, timedelta(days=1))


if __name__ == "__main__":
    unittest.main()
