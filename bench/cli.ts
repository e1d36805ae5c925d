/**
 * Whole commands as a user starts them: `mgit --version` beside `node -e 0`; `mgit add` of a new safetensors file and `mgit restore` beside
 * `cp` with fsync and `openssl dgst -sha256` on the same file. Rounds alternate; the least time of each counts.
 *
 *     npm run bench:cli -- [--gib 1] [--rounds 5] [--tensors 64] [--dir <folder>]
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeModel } from './store-model.ts';

const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    tensors: { type: 'string', default: '64' },
    dir: { type: 'string', default: join(tmpdir(), 'mgit-bench-cli') },
  },
});
const MGIT = join(import.meta.dirname, '..', 'bin', 'mgit.js');
const [model, copy, repository] = ['model', 'copy', 'repository'].map(name => join(values.dir, name)) as [
  string,
  string,
  string,
];
const file = join(repository, 'model.safetensors');

function seconds(command: string, ...args: string[]): number {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { cwd: values.dir, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const mgit = (...args: string[]): number => seconds(process.execPath, MGIT, '-C', repository, ...args);

/** Each measurement, and what must be so before it. */
const MEASUREMENTS: Readonly<Record<string, () => number>> = {
  'node -e 0': () => seconds(process.execPath, '-e', '0'),
  'mgit --version': () => seconds(process.execPath, MGIT, '--version'),
  'cp --reflink=never + fsync': () => {
    rmSync(copy, { force: true });
    return seconds('sh', '-c', `cp --reflink=never ${model} ${copy} && sync ${copy}`);
  },
  'openssl dgst -sha256': () => seconds('openssl', 'dgst', '-sha256', model),
  'mgit add': () => {
    // The former packs just before: virtual machines give freed memory back after seconds, and getting it again costs more than a copy.
    for (const former of ['.git/mgit/packs', '.git/index'])
      rmSync(join(repository, former), { recursive: true, force: true });
    return mgit('add', 'model.safetensors');
  },
  'mgit restore': () => {
    rmSync(file);
    return mgit('restore', 'model.safetensors');
  },
};

rmSync(values.dir, { recursive: true, force: true });
mkdirSync(values.dir, { recursive: true });
writeModel(model, Number(values.gib) * 1024 ** 3, Number(values.tensors));
seconds(process.execPath, MGIT, 'init', '-q', repository);
mgit('track', '*.safetensors');
copyFileSync(model, file);
seconds('sync', file);
const best: Record<string, number> = {};
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, measure] of Object.entries(MEASUREMENTS))
    best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, measure());

const timeOf = (name: string): number => best[name] ?? Number.NaN;
const copying = timeOf('cp --reflink=never + fsync');
const slower = Math.max(copying, timeOf('openssl dgst -sha256'));
const references: Readonly<Record<string, number>> = {
  'mgit --version': timeOf('node -e 0'),
  'mgit add': slower,
  'mgit restore': copying,
};
console.log(`${values.gib} GiB in ${values.tensors} tensors, least of ${values.rounds} rounds`);
for (const name of Object.keys(MEASUREMENTS)) {
  const reference = references[name];
  const ratio = reference === undefined ? '' : `${(timeOf(name) / reference).toFixed(2)}x`;
  console.log(`${name.padEnd(30)} ${timeOf(name).toFixed(3).padStart(8)} s ${ratio.padStart(7)}`);
}
rmSync(values.dir, { recursive: true, force: true });
