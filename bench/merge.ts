/**
 * A merge of three models (and a base, for methods that have one) beside what any merge must do: read the inputs, write as many bytes as the result
 * has, hash them, one after the other in one thread. Rounds alternate; the least time of each counts. All files are in the page cache.
 *
 *     npm run bench:merge -- [--method linear] [--gb 0.8] [--rounds 3] [--tensors 96] [--dir <folder>]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { METHODS } from '../src/merge/methods/registry.ts';
import { writeWeights } from './store-model.ts';

const { values } = parseArgs({
  options: {
    method: { type: 'string', default: 'linear' },
    gb: { type: 'string', default: '0.8' },
    rounds: { type: 'string', default: '3' },
    tensors: { type: 'string', default: '96' },
    dir: { type: 'string', default: join(tmpdir(), 'mgit-bench-merge') },
  },
});
const MGIT = join(import.meta.dirname, '..', 'bin', 'mgit.js');
const at = (name: string): string => join(values.dir, name);
const method = METHODS.find(({ name }) => name === values.method);
const hasBase = method?.kind === 'compute' && method.baseRole !== 'unused';
const models = method?.kind === 'compute' && method.models.maximum < 3 ? ['a'] : ['a', 'b', 'c'];
const inputs = [...(hasBase ? ['base'] : []), ...models];

function write(): void {
  mkdirSync(values.dir, { recursive: true });
  for (const [index, name] of inputs.entries())
    writeWeights(at(`${name}.safetensors`), {
      bytes: Number(values.gb) * 1e9,
      tensors: Number(values.tensors),
      moved: index / 10,
    });
  const listed = models.map(name => `  - { model: ${name}.safetensors, parameters: { weight: 0.3 } }`);
  const base = hasBase ? ['base_model: base.safetensors'] : [];
  writeFileSync(
    at('recipe.yaml'),
    [`merge_method: ${values.method}`, ...base, 'models:', ...listed, ''].join('\n'),
  );
}

function seconds(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** The first input stands for the result. It is a new file that takes the place of the last one, as that of a merge does. */
function readWriteHash(): void {
  const buffer = new Uint8Array(4 << 20);
  const hash = createHash('sha256');
  const output = openSync(at('floor.new'), 'w');
  for (const [index, name] of inputs.entries()) {
    const file = openSync(at(`${name}.safetensors`), 'r');
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      if (index > 0) continue;
      writeSync(output, buffer.subarray(0, read));
      hash.update(buffer.subarray(0, read));
    }
    closeSync(file);
  }
  fsyncSync(output);
  closeSync(output);
  renameSync(at('floor.new'), at('floor'));
  hash.digest();
}

/**
 * Writes as much as a result has and removes it: what comes next finds memory for the page cache that was in use a moment ago. In a virtual machine,
 * memory that was free for a while may be the host's, and costs several times as much.
 */
function warm(): void {
  const buffer = new Uint8Array(4 << 20);
  const file = openSync(at('warm'), 'w');
  for (let written = 0; written < 2 * Number(values.gb) * 1e9; written += buffer.length)
    writeSync(file, buffer);
  closeSync(file);
  rmSync(at('warm'));
}

function merge(): void {
  const options = ['-C', values.dir, 'merge', '--recipe', 'recipe.yaml', '--out', 'merged', '--force', '-q'];
  const { status, stderr } = spawnSync(process.execPath, [MGIT, ...options], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

try {
  write();
  const [floors, merges]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    warm();
    floors.push(seconds(readWriteHash));
    warm();
    merges.push(seconds(merge));
  }
  const [floor, merged] = [Math.min(...floors), Math.min(...merges)];
  process.stdout.write(
    `${values.method}, ${inputs.length} inputs of ${values.gb} GB BF16 in ${values.tensors} tensors\n`,
  );
  process.stdout.write(`read inputs, write and hash the output  ${floor.toFixed(2)} s\n`);
  process.stdout.write(
    `mgit merge --recipe                     ${merged.toFixed(2)} s  ${(merged / floor).toFixed(2)}\n`,
  );
} finally {
  rmSync(values.dir, { recursive: true, force: true });
}
