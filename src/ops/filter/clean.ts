import { join } from 'node:path';
import type { CheckpointLayout } from '../../formats/checkpoint.ts';
import { layoutBeside } from '../../store/worktree/external-model.ts';
import { modelText } from '../../store/worktree/file-content.ts';
import { withSpooled } from '../content/spool.ts';
import { readManifestAt } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';

/**
 * Takes a model's bytes into the store and returns its manifest's text. A manifest comes out as it went in. Errors: those of the
 * formats and the store.
 */
export function cleanModel(
  repository: Repository,
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  return withSpooled(repository, content, async source => {
    const head = (await repository.history.head()).commit;
    const base = head === undefined ? undefined : await readManifestAt(repository, head, path);
    const options = base === undefined ? {} : { base };
    const { workTree } = repository.history;
    const beside = async (): Promise<CheckpointLayout | undefined> =>
      workTree === undefined
        ? undefined
        : layoutBeside(repository.ports.fs, join(workTree, path), source.size);
    return (await modelText(repository.store, source, { kind: 'store', options, beside })).text; // Git writes the blob.
  });
}
