import * as wf from '@temporalio/workflow';
import type * as activities from './activities';

const { greet, flaky, resumes, completesElsewhere, fails } = wf.proxyActivities<typeof activities>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: 10 },
});
const { beatUntilCancelled } = wf.proxyActivities<typeof activities>({
  startToCloseTimeout: '20s',
  heartbeatTimeout: '2s',
  cancellationType: wf.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const local = wf.proxyLocalActivities<typeof activities>({ startToCloseTimeout: '5s' });

export const approve = wf.defineSignal<[string]>('approve');
export const finish = wf.defineSignal('finish');
export const word = wf.defineSignal<[string]>('word');
export const value = wf.defineQuery<number>('value');
export const add = wf.defineUpdate<number, [number]>('add');

export async function everything(name: string): Promise<string> {
  let by: string | undefined;
  wf.setHandler(approve, (who) => void (by = who));
  const greeting = await greet(name);
  const attempt = await flaky();
  const again = await local.greet('local');
  await wf.sleep(20);
  await wf.condition(() => by !== undefined);
  return [greeting, attempt, again, by].join(' ');
}

export async function messages(): Promise<number> {
  let total = 0;
  let done = false;
  wf.setHandler(value, () => total);
  wf.setHandler(finish, () => void (done = true));
  wf.setHandler(
    add,
    async (amount) => {
      await wf.sleep(5);
      return (total += amount);
    },
    {
      validator: (amount) => {
        if (amount < 0) throw new Error('must not be negative');
      },
    }
  );
  await wf.condition(() => done);
  return total;
}

export async function parent(childId: string): Promise<string> {
  const handle = await wf.startChild(child, { workflowId: childId });
  await handle.signal(word, 'one');
  await wf.getExternalWorkflowHandle(childId).signal(word, 'two');
  return await handle.result();
}

export async function child(): Promise<string> {
  const words: string[] = [];
  wf.setHandler(word, (text) => void words.push(text));
  await wf.condition(() => words.length === 2);
  return words.join(' ');
}

export async function countdown(left: number): Promise<string> {
  if (left > 0) await wf.continueAsNew<typeof countdown>(left - 1);
  return 'liftoff';
}

export async function cancellable(): Promise<string> {
  try {
    await beatUntilCancelled();
  } catch (error) {
    if (!wf.isCancellation(error)) throw error;
    return await wf.CancellationScope.nonCancellable(() => greet('clean-up'));
  }
  return 'completed';
}

export async function patchedWorkflow(): Promise<string> {
  const path = wf.patched('a-change') ? 'new' : 'old';
  await wf.sleep(5);
  return path;
}

export async function searchable(): Promise<void> {
  wf.upsertSearchAttributes([{ key: { name: 'TsConformanceColour', type: 'KEYWORD' } as never, value: 'green' }]);
  wf.upsertMemo({ note: 'changed' });
}

export async function waits(): Promise<void> {
  await wf.sleep('1 hour');
}

export async function failing(): Promise<void> {
  await fails();
}

export async function async_(): Promise<string> {
  return await completesElsewhere();
}

export async function heartbeats(): Promise<number> {
  return await resumes();
}

export async function nap(milliseconds: number): Promise<void> {
  await wf.sleep(milliseconds);
}

export async function stubborn(): Promise<number> {
  const daily = wf.proxyActivities<typeof activities>({
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '1 day', backoffCoefficient: 1 },
  });
  return await daily.succeedsAtTheEighth();
}

export const arrive = wf.defineSignal<[string]>('arrive');

export async function patient(): Promise<string> {
  let name: string | undefined;
  wf.setHandler(arrive, (who) => void (name = who));
  const came = await wf.condition(() => name !== undefined, '15 days');
  return came ? `${name} came` : 'nobody came';
}
