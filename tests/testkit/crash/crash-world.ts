import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { safetensorsFile } from '../safetensors-file.ts';
import { bytesOf, weights } from '../stores.ts';
import { type CliRun, runMgit, testPorts } from '../world.ts';

/** A repository beside a bare one that is its `origin`, in a directory that can be copied as a whole. */
export interface CrashWorld {
  /** Absolute; holds `work`, `remote.git`, and the user's home. */
  readonly directory: string;
  /** The work tree. */
  readonly path: string;
  readonly ports: Ports;
  /** Runs mgit in this process; throws when it does not end with 0. */
  mgit(...argv: string[]): Promise<CliRun>;
  /** Runs mgit, whatever comes of it. */
  attempt(...argv: string[]): Promise<CliRun>;
  write(file: string, content: Uint8Array | string): Promise<void>;
}

/** The world in a directory. */
export function crashWorld(directory: string, history: 'embedded' | 'system'): CrashWorld {
  const path = join(directory, 'work');
  const plain = testPorts(join(directory, 'home'));
  const ports = { ...plain, env: { ...plain.env, MGIT_HISTORY: history } };
  return {
    directory,
    path,
    ports,
    mgit: async (...argv) => {
      const run = await runMgit(ports, path, ...argv);
      if (run.exitCode !== 0) throw new Error(`mgit ${argv.join(' ')}: ${run.stderr}`);
      return run;
    },
    attempt: (...argv) => runMgit(ports, path, ...argv),
    write: async (file, content) => {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), content);
    },
  };
}

/** A copy in `directory`, which must not exist yet. */
export async function copyWorld(world: CrashWorld, directory: string): Promise<CrashWorld> {
  await cp(world.directory, directory, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  return crashWorld(directory, world.ports.env.MGIT_HISTORY as 'embedded' | 'system');
}

/** A model of about `megabytes`; tensors whose seeds are equal are equal. */
export function crashModel(megabytes: number, seeds: Readonly<Record<string, number>>): Uint8Array {
  const names = Object.keys(seeds);
  const rows = Math.ceil((megabytes * 262_144) / 64 / names.length);
  return safetensorsFile(
    names.map(name => ({
      name,
      dtype: 'F32',
      shape: [rows, 64],
      data: bytesOf(weights(rows * 64, seeds[name])),
    })),
    { format: 'pt' },
  );
}

/** Makes `work` and `remote.git`: two commits on `main`, and `side`, which changed another tensor since the first. `main` is pushed, where git is there to reach a path. */
export async function buildWorld(
  directory: string,
  options: { readonly history: 'embedded' | 'system'; readonly megabytes: number },
): Promise<CrashWorld> {
  const world = crashWorld(directory, options.history);
  for (const folder of ['work', 'home', 'remote.git']) await mkdir(join(directory, folder));
  const model = (seeds: Readonly<Record<string, number>>): Uint8Array => crashModel(options.megabytes, seeds);
  await runMgit(world.ports, join(directory, 'remote.git'), 'init', '--bare');
  await world.mgit('init');
  await world.mgit('config', 'remote.origin.url', '../remote.git');
  await world.mgit('config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  await world.mgit('track', '*.safetensors');
  await world.write('model.safetensors', model({ embed: 1, head: 1, shared: 1 }));
  await world.write('config.json', '{"layers":1}\n');
  await world.mgit('add', '.');
  await world.mgit('commit', '-m', 'first');
  await world.mgit('switch', '-c', 'side');
  await world.write('model.safetensors', model({ embed: 2, head: 1, shared: 2 }));
  await world.write('side.txt', 'only here\n');
  await world.mgit('add', '.');
  await world.mgit('commit', '-m', 'on the side');
  await world.mgit('switch', 'main');
  await world.write('model.safetensors', model({ embed: 1, head: 3, shared: 3 }));
  await world.mgit('commit', '-am', 'second');
  if (options.history === 'system') await world.mgit('push', 'origin', 'main');
  return world;
}
