"""What every conformance test shares: a client of the server under test and workers on queues of their own."""

import os
import unittest
import uuid
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

ADDRESS = os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233")
NAMESPACE = os.environ.get("TEMPORAL_NAMESPACE", "default")
SHORT = timedelta(seconds=10)


class ServerTest(unittest.IsolatedAsyncioTestCase):
    """A test with a connected client; each test gets ids that no other run has used."""

    client: Client

    async def asyncSetUp(self) -> None:
        self.client = await Client.connect(ADDRESS, namespace=NAMESPACE)
        self.queue = unique("queue")

    @asynccontextmanager
    async def worker(self, *, workflows=(), activities=(), **options):
        """A worker on this test's queue for as long as the block runs."""
        queue = options.pop("task_queue", self.queue)
        client = options.pop("client", self.client)
        async with Worker(
            client, task_queue=queue, workflows=workflows, activities=activities, **options
        ) as worker:
            yield worker

    async def start(self, workflow, *args, **options) -> WorkflowHandle:
        options.setdefault("id", unique("workflow"))
        options.setdefault("task_queue", self.queue)
        options.setdefault("execution_timeout", timedelta(minutes=1))
        return await self.client.start_workflow(workflow, args=list(args), **options)


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4()}"


async def event_types(handle: WorkflowHandle) -> list[str]:
    """The run's history as names without their common prefix, in order."""
    from temporalio.api.enums.v1 import EventType

    prefix = "EVENT_TYPE_"
    return [EventType.Name(event.event_type).removeprefix(prefix) async for event in handle.fetch_history_events()]
