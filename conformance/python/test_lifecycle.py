"""Children, external workflows, continue-as-new, retries, cron, id policies, patches, search attributes."""

import asyncio
import json
import unittest
from datetime import timedelta

from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import (
    WorkflowContinuedAsNewError,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.common import (
    RetryPolicy,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import (
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    TimeoutError,
    WorkflowAlreadyStartedError,
)
from temporalio.workflow import ParentClosePolicy

from harness import NAMESPACE, ServerTest, unique

COLOUR = SearchAttributeKey.for_keyword("ConformanceColour")
SIZE = SearchAttributeKey.for_int("ConformanceSize")


@workflow.defn
class Child:
    def __init__(self) -> None:
        self.words: list[str] = []

    @workflow.run
    async def run(self, expected: int) -> list[str]:
        await workflow.wait_condition(lambda: len(self.words) >= expected)
        return self.words

    @workflow.signal
    def say(self, word: str) -> None:
        self.words.append(word)


@workflow.defn
class FailingChild:
    @workflow.run
    async def run(self) -> None:
        raise ApplicationError("child fails", type="Broken", non_retryable=True)


@workflow.defn
class Parent:
    @workflow.run
    async def run(self, child_id: str) -> list[str]:
        child = await workflow.start_child_workflow(Child.run, 2, id=child_id)
        await child.signal(Child.say, "from the handle")
        await workflow.get_external_workflow_handle_for(Child.run, child_id).signal(Child.say, "from outside")
        return await child


@workflow.defn
class ParentOfFailure:
    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.execute_child_workflow(FailingChild.run)
        except ChildWorkflowError as error:
            return f"{type(error.cause).__name__}: {error.cause.message}"
        return "no failure"


@workflow.defn
class ParentThatCloses:
    @workflow.run
    async def run(self, child_id: str, policy: int) -> None:
        await workflow.start_child_workflow(Child.run, 1, id=child_id, parent_close_policy=ParentClosePolicy(policy))


@workflow.defn
class CancelsChild:
    @workflow.run
    async def run(self) -> str:
        child = await workflow.start_child_workflow(Child.run, 1)
        child.cancel()
        try:
            await child
        except ChildWorkflowError as error:
            return type(error.cause).__name__
        return "no failure"


@workflow.defn
class CancelsExternal:
    @workflow.run
    async def run(self, target: str) -> str:
        await workflow.get_external_workflow_handle(target).cancel()
        try:
            await workflow.get_external_workflow_handle("no-such-workflow").cancel()
        except ApplicationError as error:
            return "not found"
        return "found"


@workflow.defn
class Countdown:
    @workflow.run
    async def run(self, left: int, runs: int) -> int:
        if left > 0:
            workflow.continue_as_new(args=[left - 1, runs + 1])
        return runs


@workflow.defn
class FailsTwice:
    @workflow.run
    async def run(self) -> int:
        if workflow.info().attempt < 3:
            raise ApplicationError("again")
        return workflow.info().attempt


@workflow.defn
class Cron:
    @workflow.run
    async def run(self) -> int:
        if workflow.info().continued_run_id is None and False:
            return 0
        last = workflow.get_last_completion_result(int) if workflow.has_last_completion_result() else 0
        return last + 1


@workflow.defn
class Attributes:
    @workflow.run
    async def run(self) -> int:
        workflow.upsert_search_attributes([SIZE.value_set(42), COLOUR.value_set("green")])
        workflow.upsert_memo({"note": "changed"})
        await workflow.wait_condition(lambda: False)
        return 0


@workflow.defn(name="Patched")
class BeforePatch:
    def __init__(self) -> None:
        self.go = False

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.go)
        return "old"

    @workflow.signal
    def proceed(self) -> None:
        self.go = True


@workflow.defn(name="Patched")
class AfterPatch:
    def __init__(self) -> None:
        self.go = False

    @workflow.run
    async def run(self) -> str:
        new = workflow.patched("a-change")
        await workflow.wait_condition(lambda: self.go)
        return "new" if new else "old"

    @workflow.signal
    def proceed(self) -> None:
        self.go = True


ALL = [Child, FailingChild, Parent, ParentOfFailure, ParentThatCloses, CancelsChild, CancelsExternal, Countdown, FailsTwice, Cron, Attributes]


class LifecycleTest(ServerTest):
    async def status(self, workflow_id: str) -> WorkflowExecutionStatus:
        return (await self.client.get_workflow_handle(workflow_id).describe()).status

    async def reaches(self, workflow_id: str, status: WorkflowExecutionStatus) -> None:
        for _ in range(500):
            if await self.status(workflow_id) == status:
                return
            await asyncio.sleep(0.02)
        self.assertEqual(await self.status(workflow_id), status)

    async def test_child_with_signals(self) -> None:
        async with self.worker(workflows=ALL):
            handle = await self.start(Parent.run, unique("child"))
            self.assertEqual(await handle.result(), ["from the handle", "from outside"])

    async def test_child_failure(self) -> None:
        async with self.worker(workflows=ALL):
            handle = await self.start(ParentOfFailure.run)
            self.assertEqual(await handle.result(), "ApplicationError: child fails")

    async def test_parent_close_policies(self) -> None:
        for policy, expected in (
            (ParentClosePolicy.TERMINATE, WorkflowExecutionStatus.TERMINATED),
            (ParentClosePolicy.REQUEST_CANCEL, WorkflowExecutionStatus.CANCELED),
            (ParentClosePolicy.ABANDON, WorkflowExecutionStatus.RUNNING),
        ):
            async with self.worker(workflows=ALL):
                child = unique("child")
                await (await self.start(ParentThatCloses.run, child, int(policy))).result()
                await self.reaches(child, expected)
                if expected == WorkflowExecutionStatus.RUNNING:
                    await self.client.get_workflow_handle(child).terminate()

    async def test_cancel_child_and_external(self) -> None:
        async with self.worker(workflows=ALL):
            handle = await self.start(CancelsChild.run)
            self.assertEqual(await handle.result(), "CancelledError")
            target = await self.start(Child.run, 1)
            handle = await self.start(CancelsExternal.run, target.id)
            self.assertEqual(await handle.result(), "not found")
            await self.reaches(target.id, WorkflowExecutionStatus.CANCELED)

    async def test_continue_as_new(self) -> None:
        async with self.worker(workflows=ALL):
            handle = await self.start(Countdown.run, 5, 0)
            self.assertEqual(await handle.result(), 5)
            first = self.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
            self.assertEqual((await first.describe()).status, WorkflowExecutionStatus.CONTINUED_AS_NEW)

    async def test_workflow_retry(self) -> None:
        async with self.worker(workflows=ALL):
            handle = await self.start(FailsTwice.run, retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=10)))
            self.assertEqual(await handle.result(), 3)

    async def test_workflow_timeouts(self) -> None:
        handle = await self.start(Child.run, 1, execution_timeout=timedelta(milliseconds=300))
        with self.assertRaises(WorkflowFailureError) as raised:
            await handle.result()
        self.assertIsInstance(raised.exception.cause, TimeoutError)

    async def test_cron_passes_its_last_result_on(self) -> None:
        async with self.worker(workflows=ALL):
            handle = await self.start(Cron.run, cron_schedule="@every 1s", execution_timeout=timedelta(minutes=5))
            first = self.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
            self.assertEqual(await self.result_of_run(first), 1)
            for _ in range(200):
                runs = [run async for run in self.client.list_workflows(f"WorkflowId = '{handle.id}'")]
                if len(runs) >= 3:
                    break
                await asyncio.sleep(0.05)
            second = next(run for run in sorted(runs, key=lambda run: run.start_time) if run.run_id != handle.first_execution_run_id)
            self.assertEqual(await self.result_of_run(self.client.get_workflow_handle(handle.id, run_id=second.run_id)), 2)
            await self.client.get_workflow_handle(handle.id).terminate()

    async def result_of_run(self, handle: WorkflowHandle) -> object:
        """The result of a run that another one follows: to those who ask for it, it looks as if it had continued as new."""
        with self.assertRaises(WorkflowContinuedAsNewError):
            await handle.result(follow_runs=False)
        last = (await handle.fetch_history()).events[-1]
        return json.loads(last.workflow_execution_completed_event_attributes.result.payloads[0].data)

    async def test_start_delay(self) -> None:
        async with self.worker(workflows=ALL):
            loop = asyncio.get_running_loop()
            before = loop.time()
            handle = await self.start(Countdown.run, 0, 3, start_delay=timedelta(milliseconds=500))
            self.assertEqual(await handle.result(), 3)
            self.assertGreater(loop.time() - before, 0.45)

    async def test_id_policies(self) -> None:
        async with self.worker(workflows=ALL):
            handle = await self.start(Countdown.run, 0, 1)
            await handle.result()
            again = await self.start(Countdown.run, 0, 2, id=handle.id)
            self.assertEqual(await again.result(), 2)
            for policy in (WorkflowIDReusePolicy.REJECT_DUPLICATE, WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY):
                with self.assertRaises(WorkflowAlreadyStartedError):
                    await self.start(Countdown.run, 0, 3, id=handle.id, id_reuse_policy=policy)

            first = await self.start(Child.run, 1)
            second = await self.start(Child.run, 1, id=first.id, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING)
            self.assertEqual(first.first_execution_run_id, second.first_execution_run_id)
            third = await self.start(Child.run, 1, id=first.id, id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING)
            self.assertNotEqual(first.first_execution_run_id, third.first_execution_run_id)
            old = self.client.get_workflow_handle(first.id, run_id=first.first_execution_run_id)
            self.assertEqual((await old.describe()).status, WorkflowExecutionStatus.TERMINATED)
            await third.terminate()

    async def test_memo_and_search_attributes(self) -> None:
        await self.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=NAMESPACE,
                search_attributes={
                    COLOUR.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
                    SIZE.name: IndexedValueType.INDEXED_VALUE_TYPE_INT,
                },
            )
        )
        async with self.worker(workflows=ALL):
            handle = await self.start(
                Attributes.run,
                memo={"note": "first"},
                search_attributes=TypedSearchAttributes([SearchAttributePair(COLOUR, "red")]),
            )
            query = f"WorkflowId = '{handle.id}' AND ConformanceColour = 'green' AND ConformanceSize > 41"
            for _ in range(200):
                found = [run async for run in self.client.list_workflows(query)]
                if found:
                    break
                await asyncio.sleep(0.02)
            self.assertEqual([run.id for run in found], [handle.id])
            description = await handle.describe()
            self.assertEqual(await description.memo_value("note"), "changed")
            self.assertEqual(description.typed_search_attributes[SIZE], 42)
            await handle.terminate()

    async def test_list_and_count(self) -> None:
        kind = unique("Kind")
        handles = [await self.start(kind) for _ in range(5)]
        await handles[0].terminate()
        found = [run.id async for run in self.client.list_workflows(f"WorkflowType = '{kind}'", page_size=2)]
        self.assertEqual(sorted(found), sorted(handle.id for handle in handles))
        count = await self.client.count_workflows(f"WorkflowType = '{kind}' GROUP BY ExecutionStatus")
        self.assertEqual(count.count, 5)
        self.assertEqual({group.group_values[0]: group.count for group in count.groups}, {"Running": 4, "Terminated": 1})
        for handle in handles[1:]:
            await handle.terminate()

    async def test_patching(self) -> None:
        async with self.worker(workflows=[BeforePatch]):
            old = await self.start(BeforePatch.run)
            await asyncio.sleep(0.3)
        async with self.worker(workflows=[AfterPatch], max_cached_workflows=0):
            new = await self.start(AfterPatch.run)
            await asyncio.sleep(0.3)
            await old.signal(AfterPatch.proceed)
            await new.signal(AfterPatch.proceed)
            self.assertEqual(await old.result(), "old")
            self.assertEqual(await new.result(), "new")

    async def test_reset(self) -> None:
        from temporalio.api.common.v1 import WorkflowExecution
        from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

        async with self.worker(workflows=ALL):
            handle = await self.start(Child.run, 1)
            await handle.signal(Child.say, "kept")
            self.assertEqual(await handle.result(), ["kept"])
            response = await self.client.workflow_service.reset_workflow_execution(
                ResetWorkflowExecutionRequest(
                    namespace=NAMESPACE,
                    workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=handle.first_execution_run_id),
                    reason="again",
                    workflow_task_finish_event_id=4,
                    request_id=unique("reset"),
                )
            )
            again = self.client.get_workflow_handle(handle.id, run_id=response.run_id)
            self.assertEqual(await again.result(), ["kept"])


if __name__ == "__main__":
    unittest.main()
