import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Role } from '../../eval/gate/verdict.ts';
import {
  joinResults,
  lenientJson,
  parseItems,
  type WrittenItem,
  type WrittenResults,
} from '../../eval/results/items.ts';
import { lmEvalItems, lmEvalMetrics, lmEvalTask } from '../../eval/results/lm-eval.ts';
import type { GateJob } from './job.ts';

/** Results by role; those that name no role stand under undefined. */
export type ResultsByRole = ReadonlyMap<Role | undefined, WrittenResults>;

/** Reads what a command wrote into `out`, in mgit's form or that of lm-evaluation-harness. Errors: `GATE_RESULT_INVALID`. */
export async function readCommandResults(job: GateJob, out: string): Promise<ResultsByRole> {
  const { fs } = job.repository.ports;
  if (job.gate.results === 'lm-eval') return new Map([[undefined, await lmEvalResults(fs, out)]]);
  const metrics = await readJson(fs, join(out, 'metrics.json'));
  const items = parseItems((await readText(fs, join(out, 'items.jsonl'))) ?? '', 'items.jsonl');
  const roles = new Set([...items.map(({ model }) => model), ...rolesIn(metrics, [...job.models.keys()])]);
  if (roles.size === 0 && metrics !== undefined) roles.add(undefined);
  return new Map(
    [...roles].map(role => {
      const own = role === undefined ? metrics : (metrics as Record<string, unknown> | undefined)?.[role];
      return [
        role,
        joinResults(
          own,
          items.filter(({ model }) => model === role),
          'items.jsonl',
        ),
      ];
    }),
  );
}

/** The roles that `metrics.json` is divided by, if it is. */
function rolesIn(metrics: unknown, known: readonly Role[]): readonly Role[] {
  if (metrics === null || typeof metrics !== 'object') return [];
  return known.filter(role => typeof (metrics as Record<string, unknown>)[role] === 'object');
}

async function lmEvalResults(fs: FileSystem, out: string): Promise<WrittenResults> {
  let metrics: Readonly<Record<string, number>> = {};
  const items: WrittenItem[] = [];
  for (const path of await filesBelow(fs, out)) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const text = (await readText(fs, path)) ?? '';
    const task = lmEvalTask(name);
    if (/^results.*\.json$/.test(name)) metrics = { ...metrics, ...lmEvalMetrics(lenientJson(text, name)) };
    if (task !== undefined) {
      const lines = text.split('\n').filter(line => line.trim() !== '');
      items.push(
        ...lmEvalItems(
          task,
          lines.map(line => lenientJson(line, name)),
        ),
      );
    }
  }
  return joinByMetric(metrics, items);
}

/** Tasks have different items, so each metric is joined with the items that carry it. */
function joinByMetric(
  metrics: Readonly<Record<string, number>>,
  items: readonly WrittenItem[],
): WrittenResults {
  const names = new Set([...Object.keys(metrics), ...items.flatMap(({ scores }) => Object.keys(scores))]);
  const joined = [...names].map(name => {
    const own = items.filter(({ scores }) => Object.hasOwn(scores, name));
    const only = own.map(item => ({ ...item, scores: { [name]: item.scores[name] ?? Number.NaN } }));
    const value = metrics[name];
    return joinResults(value === undefined ? {} : { [name]: value }, only, name).metrics;
  });
  return { metrics: Object.assign({}, ...joined), remarks: {} };
}

async function filesBelow(fs: FileSystem, directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, kind } of await fs.readDirectory(directory)) {
    if (kind === 'directory') found.push(...(await filesBelow(fs, `${directory}/${name}`)));
    else if (kind === 'file') found.push(`${directory}/${name}`);
  }
  return found.sort();
}

async function readJson(fs: FileSystem, path: string): Promise<unknown> {
  const text = await readText(fs, path);
  return text === undefined ? undefined : lenientJson(text, 'metrics.json');
}

async function readText(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await fs.readFile(path));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
