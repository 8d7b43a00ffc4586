"""A Python client starts a Rust workflow that calls a Python activity; the Rust half is `examples/polyglot`."""

import unittest
from dataclasses import dataclass

from temporalio import activity

from harness import ServerTest, event_types


@dataclass
class Article:
    title: str
    slug: str
    approved_by: str


@activity.defn
async def slugify(title: str) -> str:
    return "-".join(title.lower().split())


class PolyglotTest(ServerTest):
    async def test_rust_workflow_with_a_python_activity(self) -> None:
        async with self.worker(task_queue="polyglot-python", activities=[slugify]):
            handle = await self.start("Publishing", "Hello Durable World", task_queue="polyglot-rust", result_type=Article)
            await handle.signal("approve", "Ada")
            article = await handle.result()
        self.assertEqual(article, Article("Hello Durable World", "hello-durable-world", "Ada"))
        types = await event_types(handle)
        self.assertEqual(types[-1], "WORKFLOW_EXECUTION_COMPLETED")
        self.assertIn("ACTIVITY_TASK_COMPLETED", types)


if __name__ == "__main__":
    unittest.main()
