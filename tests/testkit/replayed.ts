import { expect } from 'vitest';
import { readLog } from '../../src/ops/history/log.ts';
import { readStatus } from '../../src/ops/worktree/status.ts';
import type { MergeRepository } from './merge-repository.ts';
import { listOf } from './stores.ts';

/** The subjects of the last commits, newest first. */
export async function subjects({ repository }: MergeRepository, limit: number): Promise<string[]> {
  const log = readLog(repository, { cwd: repository.workTree, revisions: [], paths: [], limit });
  return (await listOf(log)).map(({ message }) => message.split('\n', 1)[0] ?? '');
}

/** Nothing differs from HEAD, in the index or the work tree. */
export async function expectClean({ repository }: MergeRepository): Promise<void> {
  const { staged, unstaged, untracked, conflicts } = await readStatus(repository);
  expect([staged, unstaged, untracked, conflicts]).toEqual([[], [], [], []]);
}
