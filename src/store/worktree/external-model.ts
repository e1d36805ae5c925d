import { basename, dirname, join } from 'node:path';
import { isMgitError, isSystemError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import type { CheckpointLayout } from '../../formats/checkpoint.ts';
import { externalLayout } from '../../formats/onnx/external-data.ts';

/**
 * The layout of the file at `path` (absolute), `size` bytes long, as an ONNX model beside it tells it; undefined where none does. The first
 * by name that does decides. Errors: those of the file system, `VIEW_OUTSIDE_FILE`.
 */
export async function layoutBeside(
  fs: FileSystem,
  path: string,
  size: number,
): Promise<CheckpointLayout | undefined> {
  const [folder, name] = [dirname(path), basename(path)];
  if (name.endsWith('.onnx')) return undefined;
  for (const model of await modelsIn(fs, folder)) {
    await using source = await openByteSource(fs, join(folder, model));
    const layout = await externalLayout(source, { name, size }).catch((error: unknown) => {
      if (isMgitError(error, 'ONNX_INVALID', 'ONNX_TOO_DEEP')) return undefined; // It is no model, then.
      throw error;
    });
    if (layout) return layout;
  }
  return undefined;
}

async function modelsIn(fs: FileSystem, folder: string): Promise<readonly string[]> {
  try {
    const entries = await fs.readDirectory(folder);
    return entries
      .flatMap(({ name, kind }) => (kind === 'file' && name.endsWith('.onnx') ? [name] : []))
      .sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
