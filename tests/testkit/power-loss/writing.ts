import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { alignModel } from '../../../src/ops/merge-folder/align.ts';
import { type MergeToFolderRequest, mergeToFolder } from '../../../src/ops/merge-folder/merge-folder.ts';
import { assembleShards, mergeShard } from '../../../src/ops/merge-folder/merge-shards.ts';
import { openTrialLog } from '../../../src/ops/search/trial-log.ts';
import { saveWeights } from '../../../src/train/weights/save-weights.ts';
import { type CrashWorld, copyWorld } from '../crash/crash-world.ts';
import { writeModelFolder } from '../model-folder.ts';
import { picoModel } from '../pico-model.ts';
import { testPorts } from '../world.ts';
import type { DiskNode } from './disk.ts';
import { imageFileSystem } from './image-file-system.ts';
import { type Inspection, inspectFiles } from './inspect.ts';
import type { Recorded } from './losses.ts';
import { type PowerLossCase, record, recordCommand } from './record.ts';

/** A trained model. */
async function trained(directory: string): Promise<Recorded> {
  await mkdir(directory);
  const path = join(directory, 'model.safetensors');
  await writeFile(path, picoModel(1));
  const work = (fs: FileSystem): Promise<void> =>
    saveWeights(fs, {
      modelPath: path,
      outputPath: join(directory, 'trained.safetensors'),
      changed: [],
      weights: new Map(),
    });
  return record('training', directory, { passing: /\.mgit-new$/, inspect: inspectFiles, work });
}

const RECEIPT = /\.safetensors\.json$/;

/** The files, but those of a result as one thing: it appears when it is complete. */
async function inspectResult(image: DiskNode): Promise<Inspection> {
  const { state, problems } = await inspectFiles(image);
  const isResult = ([key]: readonly [string, string]) => key.startsWith('file out/') && !RECEIPT.test(key);
  const [result, others] = [[...state].filter(isResult), [...state].filter(entry => !isResult(entry))];
  const whole = result.length > 0 ? [['out', JSON.stringify(result.toSorted())] as const] : [];
  return { state: new Map([...others, ...whole]), problems };
}

type MergeOfFolders = (ports: Ports, request: MergeToFolderRequest) => Promise<unknown>;

const mergeWhole: MergeOfFolders = (ports, request) => mergeShard(ports, request, { index: 1, count: 1 });

/** Models that are merged without a repository. */
async function merged(
  directory: string,
  name: string,
  { prepare = async () => {}, merge }: { readonly prepare?: MergeOfFolders; readonly merge: MergeOfFolders },
): Promise<Recorded> {
  await mkdir(directory);
  for (const [seed, model] of ['a', 'b'].entries())
    writeModelFolder(
      join(directory, model),
      { v: { shape: [2], values: [seed, 1] }, w: { shape: [2], values: [seed, 2] } },
      { 'config.json': { model_type: 'llama' } },
    );
  await writeFile(
    join(directory, 'recipe.yaml'),
    'merge_method: linear\nmodels: [{ model: a }, { model: b }]',
  );
  const request = { cwd: directory, recipe: 'recipe.yaml', out: 'out', shardElements: 2 };
  await prepare(testPorts(directory), request);
  const work = async (fs: FileSystem): Promise<void> => {
    await merge({ ...testPorts(directory), fs }, request);
  };
  return record(name, directory, {
    passing: /\.mgit\/|\.part$|\.shards\/|\.safetensors\.json$/,
    inspect: inspectResult,
    work,
  });
}

/** A model that is put into another's order. */
async function aligned(directory: string): Promise<Recorded> {
  await mkdir(directory);
  for (const [model, values] of Object.entries({ a: [1, 2], b: [2, 1] }))
    writeModelFolder(
      join(directory, model),
      { v: { shape: [2, 1], values }, w: { shape: [1, 2], values } },
      { 'config.json': { model_type: 'llama' } },
    );
  const axes = [
    { tensor: 'v', axis: 0 },
    { tensor: 'w', axis: 1 },
  ];
  await writeFile(join(directory, 'groups.json'), JSON.stringify({ version: 1, groups: [{ axes }] }));
  const work = async (fs: FileSystem): Promise<void> => {
    const request = { cwd: directory, model: 'a', to: 'b', out: 'out', permutations: 'groups.json' };
    await alignModel({ ...testPorts(directory), fs }, request);
  };
  return record('align', directory, { passing: /\.mgit\//, inspect: inspectResult, work });
}

/** A trial of a search. */
async function tried(directory: string): Promise<Recorded> {
  await mkdir(directory);
  const trial = { given: ['weight=1'], revisions: ['a'], tree: 'b', seconds: 1, value: 1, score: 1 };
  const logOf = (fs: FileSystem) =>
    openTrialLog({ ports: { ...testPorts(directory), fs }, mgitDirectory: directory }, 'search');
  return record('trials of a search', directory, {
    inspect: async image => {
      const log = await logOf(imageFileSystem(image, directory));
      return { state: new Map([['trial', JSON.stringify(log.find(trial)) ?? 'unknown']]), problems: [] };
    },
    work: async fs => (await logOf(fs)).add(trial),
  });
}

/** A work tree on another mount than the Git directory: files are copied there. */
async function acrossMounts(directory: string, fresh: CrashWorld): Promise<Recorded> {
  const world = await copyWorld(fresh, directory);
  await world.write('config.json', '{"layers":2}\n');
  const apart = (fs: FileSystem): FileSystem => ({
    ...fs,
    rename: async (from, to) => {
      if (from.includes('/.git/') !== to.includes('/.git/'))
        throw Object.assign(new Error(`EXDEV: cross-device link not permitted, rename '${from}'`), {
          code: 'EXDEV',
        });
      return fs.rename(from, to);
    },
  });
  const scenario = { name: 'restore across mounts', argv: ['restore', '.'], passing: /\.mgit$/ };
  return recordCommand(world, { ...scenario, on: apart });
}

/** Files that are written in other ways than those of the everyday commands. */
export const WRITING_CASES: readonly PowerLossCase[] = [
  { name: 'training', record: trained },
  {
    name: 'merge to a folder',
    record: directory => merged(directory, 'merge to a folder', { merge: mergeToFolder }),
  },
  {
    name: 'share of a merge',
    record: directory => merged(directory, 'share of a merge', { merge: mergeWhole }),
  },
  {
    name: 'assembled merge',
    record: directory => merged(directory, 'assembled merge', { prepare: mergeWhole, merge: assembleShards }),
  },
  { name: 'align', record: aligned },
  { name: 'trials of a search', record: tried },
  { name: 'restore across mounts', record: acrossMounts },
];
