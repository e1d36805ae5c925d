import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import { saveWeights } from '../../../src/train/weights/save-weights.ts';
import { type CrashWorld, copyWorld } from '../crash/crash-world.ts';
import { picoModel } from '../pico-model.ts';
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
  { name: 'restore across mounts', record: acrossMounts },
];
