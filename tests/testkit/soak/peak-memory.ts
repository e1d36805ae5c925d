import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnMgit } from '../crash/spawn-mgit.ts';
import { runMgit, testPorts } from '../world.ts';
import { type BigModel, writeBigModel } from './big-model.ts';

/** The largest resident memory of a command, in MiB. */
export interface Peak {
  readonly command: string;
  readonly mebibytes: number;
  readonly seconds: number;
}

/** A repository in `directory` and the peaks of what is done with a big model there: everything from add to merge. */
export async function peaksOfDay(
  directory: string,
  shape: Pick<BigModel, 'tensors' | 'tensorBytes'>,
): Promise<readonly Peak[]> {
  const path = join(directory, 'work');
  await mkdir(path);
  const { env } = testPorts(directory);
  const peaks: Peak[] = [];
  const measured = async (...argv: string[]): Promise<void> => {
    const peakFile = join(directory, 'peak');
    const ended = await spawnMgit(argv, { cwd: path, env, peakFile });
    const command = `mgit ${argv.join(' ')}`;
    if (ended.exitCode !== 0) throw new Error(`${command}: ${ended.stderr}`);
    const mebibytes = Number(await readFile(peakFile, 'utf8')) / 1024;
    peaks.push({ command, mebibytes: Math.round(mebibytes), seconds: Math.round(ended.milliseconds / 1000) });
  };
  const model: BigModel = { ...shape, path: join(path, 'model.safetensors') };
  const write = (seed: number, every: number): Promise<void> =>
    writeBigModel(model, { seed, changes: tensor => every > 0 && tensor % every === 0 });
  await runMgit(testPorts(directory), path, 'init');
  await runMgit(testPorts(directory), path, 'track', '*.safetensors');
  await write(0, 0);
  await measured('add', '.');
  await measured('commit', '-m', 'first');
  await measured('switch', '-c', 'side');
  await write(1, 2);
  await measured('status');
  await measured('diff');
  await measured('commit', '-am', 'side');
  await measured('diff', 'main', 'side');
  await measured('switch', 'main');
  await write(2, 1);
  await measured('commit', '-am', 'main');
  await measured('merge', 'side');
  await write(3, 1);
  await measured('restore', '.');
  await measured('log');
  return peaks;
}
