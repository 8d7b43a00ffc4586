"""The Python half of the polyglot example: a worker for the activity that the Rust workflow calls `slugify`, and a
client that starts the workflow, approves, and prints the article.

    python publish.py "Hello Durable World" Ada
"""

import asyncio
import dataclasses
import json
import os
import sys
import uuid
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client, WorkflowFailureError
from temporalio.worker import Worker


@dataclasses.dataclass
class Article:
    title: str
    slug: str
    words: int
    approved_by: str


@activity.defn
async def slugify(title: str) -> str:
    return "-".join(title.lower().split())


async def publish(title: str, by: str) -> Article:
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"))
    async with Worker(client, task_queue="polyglot-python", activities=[slugify]):
        handle = await client.start_workflow(
            "Publishing",
            title,
            id=f"publishing-{uuid.uuid4()}",
            task_queue="polyglot-rust",
            result_type=Article,
            execution_timeout=timedelta(minutes=5),
        )
        await handle.signal("approve", by)
        return await handle.result()


def main() -> None:
    title, by = sys.argv[1:]
    try:
        article = asyncio.run(publish(title, by))
    except WorkflowFailureError as failure:
        error = failure.cause.cause or failure.cause
        print(f"not published: {error}")
    else:
        print(json.dumps(dataclasses.asdict(article)))
    sys.stdout.flush()
    # The SDK's native threads may outlive the interpreter and abort it while it finalizes.
    os._exit(0)


if __name__ == "__main__":
    main()
