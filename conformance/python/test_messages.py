"""Signals, queries and updates, their order and their failures."""

import asyncio
import unittest
from datetime import timedelta

from temporalio import workflow
from temporalio.client import (
    WithStartWorkflowOperation,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateStage,
)
from temporalio.common import QueryRejectCondition, WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from harness import ServerTest, event_types, unique


@workflow.defn
class Counter:
    def __init__(self) -> None:
        self.value = 0
        self.log: list[int] = []
        self.done = False

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.done)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.value

    @workflow.signal
    def add(self, amount: int) -> None:
        self.value += amount
        self.log.append(amount)

    @workflow.signal
    def finish(self) -> None:
        self.done = True

    @workflow.query
    def current(self) -> int:
        return self.value

    @workflow.query
    def history(self) -> list[int]:
        return self.log

    @workflow.query
    def broken(self) -> int:
        raise ApplicationError("query fails")

    @workflow.update
    async def add_and_get(self, amount: int) -> int:
        self.value += amount
        return self.value

    @workflow.update
    async def add_slowly(self, amount: int) -> int:
        await asyncio.sleep(0.05)
        self.value += amount
        return self.value

    @workflow.update
    async def fails(self) -> None:
        raise ApplicationError("update fails")

    @workflow.update
    async def validated(self, amount: int) -> int:
        self.value += amount
        return self.value

    @validated.validator
    def check(self, amount: int) -> None:
        if amount < 0:
            raise ApplicationError("must not be negative")


class MessageTest(ServerTest):
    async def test_signals_keep_their_order(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            for amount in range(50):
                await handle.signal(Counter.add, amount)
            self.assertEqual(await handle.query(Counter.history), list(range(50)))
            await handle.signal(Counter.finish)
            self.assertEqual(await handle.result(), sum(range(50)))

    async def test_concurrent_signals_are_all_delivered(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            await asyncio.gather(*(handle.signal(Counter.add, 1) for _ in range(100)))
            await handle.signal(Counter.finish)
            self.assertEqual(await handle.result(), 100)

    async def test_queries_of_open_and_closed_runs(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            values = await asyncio.gather(*(handle.query(Counter.current) for _ in range(20)))
            self.assertEqual(values, [0] * 20)
            await handle.signal(Counter.finish)
            await handle.result()
            self.assertEqual(await handle.query(Counter.current), 0)
            with self.assertRaises(WorkflowQueryRejectedError):
                await handle.query(Counter.current, reject_condition=QueryRejectCondition.NOT_OPEN)

    async def test_query_failures(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            with self.assertRaises(WorkflowQueryFailedError) as raised:
                await handle.query(Counter.broken)
            self.assertIn("query fails", str(raised.exception))
            with self.assertRaises(WorkflowQueryFailedError):
                await handle.query("no_such_query")
            await handle.terminate()

    async def test_queries_leave_no_trace(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            await handle.query(Counter.current)
            before = await event_types(handle)
            for _ in range(5):
                await handle.query(Counter.current)
            self.assertEqual(await event_types(handle), before)
            await handle.terminate()

    async def test_updates(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            self.assertEqual(await handle.execute_update(Counter.add_and_get, 2), 2)
            self.assertEqual(await handle.execute_update(Counter.add_slowly, 3), 5)
            with self.assertRaises(WorkflowUpdateFailedError) as raised:
                await handle.execute_update(Counter.fails)
            self.assertEqual(raised.exception.cause.message, "update fails")
            await handle.signal(Counter.finish)
            self.assertEqual(await handle.result(), 5)

    async def test_rejected_update_leaves_no_trace(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            await handle.execute_update(Counter.validated, 1)
            before = await event_types(handle)
            with self.assertRaises(WorkflowUpdateFailedError) as raised:
                await handle.execute_update(Counter.validated, -1)
            self.assertEqual(raised.exception.cause.message, "must not be negative")
            self.assertEqual(await event_types(handle), before)
            await handle.terminate()

    async def test_update_stages_and_polling(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            update = await handle.start_update(
                Counter.add_slowly, 4, wait_for_stage=WorkflowUpdateStage.ACCEPTED, id="update-1"
            )
            self.assertEqual(await update.result(), 4)
            again = handle.get_update_handle("update-1", result_type=int)
            self.assertEqual(await again.result(), 4)
            self.assertEqual(await handle.execute_update(Counter.add_slowly, 4, id="update-1"), 4, "one id, one update")
            self.assertEqual(await handle.query(Counter.current), 4)
            await handle.terminate()

    async def test_many_updates_at_once(self) -> None:
        async with self.worker(workflows=[Counter]):
            handle = await self.start(Counter.run)
            results = await asyncio.gather(*(handle.execute_update(Counter.add_and_get, 1) for _ in range(8)))
            self.assertEqual(sorted(results), list(range(1, 9)))
            await handle.terminate()

    async def test_signal_with_start(self) -> None:
        async with self.worker(workflows=[Counter]):
            identity = unique("workflow")
            for _ in range(2):
                handle = await self.start(Counter.run, id=identity, start_signal="add", start_signal_args=[7])
            await handle.signal(Counter.finish)
            self.assertEqual(await self.client.get_workflow_handle(identity).result(), 14)

    async def test_update_with_start(self) -> None:
        async with self.worker(workflows=[Counter]):
            identity = unique("workflow")

            def start():
                return WithStartWorkflowOperation(
                    Counter.run,
                    id=identity,
                    task_queue=self.queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                )

            first = start()
            value = await self.client.execute_update_with_start_workflow(
                Counter.add_and_get, 5, start_workflow_operation=first
            )
            self.assertEqual(value, 5)
            value = await self.client.execute_update_with_start_workflow(
                Counter.add_and_get, 5, start_workflow_operation=start()
            )
            self.assertEqual(value, 10)
            await (await first.workflow_handle()).terminate()

    async def test_signals_wait_for_a_worker(self) -> None:
        handle = await self.start(Counter.run)
        await handle.signal(Counter.add, 1)
        await handle.signal(Counter.finish)
        async with self.worker(workflows=[Counter]):
            self.assertEqual(await handle.result(), 1)


if __name__ == "__main__":
    unittest.main()
