import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { type MergeToFolderRequest, mergeToFolder } from '../../../src/ops/merge-folder/merge-folder.ts';
import { mergeShard } from '../../../src/ops/merge-folder/merge-shards.ts';
import { saveWeights } from '../../../src/train/weights/save-weights.ts';
import { type CrashWorld, copyWorld } from '../crash/crash-world.ts';
import { writeModelFolder } from '../model-folder.ts';
import { picoModel } from '../pico-model.ts';
import { testPorts } from '../world.ts';
import { inspectFiles } from './inspect.ts';
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

/** Models that are merged without a repository. */
async function merged(
  directory: string,
  name: string,
  merge: (ports: Ports, request: MergeToFolderRequest) => Promise<unknown>,
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
  const work = async (fs: FileSystem): Promise<void> => {
    await merge({ ...testPorts(directory), fs }, request);
  };
  return record(name, directory, { passing: /\.mgit\/|\.part$/, inspect: inspectFiles, work });
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
  { name: 'merge to a folder', record: directory => merged(directory, 'merge to a folder', mergeToFolder) },
  {
    name: 'share of a merge',
    record: directory =>
      merged(directory, 'share of a merge', (ports, request) =>
        mergeShard(ports, request, { index: 1, count: 1 }),
      ),
  },
  { name: 'restore across mounts', record: acrossMounts },
];
