import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../src/base/ports/ports.ts';
import { commitIndex } from '../../src/ops/history/commit.ts';
import { initRepository } from '../../src/ops/repository.ts';
import { addPaths } from '../../src/ops/worktree/add.ts';
import { track } from '../../src/ops/worktree/track.ts';
import { temporaryDirectory, testPorts } from './world.ts';

/** A repository with a work tree, in which `*.safetensors` are models. */
export interface SmallRepo extends AsyncDisposable {
  readonly ports: Ports;
  /** Absolute path of the work tree. */
  readonly path: string;
  write(path: string, content: Uint8Array | string): Promise<void>;
  add(...paths: string[]): Promise<void>;
  /** Stages everything and commits it. */
  commit(message: string): Promise<void>;
}

/** Makes an empty repository on branch `main`. */
export async function smallRepo(): Promise<SmallRepo> {
  const home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const path = join(home.path, 'repo');
  await mkdir(path);
  const repository = await initRepository(ports, { directory: path, initialBranch: 'main' });
  await track(repository, ['*.safetensors']);
  const add = async (...paths: string[]): Promise<void> =>
    void (await addPaths(repository, { cwd: path, paths }));
  return {
    ports,
    path,
    write: (name, content) => writeFile(join(path, name), content),
    add,
    commit: async message => {
      await add('.');
      await commitIndex(repository, { cwd: path, message });
    },
    [Symbol.asyncDispose]: async () => {
      await repository[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}
