/**
 * Adds and restores model files, beside `cp` with fsync and `openssl dgst -sha256` on the same file, and prints the ratios.
 *
 *     npm run bench -- [--gib 1] [--rounds 3] [--dir <folder>]
 *
 * Every measurement is a fresh process. The rounds alternate between what is compared, so that other load
 * meets all alike, and the least time of each counts, since other load only ever adds.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { changeOneTensor, writeModel } from './store-model.ts';

const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    dir: { type: 'string', default: join(tmpdir(), 'mgit-bench-store') },
  },
});
const bytes = Number(values.gib) * 1024 ** 3;
const rounds = Number(values.rounds);
const dir = values.dir;
const at = (name: string): string => join(dir, name);

interface Run {
  readonly seconds: number;
  readonly peakMiB: number;
}

function run(command: string, ...args: string[]): string {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr || result.error}`);
  return result.stdout;
}

function timed(command: string, ...args: string[]): Run {
  const start = process.hrtime.bigint();
  run(command, ...args);
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, peakMiB: 0 };
}

function faster(best: Run | undefined, run: Run): Run {
  return best && best.seconds <= run.seconds ? best : run;
}

const remove = (...names: string[]): void => {
  for (const name of names) rmSync(at(name), { recursive: true, force: true });
};

/** A step of the store, without the start of Node, which is that of the sources here. */
function step(...args: string[]): Run {
  const output = run(process.execPath, join(import.meta.dirname, 'store-step.ts'), ...args);
  const [, seconds, peak] = /seconds (\S+) peak (\d+)/.exec(output) ?? [];
  return { seconds: Number(seconds), peakMiB: Number(peak) / 1024 };
}
const packBytes = (): number =>
  readdirSync(at('mgit/packs')).reduce(
    (total, name) => total + statSync(at(join('mgit/packs', name))).size,
    0,
  );

function row(name: string, run: Run, reference?: number): void {
  const ratio = reference === undefined ? '' : `${(run.seconds / reference).toFixed(2)}x`;
  const peak = run.peakMiB === 0 ? '' : `${Math.round(run.peakMiB)} MiB`;
  console.log(
    `${name.padEnd(44)} ${run.seconds.toFixed(2).padStart(7)} s ${ratio.padStart(7)} ${peak.padStart(9)}`,
  );
}

function measure(title: string, tensors: number): void {
  remove('mgit', 'model', 'changed', 'copy', 'out');
  writeModel(at('model'), bytes, tensors);
  changeOneTensor(at('model'), at('changed'));
  console.log(`\n${title}`);
  let copy: Run | undefined;
  let hash: Run | undefined;
  let add: Run | undefined;
  let restore: Run | undefined;
  for (let round = 0; round < rounds; round++) {
    // Each removes its own former result just before: virtual machines give freed memory back after seconds, and getting it
    // again costs more than the copy itself.
    const cp = `rm -f ${at('copy')}; cp --reflink=never ${at('model')} ${at('copy')} && sync ${at('copy')}`;
    copy = faster(copy, timed('sh', '-c', cp));
    hash = faster(hash, timed('openssl', 'dgst', '-sha256', at('model')));
    remove('mgit');
    add = faster(add, step('add', at('mgit'), at('model')));
    remove('out');
    restore = faster(restore, step('restore', at('mgit'), '-', at('out')));
  }
  if (!copy || !hash || !add || !restore) throw new Error('no rounds were asked for');
  const slower = Math.max(copy.seconds, hash.seconds);
  row('cp --reflink=never + fsync', copy);
  row('openssl dgst -sha256', hash);
  row('add, new, stored raw (to the slower)', add, slower);
  row('restore (to cp)', restore, copy.seconds);
  const before = packBytes();
  row('add again, nothing changed', step('add', at('mgit'), at('model')), slower);
  if (packBytes() !== before) throw new Error('an unchanged file was stored again');
  row('add again, one tensor changed', step('add', at('mgit'), at('changed')), slower);
  console.log(`  stored ${packBytes() - before} bytes for a tensor of ${Math.floor(bytes / tensors)}`);
  if (spawnSync('cmp', [at('model'), at('out')]).status !== 0) throw new Error('the restored file differs');
}

if (existsSync(dir)) remove('.');
mkdirSync(dir, { recursive: true });
measure(`${values.gib} GiB in 64 tensors`, 64);
measure(`${values.gib} GiB in one tensor`, 1);
remove('.');
