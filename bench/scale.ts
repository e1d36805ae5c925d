/**
 * Repositories that are large in number: models of very many tensors, histories of very many commits and packs. Times whole commands as a
 * user starts them, beside git on the same history without mgit, and beside `node -e 0`; prints peak memory of mgit's process, too.
 *
 *     npm run bench:scale -- [--tensors 60000] [--commits 100,1000,10000] [--rounds 3] [--history system,embedded] [--dir <folder>]
 *
 * There is one pack for ten commits. `--tensors 0` or `--commits 0` leaves a part out. Rounds alternate; the least time of each counts.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeLongHistory } from './scale/long-history.ts';
import { type ManyTensors, manyTensors } from './scale/many-tensors.ts';
import { git, type Implementation, mgit, node, type Run } from './scale/programs.ts';

const { values } = parseArgs({
  options: {
    tensors: { type: 'string', default: '60000' },
    commits: { type: 'string', default: '100,1000,10000' },
    rounds: { type: 'string', default: '3' },
    history: { type: 'string', default: 'system,embedded' },
    dir: { type: 'string', default: join(tmpdir(), 'mgit-bench-scale') },
  },
});
const rounds = Number(values.rounds);
const implementations = values.history.split(',') as Implementation[];
const numbers = (text: string): number[] => text.split(',').map(Number).filter(Boolean);

/** The least of several rounds, by name, in the order in which the names came. */
type Results = Map<string, Run>;

function note(results: Results, name: string, run: Run): void {
  const known = results.get(name);
  results.set(name, {
    seconds: Math.min(run.seconds, known?.seconds ?? Number.POSITIVE_INFINITY),
    peakMiB: Math.max(run.peakMiB, known?.peakMiB ?? 0),
  });
}

/** A day with one model: every command that reads its manifests. */
function measureTensors(count: number, implementation: Implementation): Results {
  const results: Results = new Map();
  const model = manyTensors(count);
  const step = Math.ceil(count / 10);
  for (let round = 0; round < rounds; round++) dayWith(model, { results, implementation, step });
  return results;
}

function dayWith(
  model: ManyTensors,
  { results, implementation, step }: { results: Results; implementation: Implementation; step: number },
): void {
  const directory = join(values.dir, 'tensors');
  const file = join(directory, 'model.safetensors');
  const run = (name: string, ...args: string[]): void =>
    note(results, name, mgit(directory, implementation, args));
  const quietly = (...args: string[]): void => void mgit(directory, implementation, args);
  rmSync(directory, { recursive: true, force: true });
  mgit('.', implementation, ['init', '-q', directory]);
  quietly('track', '*.safetensors');
  model.write(file);
  note(results, 'node -e 0', node());
  run('add (new)', 'add', '.');
  run('commit (first)', 'commit', '-m', 'first');
  note(results, 'git status', git(directory, ['status']));
  run('status (clean)', 'status');
  quietly('switch', '-c', 'side');
  model.change(0, step);
  model.write(file);
  run('status (10 tensors changed)', 'status');
  run('diff (work tree, 10 changed)', 'diff');
  run('add (10 changed)', 'add', '.');
  run('status (10 staged)', 'status');
  run('commit (10 changed)', 'commit', '-m', 'second');
  note(results, 'git diff HEAD~1 HEAD', git(directory, ['diff', 'HEAD~1', 'HEAD']));
  run('diff HEAD~1 HEAD (10 changed)', 'diff', 'HEAD~1', 'HEAD');
  run('log', 'log');
  run('switch main', 'switch', 'main');
  model.change(1, step);
  model.write(file);
  run('commit -a (10 others changed)', 'commit', '-am', 'third');
  run('merge side', 'merge', 'side', '-m', 'merge');
  rmSync(file);
  run('restore', 'restore', '.');
}

/** A day in a long history: everything that a person waits for. */
async function measureHistory(commits: number, implementation: Implementation): Promise<Results> {
  const results: Results = new Map();
  const directory = join(values.dir, 'history');
  const plain = join(values.dir, 'plain');
  const remote = join(values.dir, 'remote.git');
  for (const path of [directory, plain, remote]) rmSync(path, { recursive: true, force: true });
  await makeLongHistory(directory, { commits, packs: Math.ceil(commits / 10) });
  git('.', ['clone', '-q', '--no-local', directory, plain]);
  git(plain, ['branch', 'side', 'origin/side']);
  const run = (name: string, ...args: string[]): void =>
    note(results, name, mgit(directory, implementation, args));
  const model = manyTensors(64);
  if (implementation === 'system') {
    git('.', ['init', '-q', '--bare', remote]);
    git(directory, ['remote', 'add', 'origin', remote]);
    run('push (everything)', 'push', '-u', 'origin', 'main');
  }
  for (let round = 0; round < rounds; round++) {
    note(results, 'node -e 0', node());
    note(results, 'git status', git(plain, ['status']));
    note(results, 'git log', git(plain, ['log']));
    note(results, 'git log -n 10', git(plain, ['log', '-n', '10']));
    note(results, 'git switch', git(plain, ['switch', '-q', 'side']));
    note(results, 'git switch', git(plain, ['switch', '-q', 'main']));
    run('--version', '--version');
    run('status', 'status');
    run('log', 'log');
    run('log --oneline', 'log', '--oneline');
    run('log -n 10', 'log', '-n', '10');
    run('log -n 10 model.safetensors', 'log', '-n', '10', 'model.safetensors');
    run('switch', 'switch', 'side');
    run('switch', 'switch', 'main');
    run('branch (new)', 'branch', `branch-${round}`);
    run('branch', 'branch');
    run('tag (new)', 'tag', `tag-${round}`);
    run('diff HEAD~10 HEAD', 'diff', 'HEAD~10', 'HEAD');
    writeFileSync(join(directory, 'notes.txt'), `round ${round}\n`);
    run('commit -a (text)', 'commit', '-am', 'text');
    model.write(join(directory, 'model.safetensors'));
    model.change(round, 64);
    run('add (model)', 'add', '.');
    run('commit (model)', 'commit', '-m', 'model');
    if (implementation === 'system') run('push (two commits, one pack)', 'push');
    run('merge-base of side', 'log', '-n', '1', 'side...main');
  }
  return results;
}

function print(
  title: string,
  columns: readonly { readonly name: string; readonly results: Results }[],
): void {
  console.log(`\n${title}, least of ${rounds} rounds\n`);
  console.log(`| | ${columns.map(({ name }) => name).join(' | ')} |`);
  console.log(`|---|${columns.map(() => '---|').join('')}`);
  const names = new Set(columns.flatMap(({ results }) => [...results.keys()]));
  for (const name of names)
    console.log(`| ${name} | ${columns.map(({ results }) => cell(results.get(name))).join(' | ')} |`);
}

function cell(run: Run | undefined): string {
  if (run === undefined) return '-';
  return `${run.seconds.toFixed(2)} s${run.peakMiB > 0 ? `, ${run.peakMiB} MiB` : ''}`;
}

mkdirSync(values.dir, { recursive: true });
for (const count of numbers(values.tensors))
  print(
    `${count} tensors`,
    implementations.map(name => ({ name, results: measureTensors(count, name) })),
  );
for (const implementation of implementations) {
  const columns: { name: string; results: Results }[] = [];
  for (const commits of numbers(values.commits))
    columns.push({ name: `${commits} commits`, results: await measureHistory(commits, implementation) });
  if (columns.length > 0) print(`Long histories, ${implementation}`, columns);
}
rmSync(values.dir, { recursive: true, force: true });
