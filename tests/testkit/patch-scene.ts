import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { safetensorsFile } from './safetensors-file.ts';
import { type Scene, scene } from './scene.ts';
import { bytesOf, noise, weights } from './stores.ts';
import { runMgit } from './world.ts';

const ROWS = 64;
const COLUMNS = 64;

/** A model of two matrices and a vector; `scale` is how far the first matrix is from that of 0. */
export function patchModel(scale = 0, seed = 9): Uint8Array {
  const first = weights(ROWS * COLUMNS, 1).map((value, at) => value + scale * (weightsOf(seed)[at] ?? 0));
  return safetensorsFile([
    { name: 'first.weight', dtype: 'F32', shape: [ROWS, COLUMNS], data: bytesOf(Float32Array.from(first)) },
    { name: 'second.weight', dtype: 'U8', shape: [8192], data: noise(8192, 7) },
    { name: 'bias', dtype: 'F32', shape: [2], data: bytesOf(Float32Array.of(1, 2)) },
  ]);
}

const known = new Map<number, Float32Array>();

function weightsOf(seed: number): Float32Array {
  const values = known.get(seed) ?? weights(ROWS * COLUMNS, seed, 1);
  known.set(seed, values);
  return values;
}

/** A repository with one commit of a model, a clone of it made before anything else, and a topic of two commits on top. */
export interface PatchScene extends Scene {
  /** Runs mgit in the clone. */
  other(...argv: string[]): ReturnType<Scene['attempt']>;
  /** The clone's work tree. */
  readonly otherPath: string;
}

/** Makes it; HEAD of the first is the topic. */
export async function patchScene(history: 'embedded' | 'system' = 'embedded'): Promise<PatchScene> {
  const day = await scene(history);
  await day.mgit('track', '*.safetensors');
  await day.write('m.safetensors', patchModel());
  await day.write('notes.txt', 'one\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Begin');
  const otherPath = join(day.path, '..', 'other');
  await cp(day.path, otherPath, { recursive: true });
  await day.mgit('switch', '-c', 'topic');
  await day.write('m.safetensors', patchModel(1e-6));
  await day.mgit('commit', '-am', 'Tune');
  await day.write('notes.txt', 'one\ntwo\n');
  await day.write('m.safetensors', patchModel(2e-6));
  await day.mgit('commit', '-am', 'Tune more\n\nAnd say so.');
  return { ...day, otherPath, other: (...argv) => runMgit(day.ports, otherPath, ...argv) };
}
