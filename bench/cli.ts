/**
 * Whole commands as a user starts them: `mgit --version` beside `node -e 0`; `mgit add` and `mgit restore` of safetensors files beside `cp`
 * with fsync, `openssl dgst -sha256` and, where it is installed, `git add` with Git LFS, on files of the same size: bytes that are stored
 * raw, BF16 weights that are coded as planes, and weights that are coded against their former version. Rounds alternate; the least time of
 * each counts.
 *
 *     npm run bench:cli -- [--gib 1] [--rounds 5] [--tensors 64] [--dir <folder>]
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { changeOneTensor, writeModel, writeWeights } from './store-model.ts';

const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    tensors: { type: 'string', default: '64' },
    dir: { type: 'string', default: join(tmpdir(), 'mgit-bench-cli') },
  },
});
const MGIT = join(import.meta.dirname, '..', 'bin', 'mgit.js');
const at = (name: string): string => join(values.dir, name);
const [model, changed, copy] = [at('model'), at('changed'), at('copy')];
const [weights, trained] = [at('weights'), at('trained')];
const FILE = 'model.safetensors';

interface Measurement {
  /** What must be so before it. */
  readonly prepare?: () => void;
  readonly run: () => number;
  /** It finds another state when it is repeated. */
  readonly isOnce?: true;
}

function seconds(command: string, ...args: string[]): number {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { cwd: values.dir, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const mgit = (repository: string, ...args: string[]): number =>
  seconds(process.execPath, MGIT, '-C', at(repository), ...args);

/** Adds the file of a repository as if nothing had been stored. */
function addNew(repository: string): number {
  for (const former of ['.git/mgit/packs', '.git/mgit/multi-pack-index', '.git/index'])
    rmSync(join(at(repository), former), { recursive: true, force: true });
  return mgit(repository, 'add', FILE);
}

/** Puts a version of the model into the work tree, on the disk before anything is timed. */
function put(repository: string, version: string): void {
  copyFileSync(version, join(at(repository), FILE));
  seconds('sync');
}

/** Another version of what was just added. */
const addVersion = (repository: string, version: string): Measurement => ({
  prepare: () => put(repository, version),
  run: () => mgit(repository, 'add', FILE),
  isOnce: true,
});

/** What was just added. */
const restore = (repository: string): Measurement => ({
  run: () => {
    rmSync(join(at(repository), FILE));
    return mgit(repository, 'restore', FILE);
  },
});

const addAgain = (repository: string, version: string): Measurement => ({
  prepare: () => put(repository, version),
  run: () => addNew(repository),
});

function addWithLfs(): number {
  for (const former of ['.git/lfs/objects', '.git/index'])
    rmSync(join(at('lfs'), former), { recursive: true, force: true });
  return seconds('git', '-C', at('lfs'), 'add', FILE);
}

const hasLfs = spawnSync('git', ['lfs', 'version']).status === 0;

/** Each measurement; each finds what the one before left. */
const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  'node -e 0': { run: () => seconds(process.execPath, '-e', '0') },
  'mgit --version': { run: () => seconds(process.execPath, MGIT, '--version') },
  'cp --reflink=never + fsync': {
    run: () => {
      rmSync(copy, { force: true });
      return seconds('sh', '-c', `cp --reflink=never ${model} ${copy} && sync ${copy}`);
    },
  },
  'openssl dgst -sha256': { run: () => seconds('openssl', 'dgst', '-sha256', model) },
  ...(hasLfs ? { 'git add with Git LFS': { run: addWithLfs } } : {}),
  'mgit add, raw': addAgain('raw', model),
  'mgit restore, raw': restore('raw'),
  'mgit add, last tensor changed': addVersion('raw', changed),
  'mgit add, coded': addAgain('coded', weights),
  'mgit restore, planes': restore('coded'),
  'mgit add, trained on': addVersion('coded', trained),
  'mgit restore, xor': restore('coded'),
};

/**
 * Virtual machines give memory that was free for seconds back, and getting it again costs more than a copy does: each measurement is taken
 * several times running, so that it works in memory that it has used just before.
 */
const REPEATS = 5;

rmSync(values.dir, { recursive: true, force: true });
mkdirSync(values.dir, { recursive: true });
const bytes = Number(values.gib) * 1024 ** 3;
const tensors = Number(values.tensors);
writeModel(model, bytes, tensors);
changeOneTensor(model, changed);
writeWeights(weights, { bytes, tensors, moved: 0 });
writeWeights(trained, { bytes, tensors, moved: 0.3 });
for (const repository of ['raw', 'coded']) {
  seconds(process.execPath, MGIT, 'init', '-q', at(repository));
  mgit(repository, 'track', '*.safetensors');
}
if (hasLfs) {
  seconds('git', 'init', '-q', at('lfs'));
  seconds('git', '-C', at('lfs'), 'lfs', 'install', '--local');
  seconds('git', '-C', at('lfs'), 'lfs', 'track', '*.safetensors');
  copyFileSync(model, join(at('lfs'), FILE));
}
seconds('sync');
const best: Record<string, number> = {};
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, { prepare, run, isOnce }] of Object.entries(MEASUREMENTS)) {
    prepare?.();
    for (let again = isOnce ? 1 : REPEATS; again > 0; again--)
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, run());
  }

const timeOf = (name: string): number => best[name] ?? Number.NaN;
const copying = timeOf('cp --reflink=never + fsync');
const hashing = timeOf('openssl dgst -sha256');
const slower = Math.max(copying, hashing);
const references: Readonly<Record<string, number>> = {
  'mgit --version': timeOf('node -e 0'),
  'git add with Git LFS': timeOf('mgit add, raw'),
  'mgit add, raw': slower,
  'mgit restore, raw': copying,
  'mgit add, last tensor changed': hashing,
  'mgit add, coded': slower,
  'mgit restore, planes': copying,
  'mgit add, trained on': slower,
  'mgit restore, xor': copying,
};
if (!hasLfs) console.log('Git LFS is not installed: not measured');
console.log(`${values.gib} GiB in ${values.tensors} tensors, least of ${values.rounds} rounds`);
for (const name of Object.keys(MEASUREMENTS)) {
  const reference = references[name];
  const ratio = reference === undefined ? '' : `${(timeOf(name) / reference).toFixed(2)}x`;
  console.log(`${name.padEnd(30)} ${timeOf(name).toFixed(3).padStart(8)} s ${ratio.padStart(7)}`);
}
rmSync(values.dir, { recursive: true, force: true });
