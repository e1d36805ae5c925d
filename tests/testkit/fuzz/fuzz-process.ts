import { openSync, writeSync } from 'node:fs';
import { observeCoverage } from './coverage.ts';
import { type Effort, explore } from './explore.ts';
import { formatProgress } from './progress.ts';
import { BUFFER_BYTES, type FuzzTarget } from './target.ts';
import { watchBuffers } from './watch-buffers.ts';

/** What the process is sent. It answers with an `Exploration`, and ends. */
export interface FuzzTask {
  /** The URL of the module of the target. */
  readonly target: string;
  readonly known: readonly Uint8Array[];
  readonly effort: Effort;
  /** Where the process writes what it is at. */
  readonly progressPath: string;
}

process.once('message', ({ target: url, known, effort, progressPath }: FuzzTask) => {
  void search(url, known, { effort, progressPath });
});

async function search(
  url: string,
  known: readonly Uint8Array[],
  { effort, progressPath }: Pick<FuzzTask, 'effort' | 'progressPath'>,
): Promise<void> {
  const { default: target }: { readonly default: FuzzTarget } = await import(url);
  const progress = openSync(progressPath, 'w');
  let runs = 0;
  using coverage = observeCoverage();
  const watch = watchBuffers(target.bufferBytes ?? BUFFER_BYTES);
  const before = (input: Uint8Array): void => {
    const now = formatProgress({ runs: ++runs, input });
    writeSync(progress, now, 0, now.length, 0);
    watch.begin();
  };
  const surroundings = { coverage, before, after: () => watch.end() };
  const found = await explore(target, known, { effort, surroundings });
  process.send?.(found, () => process.disconnect());
}
