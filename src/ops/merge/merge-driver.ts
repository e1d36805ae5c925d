import { resolve } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { commonSpelling } from '../../formats/names/spellings.ts';
import { planFile } from '../../merge/plan-file.ts';
import { compileRules } from '../../merge/rules.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import { EMPTY_PROJECT, readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { mergeModels } from './models.ts';
import { combinedSettings } from './settings.ts';

/** The files that Git hands to a merge driver (`%O %A %B`), and the path of the model (`%P`). */
export interface DriverFiles extends LongOperation {
  readonly cwd: string;
  readonly base: string;
  /** Receives the result. */
  readonly ours: string;
  readonly theirs: string;
  readonly path: string;
}

/** How a driver's merge ended: the names of tensors that could not be merged, none when it is done. */
export interface DriverResult {
  readonly conflicts: readonly string[];
}

/**
 * Merges one model for plain `git merge`, with the methods and rules of `mgit.yaml` at HEAD. With conflicts `ours` stays as it is.
 * Errors: `MANIFEST_CORRUPT`, `MODEL_NOT_FILTERED`, those of the merge.
 */
export async function mergeForGit(repository: Repository, files: DriverFiles): Promise<DriverResult> {
  const { history, ports } = repository;
  const read = (file: string): Promise<Manifest | undefined> => readManifestFile(repository, files, file);
  const [base, ours, theirs] = [await read(files.base), await read(files.ours), await read(files.theirs)];
  if (ours === undefined || theirs === undefined) throw notFiltered(files.path);
  const head = (await history.head()).commit;
  const project = head === undefined ? EMPTY_PROJECT : await readProjectFile(history, head);
  const settings = combinedSettings(project.merge, { parameters: {}, rules: [], base: undefined }, undefined);
  const decide = compileRules(settings, 2);
  const plan = planFile({
    base,
    models: [ours, theirs],
    decide: name => decide(name, files.path),
    spelling: commonSpelling(project.names),
  });
  if (plan.conflicts.length > 0) return { conflicts: plan.conflicts.map(conflict => conflict.name) };
  const merged = await mergeModels(repository, [{ path: files.path, mode: 0o100644, plan }], files);
  const [file] = merged.files;
  if (file === undefined) throw notFiltered(files.path);
  const result = await ports.fs.open(resolve(files.cwd, files.ours), 'write');
  try {
    await result.write(await history.readBlob(file.id), 0);
  } finally {
    await result.close();
  }
  return { conflicts: [] };
}

/** An empty file stands for a version that does not exist. */
async function readManifestFile(
  { ports }: Repository,
  files: DriverFiles,
  file: string,
): Promise<Manifest | undefined> {
  const bytes = await ports.fs.readFile(resolve(files.cwd, file));
  if (bytes.length === 0) return undefined;
  if (looksLikeManifest(bytes)) return parseManifest(bytes);
  throw notFiltered(files.path);
}

function notFiltered(path: string): MgitError {
  return new MgitError('MODEL_NOT_FILTERED', `${path} is not a model on both sides`, {
    hint: 'it was committed without the mgit filter: merge it with "mgit merge"',
  });
}
