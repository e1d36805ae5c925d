/**
 * What versions of a model take on the disk, as shares of their size: BF16 weights that are distributed normally, fine-tunes of them that
 * differ by normally distributed changes, and a LoRA adapter that is committed. Sizes are those of the packs, after `mgit repack`.
 *
 *     npm run bench:size -- [--mib 64] [--dir <folder>]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { weightTensor, writeAdapter } from '../tests/testkit/adapter.ts';
import { safetensorsFile, type TensorWithData } from '../tests/testkit/safetensors-file.ts';
import { weights } from '../tests/testkit/stores.ts';

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '64' },
    dir: { type: 'string', default: join(tmpdir(), 'mgit-bench-size') },
  },
});
const MGIT = join(import.meta.dirname, '..', 'bin', 'mgit.js');
const MIB = 1024 * 1024;
const FILE = 'model.safetensors';

function mgit(directory: string, ...args: string[]): void {
  const identity = { GIT_AUTHOR_NAME: 'Bench', GIT_AUTHOR_EMAIL: 'bench@example.org' };
  const committer = { GIT_COMMITTER_NAME: 'Bench', GIT_COMMITTER_EMAIL: 'bench@example.org' };
  const env = { ...process.env, ...identity, ...committer };
  const { status, stderr } = spawnSync(process.execPath, [MGIT, '-C', directory, ...args], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`mgit ${args.join(' ')}: ${stderr}`);
}

function packBytes(directory: string): number {
  const packs = join(directory, '.git', 'mgit', 'packs');
  return readdirSync(packs).reduce((sum, name) => sum + statSync(join(packs, name)).size, 0);
}

/** A repository with a version of the model on each of its commits, repacked. */
function repositoryOf(name: string, versions: readonly Uint8Array[]): string {
  const directory = join(values.dir, name);
  mgit('.', 'init', '-q', directory);
  mgit(directory, 'track', '*.safetensors');
  for (const [at, version] of versions.entries()) {
    writeFileSync(join(directory, FILE), version);
    mgit(directory, 'add', '.');
    mgit(directory, 'commit', '-q', '-m', `version ${at}`);
  }
  mgit(directory, 'repack', '-q');
  return directory;
}

/** BF16: the upper half of each F32, to nearest. */
function bf16Model(numbers: Float32Array): Uint8Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const data = new Uint8Array(
    Uint16Array.from(bits, word => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16).buffer,
  );
  return safetensorsFile([{ name: 'weight', dtype: 'BF16', shape: [numbers.length / 1024, 1024], data }]);
}

/** A GPT-like model of F32 and a LoRA adapter of rank 8 on its attention. */
async function commitAdapter(): Promise<{ readonly stored: number; readonly adapter: number }> {
  const names = Array.from({ length: 12 }, (_, at) => `layers.${at}.attention.query`);
  const base = names.map((name, at) => weightTensor(`${name}.weight`, [768, 768], at + 1));
  const directory = repositoryOf('adapter', [safetensorsFile(base, { format: 'pt' })]);
  const before = packBytes(directory);
  const folder = join(values.dir, 'lora');
  await writeAdapter(
    folder,
    { peft_type: 'LORA', r: 8, lora_alpha: 16, target_modules: ['query'] },
    names.flatMap(factors),
  );
  mgit(directory, 'commit', '-q', '--adapter', folder);
  return {
    stored: packBytes(directory) - before,
    adapter: statSync(join(folder, 'adapter_model.safetensors')).size,
  };
}

function factors(name: string, at: number): TensorWithData[] {
  return [
    weightTensor(`${name}.lora_A.weight`, [8, 768], 100 + at),
    weightTensor(`${name}.lora_B.weight`, [768, 8], 200 + at),
  ];
}

rmSync(values.dir, { recursive: true, force: true });
mkdirSync(values.dir, { recursive: true });
const numbers = weights((Number(values.mib) * MIB) / 2, 1, 0.02);
const base = bf16Model(numbers);
const baseBytes = packBytes(repositoryOf('base', [base]));
const line = (what: string, share: number, goal: number): void =>
  console.log(
    `${what.padEnd(44)} ${(100 * share).toFixed(1).padStart(6)} %   goal ${(100 * goal).toFixed(0)} %`,
  );
line('BF16 weights, sigma 0.02', baseBytes / base.length, 0.69);
for (const [sigma, goal] of [
  [1e-4, 0.3],
  [1e-5, 0.15],
] as const) {
  const change = weights(numbers.length, 2, sigma);
  const tuned = bf16Model(numbers.map((value, at) => value + (change[at] ?? 0)));
  const both = packBytes(repositoryOf(`tuned-${sigma}`, [base, tuned]));
  line(`fine-tune of it, changes of sigma ${sigma}`, (both - baseBytes) / tuned.length, goal);
}
const { stored, adapter } = await commitAdapter();
line('commit of a LoRA adapter, of the adapter', stored / adapter, 1.05);
rmSync(values.dir, { recursive: true, force: true });
