import { earlyFlush } from '../../base/early-flush.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { inOrder } from '../../base/in-order.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { TensorSpec } from '../../formats/write/blueprint.ts';
import type { TensorJob } from '../model-files/tensor-job.ts';
import type { OutputFile } from './file-layout.ts';
import type { JobPool } from './job-pool.ts';

/** A tensor of the result with the work that makes it. */
export interface OutputJob extends TensorSpec {
  readonly job: TensorJob;
}

/** What {@link writeFile} works with. */
export interface WriteFileContext extends LongOperation {
  readonly fs: FileSystem;
  readonly pool: JobPool;
  /** Told of the bytes of each tensor when it is written. */
  readonly onWritten?: (bytes: number) => void;
}

/**
 * Writes one file of the result at `path` (absolute; it must not exist): the header, then every tensor at its place. It is on the disk
 * when this returns. The digests of the tensors come in their order. Errors: those of the jobs; of the file system.
 */
export async function writeFile(
  file: OutputFile<OutputJob>,
  path: string,
  { fs, pool, signal, onWritten }: WriteFileContext,
): Promise<readonly Digest[]> {
  const output = await fs.open(path, 'create');
  const flush = earlyFlush(async () => output);
  const digests: Digest[] = [];
  try {
    await output.write(file.header, 0);
    const write = ({ spec, place }: OutputFile<OutputJob>['tensors'][number]): Promise<Digest> => {
      signal?.throwIfAborted();
      return pool.run({ job: spec.job, path, offset: place.offset });
    };
    for await (const digest of inOrder(file.tensors, pool.width + 1, write)) {
      const bytes = file.tensors[digests.length]?.place.length ?? 0;
      flush.note(bytes);
      onWritten?.(bytes);
      digests.push(digest);
    }
    await flush.settle();
    await output.sync();
    return digests;
  } finally {
    await flush.settle().catch(() => undefined); // Whoever failed has been told.
    await output.close();
  }
}
