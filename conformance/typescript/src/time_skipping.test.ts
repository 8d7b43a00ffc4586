// The SDK's time-skipping test environment, started from our binary by its path.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import * as activities from './activities';
import * as workflows from './workflows';

const DAY = 24 * 60 * 60 * 1000;
const taskQueue = `queue-${randomUUID()}`;
const skip = !process.env.MAINSPRING;
let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;

before(async () => {
  if (skip) return;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: process.env.MAINSPRING! } },
  });
  worker = await Worker.create({ connection: env.nativeConnection, taskQueue, activities, workflowsPath: require.resolve('./workflows') });
  running = worker.run();
});

after(async () => {
  if (skip) return;
  worker.shutdown();
  await running;
  await env.teardown();
});

const options = <A extends unknown[]>(...args: A) => ({ taskQueue, workflowId: `workflow-${randomUUID()}`, args });

test('a timer of thirty days', { skip }, async () => {
  const began = await env.currentTimeMs();
  await env.client.workflow.execute(workflows.nap, options((30 * DAY) as number));
  const passed = (await env.currentTimeMs()) - began;
  assert.ok(passed >= 30 * DAY && passed < 31 * DAY, String(passed));
});

test('a week of retries', { skip }, async () => {
  const began = await env.currentTimeMs();
  assert.equal(await env.client.workflow.execute(workflows.stubborn, options()), 8);
  const passed = (await env.currentTimeMs()) - began;
  assert.ok(passed >= 7 * DAY && passed < 8 * DAY, String(passed));
});

test('a signal after ten days', { skip }, async () => {
  const handle = await env.client.workflow.start(workflows.patient, options());
  await env.sleep('10 days');
  await handle.signal(workflows.arrive, 'Ada');
  assert.equal(await handle.result(), 'Ada came');
  assert.equal(await env.client.workflow.execute(workflows.patient, options()), 'nobody came');
});
