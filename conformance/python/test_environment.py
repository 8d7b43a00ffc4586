"""The SDK's own test environment, started from our binary by its path."""

import os
import tempfile
import unittest
from datetime import timedelta

from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from harness import unique

BINARY = os.environ.get("MAINSPRING")


@workflow.defn
class Nap:
    @workflow.run
    async def run(self) -> str:
        await workflow.sleep(timedelta(milliseconds=50))
        return "rested"


@unittest.skipUnless(BINARY, "MAINSPRING names the server's binary")
class EnvironmentTest(unittest.IsolatedAsyncioTestCase):
    async def naps(self, env: WorkflowEnvironment) -> None:
        queue = unique("queue")
        async with Worker(env.client, task_queue=queue, workflows=[Nap]):
            result = await env.client.execute_workflow(Nap.run, id=unique("nap"), task_queue=queue)
        self.assertEqual(result, "rested")

    async def test_start_local(self) -> None:
        async with await WorkflowEnvironment.start_local(dev_server_existing_path=BINARY) as env:
            await self.naps(env)

    async def test_start_local_with_a_namespace(self) -> None:
        async with await WorkflowEnvironment.start_local(dev_server_existing_path=BINARY, namespace="custom") as env:
            await self.naps(env)


if __name__ == "__main__":
    unittest.main()
