import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MgitError } from '../base/errors.ts';
import type { FileSystem } from '../base/ports/file-system.ts';
import { makeDurableDirectory } from '../store/packs/durable-directory.ts';
import type { Destination, PublishedFile } from './publication.ts';

const COPY_BYTES = 4 * 1024 * 1024;

/**
 * A directory on this machine. It must be empty or absent, or hold nothing but files that this publication replaces.
 * Errors: `PUBLISH_TARGET_NOT_EMPTY`.
 */
export function directoryDestination(path: string): Destination {
  return {
    description: path,
    publish: async (publication, { ports, onEvent }) => {
      await refuseForeign(ports.fs, path, publication.files);
      for (const [index, file] of publication.files.entries()) {
        onEvent?.({
          type: 'progress',
          phase: 'publishing',
          done: index,
          total: publication.files.length,
          unit: 'items',
        });
        await copyDurably(ports.fs, file, join(path, file.path));
      }
      return { url: pathToFileURL(path).href };
    },
  };
}

/** What is there must be what this publication replaces, or what an interrupted one left; any other content is somebody's. */
async function refuseForeign(fs: FileSystem, path: string, files: readonly PublishedFile[]): Promise<void> {
  await makeDurableDirectory(fs, path);
  const present = await fs.readDirectory(path);
  const tops = files.map(file => file.path.split('/')[0] ?? '');
  const expected = new Set([...tops, ...tops.map(partial)]);
  const foreign = present.filter(entry => !expected.has(entry.name));
  if (foreign.length === 0) return;
  throw new MgitError(
    'PUBLISH_TARGET_NOT_EMPTY',
    `${path} holds ${foreign[0]?.name}, which is not part of this publication`,
    {
      hint: 'publish to an empty directory',
    },
  );
}

async function copyDurably(fs: FileSystem, file: PublishedFile, target: string): Promise<void> {
  await makeDurableDirectory(fs, dirname(target));
  const temporary = partial(target);
  const [source, copy] = [await fs.open(file.source, 'read'), await fs.open(temporary, 'write')];
  try {
    const buffer = new Uint8Array(Math.min(COPY_BYTES, Math.max(1, file.size)));
    for (let offset = 0; offset < file.size; offset += buffer.length) {
      const count = await source.read(buffer, offset);
      await copy.write(buffer.subarray(0, count), offset);
    }
    await copy.sync();
  } finally {
    await Promise.all([source.close(), copy.close()]);
  }
  await fs.rename(temporary, target);
  await fs.syncDirectory(dirname(target));
}

/** Where a file is written before it is complete. */
function partial(path: string): string {
  return `${path}.part`;
}
