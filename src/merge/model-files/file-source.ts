import { freeMemory } from '../../base/free-memory.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { type FileByteSource, openByteSource } from '../../formats/byte-source.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { elementsOf } from '../../tensor/view-elements.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import type { InputSource } from '../tensor-inputs.ts';
import { adaptedSource } from './adapted-source.ts';
import type { TensorPlace } from './open-input.ts';

/** The files that tensors are read from, each opened once. Dispose them to close all. */
export interface OpenFiles extends AsyncDisposable {
  open(path: string): Promise<FileByteSource>;
}

/** Opens files as they are asked for. */
export function openFiles(fs: FileSystem): OpenFiles {
  const opened = new Map<string, Promise<FileByteSource>>();
  return {
    open: path => {
      const known = opened.get(path) ?? openByteSource(fs, path);
      opened.set(path, known);
      return known;
    },
    [Symbol.asyncDispose]: async () => {
      for (const file of await Promise.allSettled(opened.values()))
        if (file.status === 'fulfilled') await file.value[Symbol.asyncDispose]();
    },
  };
}

/** A tensor's elements, dense and little-endian, adapted where its place says so. Views whose elements lie apart are put in order in memory. */
export async function fileSource(files: OpenFiles, place: TensorPlace): Promise<InputSource> {
  const own = await ownSource(files, place);
  return place.adaptation ? adaptedSource(own, place.adaptation, files) : own;
}

async function ownSource(files: OpenFiles, place: TensorPlace): Promise<InputSource> {
  const file = await files.open(place.path);
  const { dtype } = place;
  const length = byteLength(dtype, place.shape);
  if (isDense(place) && place.byteOrder === 'little')
    return {
      dtype,
      length,
      fetch: async (offset, target) => {
        await file.readInto(target, place.offset + offset);
        return target;
      },
    };
  const elements = await gathered(file, place);
  return {
    dtype,
    length,
    fetch: async (offset, target) => elements.subarray(offset, offset + target.length),
  };
}

async function gathered(file: FileByteSource, place: TensorPlace): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of elementsOf(place, spanOf(file, place))) parts.push(part);
  const bytes = Buffer.concat(parts);
  for (const part of parts) freeMemory(part);
  return bytes;
}

const PART_BYTES = 4 * 1024 * 1024;

async function* spanOf(file: FileByteSource, place: TensorPlace): AsyncGenerator<Uint8Array> {
  const span = viewSpan(place);
  for (let at = 0; at < span; at += PART_BYTES)
    yield await file.read(place.offset + at, Math.min(PART_BYTES, span - at));
}
