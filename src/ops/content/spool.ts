import { type FileByteSource, openByteSource } from '../../formats/byte-source.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import type { Repository } from '../repository.ts';

/**
 * Lets content that comes as a stream be read at random, as formats need it: by a temporary file, since a model may be larger than memory.
 */
export async function withSpooled<Result>(
  { ports, mgitDirectory }: Pick<Repository, 'ports' | 'mgitDirectory'>,
  content: AsyncIterable<Uint8Array>,
  use: (source: FileByteSource) => Promise<Result>,
): Promise<Result> {
  const { fs, randomBytes } = ports;
  const directory = `${mgitDirectory}/tmp`;
  await makeDurableDirectory(fs, directory);
  const path = `${directory}/spool-${Buffer.from(randomBytes(8)).toString('hex')}`;
  try {
    await write(fs, path, content);
    await using source = await openByteSource(fs, path);
    return await use(source); // Awaited here: the file closes on return.
  } finally {
    await fs.removeFile(path);
  }
}

async function write(
  fs: Repository['ports']['fs'],
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await fs.open(path, 'create', 0o600);
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
