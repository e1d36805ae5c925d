import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openRepository } from '../../../src/ops/repository.ts';
import { crashModel } from '../crash/crash-world.ts';
import { git } from '../git.ts';
import { type Scene, scene } from '../scene.ts';
import { listOf } from '../stores.ts';
import { runMgit } from '../world.ts';
import type { WorkerReport, WorkerRequest } from './work.ts';

/** How many work together, and how long. */
export interface WorkTogether {
  readonly workers: number;
  readonly steps: number;
  readonly seconds: number;
  readonly seed: number;
}

/** What came of it; no problem is right. */
export interface TogetherReport {
  readonly commits: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/**
 * Several processes on repositories that share something: by turns one work tree with others, a linked work tree of the
 * same repository, a clone that pushes to the same remote. Among them plain git, and now and then gc and repack.
 */
export async function workTogether(settings: WorkTogether): Promise<TogetherReport> {
  await using home = await scene('system');
  const requests = await prepare(home, settings);
  const reports = await Promise.all(requests.map(request => runWorker(home, request)));
  const problems = reports.flatMap(({ problems }, at) =>
    problems.map(text => `${requests[at]?.name}: ${text}`),
  );
  for (const [at, report] of reports.entries())
    problems.push(...(await lostUpdates(home, requests[at] as WorkerRequest, report)));
  for (const path of new Set([...requests.map(({ path }) => path), join(home.path, '../remote.git')]))
    problems.push(...(await damage(home, path)));
  const refusals: Record<string, number> = {};
  for (const report of reports)
    for (const [text, count] of Object.entries(report.refusals))
      refusals[text] = (refusals[text] ?? 0) + count;
  return { commits: reports.reduce((sum, { commits }) => sum + commits.length, 0), refusals, problems };
}

async function prepare(home: Scene, settings: WorkTogether): Promise<WorkerRequest[]> {
  const parent = join(home.path, '..');
  await git(home.ports, parent, 'init', '-q', '--bare', 'remote.git');
  await home.mgit('track', '*.safetensors');
  await home.write('model.safetensors', crashModel(0.25, { own: 1, same: 1 }));
  await home.mgit('add', '.');
  await home.mgit('commit', '-m', 'first');
  await home.git('remote', 'add', 'origin', '../remote.git');
  await home.mgit('push', 'origin', 'main');
  const requests: WorkerRequest[] = [];
  for (let at = 0; at < settings.workers; at++) {
    const name = `worker ${at}`;
    const common = { name, seed: settings.seed * 100 + at, steps: settings.steps, seconds: settings.seconds };
    if (at % 3 === 0) requests.push({ ...common, path: home.path, file: `file-${at}.txt`, branches: [] });
    else if (at % 3 === 1) requests.push({ ...common, ...(await linked(home, parent, at)) });
    else requests.push({ ...common, ...(await cloned(home, parent, at)) });
  }
  return requests;
}

type Place = Pick<WorkerRequest, 'path' | 'file' | 'branches' | 'push'>;

async function linked(home: Scene, parent: string, at: number): Promise<Place> {
  const path = join(parent, `linked-${at}`);
  await home.git('branch', `resting-${at}`);
  await home.git('worktree', 'add', '-q', '-b', `linked-${at}`, path);
  return { path, file: 'model.safetensors', branches: [`resting-${at}`] };
}

async function cloned(home: Scene, parent: string, at: number): Promise<Place> {
  const path = join(parent, `clone-${at}`);
  const run = await runMgit(home.ports, parent, 'clone', 'remote.git', path);
  if (run.exitCode !== 0) throw new Error(run.stderr);
  await git(home.ports, path, 'branch', 'resting');
  return { path, file: 'model.safetensors', branches: ['resting'], push: `clone-${at}` };
}

async function runWorker(home: Scene, request: WorkerRequest): Promise<WorkerReport> {
  const env = home.ports.env as NodeJS.ProcessEnv;
  const options = { env, cwd: request.path, maxBuffer: 1 << 28 };
  const { stdout } = await promisify(execFile)(process.execPath, [WORKER, JSON.stringify(request)], options);
  return JSON.parse(stdout);
}

/** Every commit that a worker made is in its branch, what it staged last is staged, and what it pushed last is on the remote. */
async function lostUpdates(home: Scene, request: WorkerRequest, report: WorkerReport): Promise<string[]> {
  const { path, name } = request;
  const problems: string[] = [];
  const reachable = new Set((await git(home.ports, path, 'rev-list', 'HEAD')).split('\n'));
  for (const commit of report.commits)
    if (!reachable.has(commit)) problems.push(`${name}: commit ${commit} was lost`);
  for (const [file, id] of Object.entries(report.added)) {
    const staged = (await git(home.ports, path, 'rev-parse', `:${file}`)).trim();
    if (staged !== id) problems.push(`${name}: ${file} is staged as ${staged}, not as ${id}`);
  }
  if (request.push !== undefined && report.pushed !== null) {
    const there = await git(home.ports, join(home.path, '../remote.git'), 'rev-parse', request.push);
    if (there.trim() !== report.pushed) problems.push(`${name}: the remote has ${there.trim()}`);
  }
  return problems;
}

/** What other readers say of a repository: git, the store, mgit itself. */
async function damage(home: Scene, path: string): Promise<string[]> {
  const problems: string[] = [];
  const attempt = async (...args: string[]): Promise<void> =>
    void (await git(home.ports, path, ...args).catch((error: unknown) => problems.push(`${path}: ${error}`)));
  await attempt('fsck', '--strict', '--no-dangling');
  await attempt('ls-files', '--stage');
  const repository = await openRepository(home.ports, path);
  await using _closing = repository;
  for (const { code, message } of await listOf(repository.store.verify()))
    problems.push(`${path}: ${code} ${message}`);
  if (repository.history.workTree === undefined) return problems;
  for (const command of ['status', 'reflog', 'log', 'fsck', 'undo']) {
    const { exitCode, stdout, stderr } = await runMgit(home.ports, path, command);
    if (exitCode !== 0 && !stderr.includes('error[UNDO_CONFLICT]'))
      problems.push(`${path}: mgit ${command}: ${stdout}${stderr}`);
  }
  return problems;
}
