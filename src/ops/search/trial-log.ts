import { join } from 'node:path';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import type { Repository } from '../repository.ts';
import type { DevelopmentScore } from './development.ts';

/** One trial as it is kept. */
export interface TrialRecord extends DevelopmentScore {
  /** What was tried: values of `-X`, and which revisions. */
  readonly given: readonly string[];
  readonly revisions: readonly string[];
  /** The tree with the merged models. */
  readonly tree: string;
  readonly seconds: number;
}

/** The trials of one search, as they end, in `<mgit directory>/searches/<id>.jsonl`: an interrupted search goes on from there. */
export interface TrialLog {
  find(trial: Pick<TrialRecord, 'given' | 'revisions'>): TrialRecord | undefined;
  add(record: TrialRecord): Promise<void>;
}

/** Opens the log of a search; it need not be there yet. A line that a crash cut off is passed over. */
export async function openTrialLog(
  { ports, mgitDirectory }: Pick<Repository, 'ports' | 'mgitDirectory'>,
  id: string,
): Promise<TrialLog> {
  const folder = join(mgitDirectory, 'searches');
  const path = join(folder, `${id}.jsonl`);
  const known = new Map<string, TrialRecord>();
  for (const line of ((await readText(ports, path)) ?? '').split('\n')) {
    const record = parseLine(line);
    if (record) known.set(keyOf(record), record);
  }
  return {
    find: trial => known.get(keyOf(trial)),
    add: async record => {
      await makeDurableDirectory(ports.fs, folder);
      const file = await ports.fs.open(path, 'append');
      try {
        const isNew = (await file.stat()).size === 0;
        await file.append(Buffer.from(`\n${JSON.stringify(record)}\n`)); // In front: the end of a line that a crash cut off.
        await file.sync();
        if (isNew) await ports.fs.syncDirectory(folder);
      } finally {
        await file.close();
      }
      known.set(keyOf(record), record);
    },
  };
}

const keyOf = ({ given, revisions }: Pick<TrialRecord, 'given' | 'revisions'>): string =>
  JSON.stringify([given, revisions]);

function parseLine(line: string): TrialRecord | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as TrialRecord;
  } catch {
    return undefined;
  }
}
