import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRepository } from '../../../src/ops/repository.ts';
import { encodeElements } from '../float-elements.ts';
import { plainNumbers } from '../plain-numbers.ts';
import { safetensorsFile } from '../safetensors-file.ts';
import { type Scene, scene } from '../scene.ts';
import { noise } from '../stores.ts';

/** What a frozen repository holds, as it was when it was frozen. */
export interface FrozenExpectations {
  /** SHA-256 of the model at each branch. */
  readonly files: Readonly<Record<string, string>>;
  /** The record kind of extents, at least one of each kind. */
  readonly extents: Readonly<Record<string, string>>;
}

const [ROWS, COLUMNS] = [48, 64];

/** Numbers from -1 to 1, moved by at most `step`. */
function model(step: number, seed: number, changed: (at: number) => boolean = () => true): Uint8Array {
  const base = plainNumbers(ROWS * COLUMNS, 1);
  const moves = plainNumbers(ROWS * COLUMNS, seed);
  const values = base.map((value, at) => (changed(at) ? value + (moves[at] ?? 0) * step : value));
  return safetensorsFile([
    { name: 'noise', dtype: 'U8', shape: [9000], data: noise(9000, 3) },
    { name: 'single', dtype: 'F32', shape: [ROWS, COLUMNS], data: encodeElements('F32', values) },
    { name: 'half', dtype: 'BF16', shape: [ROWS, COLUMNS], data: encodeElements('BF16', values) },
    { name: 'empty', dtype: 'F16', shape: [0], data: new Uint8Array() },
  ]);
}

/** Makes the repository of the current format in `directory`, with what to expect of it. Written once for each released version. */
export async function freeze(directory: string): Promise<void> {
  await using day = await scene('system');
  const files: Record<string, string> = {};
  const branch = async (name: string, from: string, bytes: Uint8Array): Promise<void> => {
    await day.mgit('switch', '-c', name, from);
    await commit(day, name, bytes);
  };
  await day.mgit('track', '*.safetensors');
  await day.write('README.md', 'A frozen repository.\n');
  await commit(day, 'base', model(0, 2));
  await day.mgit('branch', 'base');
  await branch(
    'sparse',
    'base',
    model(0.01, 2, at => at % 97 === 0),
  );
  await branch('tuned', 'base', model(2 ** -12, 3));
  await branch('other', 'base', model(2 ** -11, 4));
  await day.mgit('switch', '-c', 'linear');
  await day.mgit('merge', 'tuned', '-m', 'linear', '-s', 'linear', '-X', 'weight=0.7,0.3');
  await day.mgit('switch', '-c', 'arithmetic', 'other');
  await day.mgit('merge', 'tuned', '-m', 'arithmetic', '-s', 'task_arithmetic');
  const extents = await addPredictions(day);
  for (const name of ['base', 'sparse', 'tuned', 'other', 'linear', 'arithmetic']) {
    await day.mgit('switch', name);
    files[name] = createHash('sha256')
      .update(await day.read('model.safetensors'))
      .digest('hex');
  }
  await keep(day, directory);
  await writeFile(join(directory, 'expected.json'), `${JSON.stringify({ files, extents }, null, 2)}\n`);
}

async function commit(day: Scene, message: string, bytes: Uint8Array): Promise<void> {
  await day.write('model.safetensors', bytes);
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', message);
}

/** Low-rank and IA3 records; returns the kinds of all extents. */
async function addPredictions(day: Scene): Promise<Record<string, string>> {
  await using repository = await openRepository(day.ports, day.path);
  const { store } = repository;
  const factor = (count: number, seed: number) => ({
    bytes: encodeElements('F32', plainNumbers(count, seed)),
    dtype: 'F32' as const,
  });
  const data = encodeElements('BF16', plainNumbers(ROWS * COLUMNS, 9));
  const first = store.writer();
  const base = await first.addExtent([data], data.length);
  await first.finish();
  const writer = store.writer();
  const dtype = 'BF16' as const;
  const digests = [
    base,
    await writer.addPredicted({
      type: 'low-rank',
      base,
      dtype,
      rows: ROWS,
      columns: COLUMNS,
      rank: 4,
      scale: 0.25,
      left: { ...factor(ROWS * 4, 5), isTransposed: false },
      right: { ...factor(4 * COLUMNS, 6), isTransposed: true },
    }),
    await writer.addPredicted({ type: 'scaling', base, dtype, vector: factor(COLUMNS, 7), run: 1 }),
  ];
  await writer.finish();
  const kinds: Record<string, string> = {};
  for (const branch of ['base', 'sparse', 'tuned', 'linear', 'arithmetic']) {
    const listing = await day.git('cat-file', 'blob', `${branch}:model.safetensors`);
    digests.push(...([...listing.matchAll(/ ([0-9a-f]{64})$/gm)].map(found => found[1]) as typeof digests));
  }
  for (const digest of [...new Set(digests)].sort())
    kinds[digest] = (await store.describe(digest))?.kind ?? 'empty';
  return kinds;
}

/** A bare repository of few files: packed objects and refs, and mgit's packs. */
async function keep(day: Scene, directory: string): Promise<void> {
  await day.git('repack', '-adq');
  await day.git('pack-refs', '--all');
  const git = join(day.path, '.git');
  const target = join(directory, 'repository.git');
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(target, 'mgit'), { recursive: true });
  await writeFile(join(target, 'HEAD'), 'ref: refs/heads/base\n');
  await writeFile(join(target, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
  await cp(join(git, 'packed-refs'), join(target, 'packed-refs'));
  await cp(join(git, 'mgit/packs'), join(target, 'mgit/packs'), { recursive: true });
  const packs = join(git, 'objects/pack');
  for (const name of await readdir(packs))
    if (/\.(?:pack|idx)$/.test(name)) {
      await mkdir(join(target, 'objects/pack'), { recursive: true });
      await writeFile(join(target, 'objects/pack', name), await readFile(join(packs, name)));
    }
}
