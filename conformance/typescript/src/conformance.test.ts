// Drives the server under test with the official TypeScript SDK.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  Client,
  Connection,
  QueryNotRegisteredError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowHandle,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, TerminatedFailure, TimeoutFailure, WorkflowNotFoundError } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import * as activities from './activities';
import * as workflows from './workflows';

const address = process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233';
const taskQueue = `queue-${randomUUID()}`;
let client: Client;
let worker: Worker;
let running: Promise<void>;
let native: NativeConnection;

before(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  native = await NativeConnection.connect({ address });
  worker = await Worker.create({ connection: native, taskQueue, activities, workflowsPath: require.resolve('./workflows') });
  running = worker.run();
  client = new Client({ connection: await Connection.connect({ address }) });
});

after(async () => {
  worker.shutdown();
  await running;
  await client.connection.close();
  await native.close();
});

const workflowId = () => `workflow-${randomUUID()}`;
const options = <A extends unknown[]>(...args: A) => ({ taskQueue, workflowId: workflowId(), args });

/** Waits until a worker has started an activity of this run, and returns the activity's id. */
async function startedActivity(handle: WorkflowHandle): Promise<string> {
  for (;;) {
    const pending = (await handle.describe()).raw.pendingActivities?.[0];
    if (pending?.lastStartedTime) return pending.activityId!;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('activities, a local activity, a timer and a signal', async () => {
  const handle = await client.workflow.start(workflows.everything, options('World' as string));
  await handle.signal(workflows.approve, 'Ada');
  assert.equal(await handle.result(), 'Hello, World! 3 Hello, local! Ada');
  await Worker.runReplayHistory({ workflowsPath: require.resolve('./workflows') }, await handle.fetchHistory());
});

test('queries and updates', async () => {
  const handle = await client.workflow.start(workflows.messages, options());
  assert.equal(await handle.executeUpdate(workflows.add, { args: [2] }), 2);
  const update = await handle.startUpdate(workflows.add, { args: [3], waitForStage: 'ACCEPTED' });
  assert.equal(await update.result(), 5);
  await assert.rejects(handle.executeUpdate(workflows.add, { args: [-1] }), WorkflowUpdateFailedError);
  assert.equal(await handle.query(workflows.value), 5);
  await assert.rejects(handle.query('unknown'), QueryNotRegisteredError);
  await handle.signal(workflows.finish);
  assert.equal(await handle.result(), 5);
  assert.equal(await handle.query(workflows.value), 5);
});

test('update with start', async () => {
  const start = new WithStartWorkflowOperation(workflows.messages, { ...options(), workflowIdConflictPolicy: 'USE_EXISTING' });
  const value = await client.workflow.executeUpdateWithStart(workflows.add, { args: [5], startWorkflowOperation: start });
  assert.equal(value, 5);
  await (await start.workflowHandle()).terminate();
});

test('children and external signals', async () => {
  const result = await client.workflow.execute(workflows.parent, options(workflowId()));
  assert.equal(result, 'one two');
});

test('continue as new', async () => {
  assert.equal(await client.workflow.execute(workflows.countdown, options(4 as number)), 'liftoff');
});

test('cancellation with clean-up', async () => {
  const handle = await client.workflow.start(workflows.cancellable, options());
  await startedActivity(handle);
  await handle.cancel();
  assert.equal(await handle.result(), 'Hello, clean-up!');
});

test('patches', async () => {
  assert.equal(await client.workflow.execute(workflows.patchedWorkflow, options()), 'new');
});

test('search attributes and memo', async () => {
  await client.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: { TsConformanceColour: 2 } });
  const handle = await client.workflow.start(workflows.searchable, { ...options(), memo: { note: 'first' } });
  await handle.result();
  const query = `TsConformanceColour = 'green' AND WorkflowId = '${handle.workflowId}'`;
  assert.equal((await client.workflow.count(query)).count, 1);
  assert.deepEqual((await handle.describe()).memo, { note: 'changed' });
});

test('timeouts, failures with causes, terminations', async () => {
  const cause = async (promise: Promise<unknown>) => {
    const error = await promise.then(() => assert.fail('no failure'), (error: unknown) => error);
    assert.ok(error instanceof WorkflowFailedError, String(error));
    return error.cause;
  };
  const late = client.workflow.execute(workflows.waits, { ...options(), workflowExecutionTimeout: 200 });
  assert.ok((await cause(late)) instanceof TimeoutFailure);

  const failed = await cause(client.workflow.execute(workflows.failing, options()));
  assert.ok(failed instanceof ActivityFailure && failed.cause instanceof ApplicationFailure);
  assert.deepEqual([failed.cause.type, failed.cause.details, failed.cause.cause?.message], ['Surface', [7], 'root']);

  const handle = await client.workflow.start(workflows.waits, options());
  await assert.rejects(
    client.workflow.start(workflows.waits, { ...options(), workflowId: handle.workflowId }),
    WorkflowExecutionAlreadyStartedError
  );
  await handle.terminate('enough');
  assert.ok((await cause(handle.result())) instanceof TerminatedFailure);
  await assert.rejects(handle.terminate(), WorkflowNotFoundError);
});

test('async completion and heartbeat details', async () => {
  const handle = await client.workflow.start(workflows.async_, options());
  const activityId = await startedActivity(handle);
  await client.activity.complete({ workflowId: handle.workflowId, activityId }, 'done');
  assert.equal(await handle.result(), 'done');
  assert.equal(await client.workflow.execute(workflows.heartbeats, options()), 42);
});

test("the SDK's own local environment starts our binary", { skip: !process.env.MAINSPRING }, async () => {
  const env = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path: process.env.MAINSPRING! } } });
  try {
    const local = await Worker.create({ connection: env.nativeConnection, taskQueue, activities, workflowsPath: require.resolve('./workflows') });
    const result = await local.runUntil(env.client.workflow.execute(workflows.countdown, options(1 as number)));
    assert.equal(result, 'liftoff');
  } finally {
    await env.teardown();
  }
});
