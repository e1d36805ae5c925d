import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mgit } from '../../../bench/scale/programs.ts';
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
  const peaks: Peak[] = [];
  const run = (...argv: string[]): Peak => {
    const { peakMiB, seconds } = mgit(path, 'system', argv);
    return { command: `mgit ${argv.join(' ')}`, mebibytes: peakMiB, seconds: Math.round(seconds) };
  };
  const measured = (...argv: string[]): void => void peaks.push(run(...argv));
  const model: BigModel = { ...shape, path: join(path, 'model.safetensors') };
  const write = (seed: number, every: number): Promise<void> =>
    writeBigModel(model, { seed, changes: tensor => every > 0 && tensor % every === 0 });
  run('init');
  run('track', '*.safetensors');
  await write(0, 0);
  measured('add', '.');
  measured('commit', '-m', 'first');
  measured('switch', '-c', 'side');
  await write(1, 2);
  measured('status');
  measured('diff');
  measured('commit', '-am', 'side');
  measured('diff', 'main', 'side');
  measured('switch', 'main');
  await write(2, 1);
  measured('commit', '-am', 'main');
  measured('merge', 'side');
  await write(3, 1);
  measured('restore', '.');
  measured('log');
  return peaks;
}
