import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '../world.ts';
import {
  codeOf,
  finalProblems,
  type PreparedScenario,
  prepareScenarios,
  repositoryProblems,
  stateProblems,
} from './crash.ts';
import { copyWorld } from './crash-world.ts';
import type { RealDisk } from './real-disk.ts';
import { CRASH_SCENARIOS } from './scenarios.ts';
import { snapshot } from './snapshot.ts';
import { spawnMgit } from './spawn-mgit.ts';
import { STORE_SCENARIOS } from './store-scenarios.ts';

const KIB = 1024;

/** From nothing to nearly what the largest command takes. */
const FREE = [0, 16 * KIB, 128 * KIB, 512 * KIB, 2048 * KIB];
const MEGABYTES = 4;
const PLENTY = 256 * KIB * KIB;

const COMMANDS = ['add', 'commit', 'commit -a', 'switch', 'restore', 'merge'];

/** What came of it; problems are sentences that name command and space. */
export interface RealDiskReport {
  /** Commands that said that there was no space. */
  readonly refused: number;
  readonly problems: readonly string[];
}

/** Runs commands, as programs of their own, on a disk with less and less space; repeats each when there is enough. */
export async function fillRealDisk(disk: RealDisk, history: 'embedded' | 'system'): Promise<RealDiskReport> {
  await using home = await temporaryDirectory();
  const chosen = [
    ...CRASH_SCENARIOS.filter(({ name }) => COMMANDS.includes(name)),
    ...STORE_SCENARIOS.filter(({ needsGit = false }) => !needsGit || history === 'system'),
  ];
  const settings = { directory: home.path, history, megabytes: MEGABYTES };
  const report = { refused: 0, problems: [] as string[] };
  for (const prepared of await prepareScenarios(chosen, settings))
    for (const free of FREE) {
      const trial = await runOn(disk, prepared, free);
      report.refused += trial.isRefused ? 1 : 0;
      const where = `${prepared.scenario.name}, ${history}, ${free} bytes free`;
      report.problems.push(...trial.problems.map(problem => `${where}: ${problem}`));
    }
  return report;
}

async function runOn(
  disk: RealDisk,
  prepared: PreparedScenario,
  free: number,
): Promise<{ readonly isRefused: boolean; readonly problems: readonly string[] }> {
  const { argv, exitCode = 0 } = prepared.scenario;
  const world = await copyWorld(prepared.template, join(disk.path, 'world'));
  const place = { cwd: world.path, env: world.ports.env };
  await disk.leave(free);
  const run = await spawnMgit(argv, place);
  await disk.leave(PLENTY);
  const isRefused = run.exitCode === 1 && codeOf(run) === disk.code;
  const problems = [
    ...(isRefused || run.exitCode === exitCode ? [] : [`it ended with ${run.exitCode}: ${run.stderr}`]),
    ...(await repositoryProblems(world)),
    ...stateProblems(await snapshot(world), prepared),
  ];
  const again = await spawnMgit(argv, place);
  const isDone = again.exitCode === 0 || prepared.scenario.doneAlready?.includes(codeOf(again) ?? '');
  if (!isDone) problems.push(`repeated, it ended with ${again.exitCode}: ${again.stderr}`);
  problems.push(...finalProblems(await snapshot(world), prepared));
  await rm(world.directory, { recursive: true });
  return { isRefused, problems };
}
