import { ApplicationFailure, CompleteAsyncError, activityInfo, heartbeat, sleep } from '@temporalio/activity';

export async function greet(name: string): Promise<string> {
  return `Hello, ${name}!`;
}

export async function flaky(): Promise<number> {
  const { attempt } = activityInfo();
  if (attempt < 3) throw new Error('again');
  return attempt;
}

export async function beatUntilCancelled(): Promise<void> {
  for (;;) {
    heartbeat();
    await sleep(20);
  }
}

export async function resumes(): Promise<number> {
  const { attempt, heartbeatDetails } = activityInfo();
  if (attempt > 1) return heartbeatDetails * 2;
  heartbeat(21);
  throw new Error('again');
}

export async function completesElsewhere(): Promise<string> {
  throw new CompleteAsyncError();
}

export async function fails(): Promise<void> {
  throw ApplicationFailure.create({ message: 'surface', type: 'Surface', nonRetryable: true, details: [7], cause: new Error('root') });
}

export async function succeedsAtTheEighth(): Promise<number> {
  const { attempt } = activityInfo();
  if (attempt < 8) throw new Error('not yet');
  return attempt;
}
