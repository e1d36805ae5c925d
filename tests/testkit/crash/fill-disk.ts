import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runMgit } from '../world.ts';
import {
  codeOf,
  finalProblems,
  type PreparedScenario,
  repetitionProblems,
  repositoryProblems,
  stateProblems,
} from './crash.ts';
import { type CrashWorld, copyWorld } from './crash-world.ts';
import { failingPorts } from './failing-ports.ts';
import { snapshot } from './snapshot.ts';

/** What came of it: `failures` commands found the disk full; problems are sentences that name the operation. */
export interface FullDiskReport {
  readonly operations: number;
  readonly failures: number;
  readonly problems: readonly string[];
}

/**
 * Runs the command of a scenario with the disk full from an operation on, for each operation (or every so many): it must say so, leave
 * nothing unfinished or open and the state as before or after, and succeed when there is space again.
 */
export async function fillDisk(
  prepared: PreparedScenario,
  { directory, every = 1 }: { readonly directory: string; readonly every?: number },
): Promise<FullDiskReport> {
  const problems: string[] = [];
  let failures = 0;
  let operations = 1;
  for (let at = 1; at <= operations; at += every) {
    const world = await copyWorld(prepared.template, join(directory, `full-${at}`));
    const trial = await runFull(world, prepared, at);
    if (at === 1) operations = await countOf(prepared, join(directory, 'count'));
    failures += trial.isFull ? 1 : 0;
    problems.push(...trial.problems.map(problem => `${prepared.scenario.name}, full from ${at}: ${problem}`));
    await rm(world.directory, { recursive: true });
  }
  return { operations, failures, problems };
}

async function countOf({ template, scenario }: PreparedScenario, directory: string): Promise<number> {
  const world = await copyWorld(template, directory);
  const { ports, count } = failingPorts(world.ports, Number.POSITIVE_INFINITY);
  await runMgit(ports, world.path, ...scenario.argv);
  await rm(directory, { recursive: true });
  return count();
}

async function runFull(
  world: CrashWorld,
  prepared: PreparedScenario,
  fullFrom: number,
): Promise<{ readonly isFull: boolean; readonly problems: readonly string[] }> {
  const { argv, exitCode = 0 } = prepared.scenario;
  const old = await unfinished(world);
  const { ports, leftOpen } = failingPorts(world.ports, fullFrom);
  const run = await runMgit(ports, world.path, ...argv);
  const isFull = run.exitCode === 1 && codeOf(run) === 'DISK_FULL';
  const left = (await unfinished(world)).filter(path => !old.includes(path));
  const problems = [
    ...(isFull || run.exitCode === exitCode ? [] : [`it said ${run.exitCode}: ${run.stderr}`]),
    ...left.map(path => `it left ${path}`),
    ...leftOpen().map(path => `it left ${path} open`),
    ...(await repositoryProblems(world)),
    ...stateProblems(await snapshot(world), prepared),
  ];
  const again = await runMgit(world.ports, world.path, ...argv);
  problems.push(...repetitionProblems(again, prepared.scenario));
  problems.push(...finalProblems(await snapshot(world), prepared));
  return { isFull, problems };
}

/** An interrupted download is continued by the next one, and a lock without a claim is nobody's. */
const HARMLESS = /\.partial$|\/retire\.lock$/;

/** Files that wait for their names, locks, and what is removed just now. */
async function unfinished({ directory }: CrashWorld): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true });
  return names
    .filter(name => /\/mgit\/tmp\/|\/tmp_obj|\.lock$|\.tmp$|\.[0-9a-f]{16}\.mgit$|\/condemned$/.test(name))
    .filter(name => !HARMLESS.test(name));
}
