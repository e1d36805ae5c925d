/** One of several processes that work on repositories at the same time. The request is JSON in the first argument, the report JSON on stdout. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRandom } from '../../../src/base/random.ts';
import { nodePorts } from '../../../src/cli/context.ts';
import { crashModel } from '../crash/crash-world.ts';
import { runMgit } from '../world.ts';
import { EXPECTED, type WorkerReport, type WorkerRequest } from './work.ts';

const request: WorkerRequest = JSON.parse(process.argv[2] ?? '');
const random = createRandom(request.seed, 'worker');
const report: WorkerReport = { commits: [], added: {}, pushed: null, refusals: {}, problems: [] };
const deadline = performance.now() + request.seconds * 1000;

const TIDYING = [
  ['mgit', 'repack'],
  ['mgit', 'gc', '--prune=1.minute.ago'],
  ['git', 'gc', '--quiet', '--prune=1.hour.ago'],
] as const;

for (let step = 0; step < request.steps || performance.now() < deadline; step++) await takeStep(step);
process.stdout.write(JSON.stringify(report));

/** Changes the own file, stages and commits it; sometimes switches away and back, pushes or fetches. */
async function takeStep(step: number): Promise<void> {
  const seed = request.seed * 1000 + step;
  await writeFile(join(request.path, request.file), contentOf(seed));
  if (random.below(4) === 0) await leaveGarbage(seed);
  const isGit = random.below(4) === 0;
  if (!(await insist(isGit, 'add', request.file))) return;
  report.added[request.file] = await output('rev-parse', `:${request.file}`);
  // In a shared work tree somebody else may have committed it already.
  if (await insist(isGit, 'commit', '-q', '-m', `${request.name} ${step}`))
    report.commits.push(await output('rev-parse', 'HEAD'));
  if (request.branches.length > 0 && random.below(3) === 0) await wander();
  if (request.push !== undefined && random.below(3) === 0) await publish(request.push);
  if (random.below(5) === 0) await tidyUp();
}

function contentOf(seed: number): string | Uint8Array {
  return request.file.endsWith('.safetensors') ? crashModel(0.25, { own: seed, same: 1 }) : `${seed}\n`;
}

/** Stages what nothing names any more when the next content has been staged. */
async function leaveGarbage(seed: number): Promise<void> {
  const path = join(request.path, request.file);
  await writeFile(path, contentOf(-1 - seed));
  await insist(false, 'add', request.file);
  await writeFile(path, contentOf(seed));
}

/** Removes and replaces what all of them read and write. The grace period is longer than any command takes. */
async function tidyUp(): Promise<void> {
  const [first, ...others] = TIDYING[random.below(TIDYING.length)] ?? [];
  if (first !== undefined) await insist(first === 'git', ...others);
}

/** There and back again: local changes are committed, so nothing blocks. */
async function wander(): Promise<void> {
  const there = request.branches[random.below(request.branches.length)] ?? '';
  const back = await output('rev-parse', '--abbrev-ref', 'HEAD');
  await insist(random.below(4) === 0, 'switch', '-q', there);
  await insist(random.below(4) === 0, 'switch', '-q', back);
}

async function publish(branch: string): Promise<void> {
  const tip = await output('rev-parse', 'HEAD');
  if (await insist(false, 'push', 'origin', `HEAD:refs/heads/${branch}`)) report.pushed = tip;
  await insist(false, 'fetch', 'origin');
}

/** Runs a command until it succeeds or is refused for good. */
async function insist(isGit: boolean, ...argv: string[]): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { exitCode, stderr, stdout } = isGit ? await git(...argv) : await mgit(...argv);
    if (exitCode === 0) return true;
    const refusal = EXPECTED.find(({ text }) => `${stdout}${stderr}`.includes(text));
    if (refusal === undefined) {
      report.problems.push(
        `${isGit ? 'git' : 'mgit'} ${argv.join(' ')}: exit ${exitCode}: ${stdout}${stderr}`,
      );
      return false;
    }
    report.refusals[refusal.text] = (report.refusals[refusal.text] ?? 0) + 1;
    if (!refusal.again) return false;
    await new Promise(resolve => setTimeout(resolve, random.below(20)));
  }
  report.problems.push(`${argv.join(' ')} never succeeded`);
  return false;
}

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function mgit(...argv: string[]): Promise<Run> {
  return runMgit(nodePorts(), request.path, ...argv);
}

async function git(...argv: string[]): Promise<Run> {
  try {
    return { exitCode: 0, ...(await promisify(execFile)('git', argv, { cwd: request.path })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

async function output(...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await git(...argv);
  if (exitCode !== 0) report.problems.push(`git ${argv.join(' ')}: ${stderr}`);
  return stdout.trim();
}
