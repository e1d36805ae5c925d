import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import { isSystemError } from '../../base/errors.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { replaceFile } from '../../train/weights/save-weights.ts';
import type { Repository } from '../repository.ts';

/**
 * An outcome that follows from its key alone, computed once and kept in `<mgit directory>/evaluations/`. A file that is damaged counts as
 * absent: it can be computed again.
 */
export async function cachedEvaluation<Outcome extends object>(
  repository: Repository,
  key: JsonValue,
  compute: () => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly cached: boolean }> {
  const { fs } = repository.ports;
  const folder = join(repository.mgitDirectory, 'evaluations');
  const name = createHash('sha256').update(canonicalJson(key)).digest('hex');
  const path = join(folder, `${name}.json`);
  const known = await readOutcome(repository, path);
  if (known !== undefined) return { outcome: known as Outcome, cached: true };
  const outcome = await compute();
  await makeDurableDirectory(fs, folder);
  await replaceFile(fs, path, file => file.write(Buffer.from(JSON.stringify(outcome)), 0));
  return { outcome, cached: false };
}

async function readOutcome({ ports }: Repository, path: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await ports.fs.readFile(path)));
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
