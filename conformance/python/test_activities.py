"""Activities: heartbeats, cancellation, timeouts, retries, async completion, local activities."""

import asyncio
import unittest
from typing import Any
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, TimeoutError, TimeoutType
from temporalio.workflow import ActivityCancellationType

from harness import SHORT, ServerTest

FAST = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=3)


@activity.defn
async def resumes_from_heartbeat() -> list:
    details = list(activity.info().heartbeat_details)
    if activity.info().attempt == 1:
        activity.heartbeat("half", 21)
        raise ApplicationError("again")
    return details


@activity.defn
async def heartbeats_until_cancelled() -> str:
    try:
        while True:
            activity.heartbeat()
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        raise


@activity.defn
async def never_heartbeats() -> None:
    await asyncio.sleep(30)


@activity.defn
async def slow_once() -> int:
    if activity.info().attempt == 1:
        await asyncio.sleep(30)
    return activity.info().attempt


@activity.defn
async def always_fails(kind: str) -> None:
    raise ApplicationError("no", type=kind, non_retryable=kind == "Final")


@activity.defn
async def delayed_retry() -> int:
    if activity.info().attempt == 1:
        raise ApplicationError("later", next_retry_delay=timedelta(milliseconds=30))
    return activity.info().attempt


@activity.defn
async def completes_elsewhere() -> str:
    activity.raise_complete_async()


@activity.defn
async def local_flaky() -> int:
    if activity.info().attempt < 3:
        raise ApplicationError("again")
    return activity.info().attempt


@workflow.defn
class Runs:
    """Runs one activity by name with the options the test names."""

    @workflow.run
    async def run(self, name: str, case: str) -> Any:
        if case == "heartbeat-timeout":
            options = dict(start_to_close_timeout=SHORT, heartbeat_timeout=timedelta(milliseconds=200), retry_policy=RetryPolicy(maximum_attempts=1))
        elif case == "start-to-close":
            options = dict(start_to_close_timeout=timedelta(milliseconds=300), retry_policy=FAST)
        elif case == "schedule-to-close":
            options = dict(schedule_to_close_timeout=timedelta(milliseconds=300))
        elif case == "schedule-to-start":
            options = dict(schedule_to_start_timeout=timedelta(milliseconds=200), start_to_close_timeout=SHORT, task_queue="nobody-polls-here")
        elif case == "long":
            options = dict(start_to_close_timeout=timedelta(minutes=1))
        else:
            options = dict(start_to_close_timeout=SHORT, retry_policy=FAST)
        args = [case] if name == "always_fails" else []
        return await workflow.execute_activity(name, args=args, **options)


@workflow.defn
class Cancels:
    @workflow.run
    async def run(self, wait: bool) -> str:
        handle = workflow.start_activity(
            heartbeats_until_cancelled,
            start_to_close_timeout=SHORT,
            heartbeat_timeout=timedelta(seconds=1),
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED if wait else ActivityCancellationType.TRY_CANCEL,
        )
        await asyncio.sleep(0.2)
        handle.cancel()
        try:
            await handle
            return "completed"
        except ActivityError as error:
            return type(error.cause).__name__


@workflow.defn
class Local:
    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_local_activity(
            local_flaky, start_to_close_timeout=SHORT, retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=5))
        )


@workflow.defn
class Parallel:
    @workflow.run
    async def run(self, count: int) -> int:
        calls = [
            workflow.execute_activity(echo, index, start_to_close_timeout=SHORT) for index in range(count)
        ]
        return sum(await asyncio.gather(*calls))


@activity.defn
async def echo(value: int) -> int:
    return value


ALL = [resumes_from_heartbeat, heartbeats_until_cancelled, never_heartbeats, slow_once, always_fails, delayed_retry, completes_elsewhere, local_flaky, echo]


class ActivityTest(ServerTest):
    async def run_case(self, name: str, case: str = "") -> Any:
        async with self.worker(workflows=[Runs], activities=ALL):
            handle = await self.start(Runs.run, name, case)
            return await handle.result()

    async def fails(self, name: str, case: str) -> ActivityError:
        with self.assertRaises(WorkflowFailureError) as raised:
            await self.run_case(name, case)
        self.assertIsInstance(raised.exception.cause, ActivityError)
        return raised.exception.cause

    async def test_heartbeat_details_reach_the_next_attempt(self) -> None:
        self.assertEqual(await self.run_case("resumes_from_heartbeat"), ["half", 21])

    async def test_heartbeat_timeout(self) -> None:
        error = await self.fails("never_heartbeats", "heartbeat-timeout")
        self.assertIsInstance(error.cause, TimeoutError)
        self.assertEqual(error.cause.type, TimeoutType.HEARTBEAT)

    async def test_start_to_close_timeout_is_retried(self) -> None:
        self.assertEqual(await self.run_case("slow_once", "start-to-close"), 2)

    async def test_schedule_to_close_timeout(self) -> None:
        error = await self.fails("never_heartbeats", "schedule-to-close")
        self.assertIsInstance(error.cause, TimeoutError)

    async def test_schedule_to_start_timeout(self) -> None:
        error = await self.fails("never_heartbeats", "schedule-to-start")
        self.assertEqual(error.cause.type, TimeoutType.SCHEDULE_TO_START)

    async def test_retries_end(self) -> None:
        from temporalio.exceptions import RetryState

        error = await self.fails("always_fails", "Retryable")
        self.assertEqual(error.retry_state, RetryState.MAXIMUM_ATTEMPTS_REACHED)
        error = await self.fails("always_fails", "Final")
        self.assertEqual(error.retry_state, RetryState.NON_RETRYABLE_FAILURE)
        self.assertEqual((error.cause.type, error.cause.message), ("Final", "no"))

    async def test_next_retry_delay(self) -> None:
        self.assertEqual(await self.run_case("delayed_retry"), 2)

    async def test_cancellation(self) -> None:
        for wait in (True, False):
            async with self.worker(workflows=[Cancels], activities=ALL):
                handle = await self.start(Cancels.run, wait)
                self.assertEqual(await handle.result(), "CancelledError")

    async def test_async_completion(self) -> None:
        async with self.worker(workflows=[Runs], activities=ALL):
            handle = await self.start(Runs.run, "completes_elsewhere", "long")
            pending = None
            while not pending:
                pending = (await handle.describe()).raw_description.pending_activities
                pending = pending if pending and pending[0].attempt and pending[0].HasField("last_started_time") else None
                await asyncio.sleep(0.02)
            elsewhere = self.client.get_async_activity_handle(
                workflow_id=handle.id, run_id=handle.first_execution_run_id, activity_id=pending[0].activity_id
            )
            await elsewhere.heartbeat("alive")
            await elsewhere.complete("from elsewhere")
            self.assertEqual(await handle.result(), "from elsewhere")

    async def test_local_activity_with_retries(self) -> None:
        async with self.worker(workflows=[Local], activities=ALL):
            handle = await self.start(Local.run)
            self.assertEqual(await handle.result(), 3)

    async def test_many_in_parallel(self) -> None:
        async with self.worker(workflows=[Parallel], activities=ALL):
            handle = await self.start(Parallel.run, 200)
            self.assertEqual(await handle.result(), sum(range(200)))


if __name__ == "__main__":
    unittest.main()
