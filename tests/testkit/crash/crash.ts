import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../../src/base/random.ts';
import { openRepository } from '../../../src/ops/repository.ts';
import { listOf } from '../stores.ts';
import { type CliRun, runMgit } from '../world.ts';
import { buildWorld, type CrashWorld, copyWorld } from './crash-world.ts';
import type { Death } from './dying-ports.ts';
import type { CrashScenario } from './scenarios.ts';
import {
  git,
  isCandidate,
  isMemory,
  repositoriesOf,
  type Snapshot,
  snapshot,
  workTreesOf,
} from './snapshot.ts';
import { type Ended, type SpawnOptions, spawnMgit } from './spawn-mgit.ts';

/** A scenario with its states before and after, and how long its command is. */
export interface PreparedScenario {
  readonly scenario: CrashScenario;
  readonly template: CrashWorld;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly operations: number;
  readonly milliseconds: number;
}

/** Where and with what scenarios are prepared. */
export interface CrashSettings {
  /** An empty directory. */
  readonly directory: string;
  readonly history: 'embedded' | 'system';
  readonly megabytes: number;
}

/** Builds the world of each scenario and runs its command once without harm. */
export async function prepareScenarios(
  scenarios: readonly CrashScenario[],
  settings: CrashSettings,
): Promise<PreparedScenario[]> {
  const base = join(settings.directory, 'base');
  await mkdir(base);
  const fresh = await buildWorld(base, settings);
  const prepared: PreparedScenario[] = [];
  for (const [at, scenario] of scenarios.entries()) {
    const template = await copyWorld(fresh, join(settings.directory, `template-${at}`));
    await scenario.prepare(template, settings.megabytes);
    const trial = await copyWorld(template, join(settings.directory, `after-${at}`));
    const countFile = join(settings.directory, `count-${at}`);
    const ended = await spawnMgit(scenario.argv, { ...place(trial), countFile });
    if (ended.exitCode !== 0) throw new Error(`${scenario.name}: ${ended.stderr}`);
    prepared.push({
      scenario,
      template,
      before: await snapshot(template),
      after: await snapshot(trial),
      operations: Number(await readFile(countFile, 'utf8')),
      milliseconds: ended.milliseconds,
    });
    await rm(trial.directory, { recursive: true });
  }
  return prepared;
}

function place(world: CrashWorld): Pick<SpawnOptions, 'cwd' | 'env'> {
  return { cwd: world.path, env: world.ports.env };
}

/** How one run was interrupted. */
export type Blow = { readonly death: Death & { readonly group: boolean } } | { readonly killAfterMs: number };

/** Two blows of three fall on an operation, one at a random time. */
export function drawBlow(random: Random, prepared: PreparedScenario): Blow {
  if (random.below(3) === 0) return { killAfterMs: random.below(Math.ceil(prepared.milliseconds * 1.1)) };
  const operation = 1 + random.below(prepared.operations);
  const when = (['before', 'amid', 'after'] as const)[random.below(3)] ?? 'before';
  return { death: { operation, when, group: random.below(2) === 0 } };
}

/** What a blow led to. `problems` are sentences; none is right. */
export interface CrashOutcome {
  readonly killed: boolean;
  /** Locks that the repetition asked to remove. */
  readonly locks: readonly string[];
  readonly problems: readonly string[];
}

/** Interrupts a copy of a prepared scenario, checks what is left, and repeats the command. */
export async function crash(
  prepared: PreparedScenario,
  blow: Blow,
  directory: string,
): Promise<CrashOutcome> {
  const world = await copyWorld(prepared.template, directory);
  const ended = await spawnMgit(prepared.scenario.argv, { ...place(world), ...blow });
  const problems = [
    ...(ended.killed || ended.exitCode === 0 ? [] : [`it failed by itself: ${said(ended)}`]),
    ...(await repositoryProblems(world)),
    ...stateProblems(await snapshot(world), prepared),
  ];
  const { run, locks } = await repeat(world, prepared.scenario.argv);
  problems.push(...repetitionProblems(run, prepared.scenario));
  if (run.exitCode !== 0 && prepared.scenario.completion) {
    const completed = await repeat(world, prepared.scenario.completion);
    if (completed.run.exitCode !== 0) problems.push(`completed: ${said(completed.run)}`);
  }
  problems.push(...finalProblems(await snapshot(world), prepared));
  await rm(directory, { recursive: true });
  return { killed: ended.killed, locks, problems };
}

