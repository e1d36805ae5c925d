import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommitId } from '../../src/base/ids.ts';
import type { Ports } from '../../src/base/ports/ports.ts';
import { commitIndex } from '../../src/ops/history/commit.ts';
import { initRepository, type Repository } from '../../src/ops/repository.ts';
import { addPaths } from '../../src/ops/worktree/add.ts';
import { switchTo } from '../../src/ops/worktree/switch.ts';
import { track } from '../../src/ops/worktree/track.ts';
import { f32, safetensorsFile } from './safetensors-file.ts';
import { temporaryDirectory, testPorts } from './world.ts';

/** Values of F32 vectors, by tensor name. */
export type ModelValues = Readonly<Record<string, readonly number[]>>;

/** A repository in a temporary directory, with `*.safetensors` tracked as models. */
export interface MergeRepository extends AsyncDisposable {
  readonly repository: Repository;
  readonly ports: Ports;
  /** The work tree. */
  readonly path: string;
  /** Writes a file; `values` make a safetensors file, `undefined` removes it. */
  write(file: string, content: string | ModelValues | undefined): Promise<void>;
  /** The values of a model file in the work tree. */
  values(file: string): Promise<ModelValues>;
  text(file: string): Promise<string>;
  /** Writes files, adds everything and commits. */
  commit(files: Readonly<Record<string, string | ModelValues | undefined>>): Promise<CommitId>;
  /** Switches to a branch; `create` makes it there. */
  switch(branch: string, create?: boolean): Promise<void>;
}

/** The bytes of a model of F32 vectors. */
export function modelFile(values: ModelValues): Uint8Array {
  return safetensorsFile(
    Object.entries(values).map(([name, numbers]) => ({
      name,
      dtype: 'F32',
      shape: [numbers.length],
      data: f32(...numbers),
    })),
  );
}

/** Makes a repository on branch `main` with one commit that tracks models. */
export async function mergeRepository(): Promise<MergeRepository> {
  const folder = await temporaryDirectory();
  const ports = testPorts(folder.path);
  const path = join(folder.path, 'work');
  const repository = await initRepository(ports, { directory: path, initialBranch: 'main' });
  const write: MergeRepository['write'] = async (file, content) => {
    const target = join(path, file);
    await mkdir(dirname(target), { recursive: true });
    if (content === undefined) await rm(target);
    else await writeFile(target, typeof content === 'string' ? content : modelFile(content));
  };
  const commit: MergeRepository['commit'] = async files => {
    for (const [file, content] of Object.entries(files)) await write(file, content);
    await addPaths(repository, { cwd: path, paths: ['.'] });
    const message = `change ${Object.keys(files).join(', ')}`;
    return (await commitIndex(repository, { cwd: path, message })).commit.id;
  };
  await track(repository, ['*.safetensors']);
  await commit({});
  return {
    repository,
    ports,
    path,
    write,
    commit,
    values: async file => valuesOf(await readFile(join(path, file))),
    text: file => readFile(join(path, file), 'utf8'),
    switch: async (branch, create = false) =>
      void (await switchTo(repository, create ? { target: undefined, create: branch } : { target: branch })),
    [Symbol.asyncDispose]: async () => {
      await repository[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function valuesOf(file: Buffer): ModelValues {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header: Record<string, { readonly data_offsets: readonly [number, number] }> = JSON.parse(
    file.toString('utf8', 8, start),
  );
  const entries = Object.entries(header).map(
    ([
      name,
      {
        data_offsets: [from, to],
      },
    ]) => {
      const bytes = Uint8Array.from(file.subarray(start + from, start + to));
      return [name, [...new Float32Array(bytes.buffer)]] as const;
    },
  );
  return Object.fromEntries(entries);
}
