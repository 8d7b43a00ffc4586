"""Links in the answers of updates; those of starts and signals are compared where these are."""

import threading

from google.protobuf.any_pb2 import Any
from harness import Client, case, command, payloads
from temporalio.api.protocol.v1 import Message
from temporalio.api.update.v1 import Acceptance, Outcome, Request, Response


def packed(message) -> Any:
    result = Any()
    result.Pack(message)
    return result


def update(c: Client, name: str, stage: str = "COMPLETED"):
    return c.call(
        "UpdateWorkflowExecution",
        workflow_execution=c.of(),
        wait_policy={"lifecycle_stage": f"UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_{stage}"},
        request={
            "meta": {"update_id": name, "identity": "differential"},
            "input": {"name": "set", "args": payloads(1)},
        },
    )


@case
def links_of_updates(c: Client) -> None:
    with c.quietly():
        c.start()
        c.step()
        answers: list = []
        asked = threading.Thread(target=lambda: answers.append(update(c, "one")))
        asked.start()
        task = c.poll()
        message = task.messages[0]
        request = Request()
        message.body.Unpack(request)
        acceptance = Acceptance(
            accepted_request_message_id=message.id,
            accepted_request_sequencing_event_id=message.event_id,
            accepted_request=request,
        )
        response = Response(meta=request.meta, outcome=Outcome(success=payloads("done")))
        messages = [
            Message(id=name, protocol_instance_id=message.protocol_instance_id, body=packed(body))
            for name, body in (("accept", acceptance), ("respond", response))
        ]
        commands = [command("protocol_message", message_id=it.id) for it in messages]
        c.complete(task, *commands, messages=messages)
        asked.join()
        answers.append(update(c, "one"))
        c.terminate()
    for answer in answers:
        c.note("link", c.plain(answer.link))