/** What other readers of the repository say: git, the store, `mgit status`. */
export async function repositoryProblems(world: CrashWorld): Promise<string[]> {
  const problems: string[] = [];
  for (const folder of repositoriesOf(world))
    await git(world, folder, 'fsck', '--strict', '--no-dangling').catch((error: unknown) =>
      problems.push(`git fsck in ${folder}: ${String(error)}`),
    );
  for (const folder of workTreesOf(world)) {
    const path = join(world.directory, folder);
    const repository = await openRepository(world.ports, path);
    await using _closing = repository;
    for (const { code, message } of await listOf(repository.store.verify()))
      problems.push(`store: ${code} ${message}`);
    const status = await runMgit(world.ports, path, 'status');
    if (status.exitCode !== 0) problems.push(`mgit status: ${said(status)}`);
  }
  return problems;
}

/** Everything is as before or as after. */
export function stateProblems(now: Snapshot, { before, after }: PreparedScenario): string[] {
  const names = new Set([...now.keys(), ...before.keys(), ...after.keys()]);
  return [...names]
    .filter(name => !isCandidate(name))
    .filter(name => now.get(name) !== before.get(name) && now.get(name) !== after.get(name))
    .filter(name => !(name.startsWith('file ') && !now.has(name))) // A checkout removes before it writes.
    .map(name => `${name} is ${now.get(name)}: neither ${before.get(name)} nor ${after.get(name)}`);
}

/** The repetition ended where the command ends when nothing happens. */
export function finalProblems(now: Snapshot, { after }: PreparedScenario): string[] {
  const names = new Set([...now.keys(), ...after.keys()]);
  return [...names]
    .filter(name => !isMemory(name))
    .filter(name => now.get(name) !== after.get(name))
    .map(name => `repeated, ${name} is ${now.get(name)}, not ${after.get(name)}`);
}

/** The repetition succeeded, or said that it had been done. */
export function repetitionProblems(run: CliRun, scenario: CrashScenario): string[] {
  if (run.exitCode === 0) return [];
  const code = codeOf(run);
  return code !== undefined && scenario.doneAlready?.includes(code) ? [] : [`repeated: ${said(run)}`];
}

const LOCK_CODES = ['INDEX_LOCKED', 'REF_LOCKED', 'CONFIG_LOCKED'];

/** Repeats a command; a lock that it explains is removed, as its hint says. */
async function repeat(
  world: CrashWorld,
  argv: readonly string[],
): Promise<{ readonly run: CliRun; readonly locks: string[] }> {
  const locks: string[] = [];
  for (;;) {
    const run = await runMgit(world.ports, world.path, ...argv);
    const lock = /(\/[^\s'"()]+\.lock)/.exec(run.stderr)?.[1];
    const explained = LOCK_CODES.includes(codeOf(run) ?? '') && /hint: .*remove/.test(run.stderr);
    if (run.exitCode === 0 || lock === undefined || !explained || locks.includes(lock)) return { run, locks };
    await rm(lock);
    locks.push(lock);
  }
}

/** The code of the error that a command ended with. */
export function codeOf({ stderr }: Pick<CliRun, 'stderr'>): string | undefined {
  return /error\[([A-Z_]+)\]/.exec(stderr)?.[1];
}

function said(ended: Pick<Ended, 'exitCode' | 'stderr'>): string {
  return `exit ${ended.exitCode}: ${ended.stderr.trim()}`;
}
