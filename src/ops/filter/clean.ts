import { openByteSource } from '../../formats/byte-source.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { modelText } from '../../store/worktree/file-content.ts';
import { readManifestAt } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';

/**
 * Takes a model's bytes into the store and returns its manifest's text. The bytes go through a temporary file: formats
 * are read at random, and a model may be larger than memory. A manifest comes out as it went in. Errors: those of the formats and the store.
 */
export async function cleanModel(
  repository: Repository,
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const { fs, randomBytes } = repository.ports;
  const directory = `${repository.mgitDirectory}/tmp`;
  await makeDurableDirectory(fs, directory);
  const spool = `${directory}/clean-${Buffer.from(randomBytes(8)).toString('hex')}`;
  try {
    await spoolTo(repository, spool, content);
    await using source = await openByteSource(fs, spool);
    const head = (await repository.history.head()).commit;
    const base = head === undefined ? undefined : await readManifestAt(repository, head, path);
    const options = base === undefined ? {} : { base };
    return (await modelText(repository.store, source, { kind: 'store', options })).text; // Git writes the blob.
  } finally {
    await fs.removeFile(spool);
  }
}

async function spoolTo(
  { ports }: Repository,
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await ports.fs.open(path, 'create', 0o600);
  try {
    let at = 0;
    for await (const chunk of content) {
      await file.write(chunk, at);
      at += chunk.length;
    }
  } finally {
    await file.close();
  }
}
