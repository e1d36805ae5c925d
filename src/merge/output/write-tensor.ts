import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { type JobBench, runJob } from '../model-files/run-job.ts';
import type { TensorJob } from '../model-files/tensor-job.ts';

/** Results are written in portions of so many bytes. */
const PORTION_BYTES = 1024 * 1024;

/** A tensor to be merged and where it goes. Nothing but data: it may go to another thread. */
export interface TensorTask {
  readonly job: TensorJob;
  /** An existing file, absolute. */
  readonly path: string;
  readonly offset: number;
}

/** Merges a tensor into its place and gives the digest of its bytes. Errors: those of the job and of writing. */
export async function writeTensor(
  { job, path, offset }: TensorTask,
  { fs, ...bench }: JobBench & { readonly fs: FileSystem },
): Promise<Digest> {
  const file = await fs.open(path, 'update');
  const portion = bench.memory.take(PORTION_BYTES);
  const hash = createHash('sha256');
  let written = 0;
  let filled = 0;
  const flush = async (): Promise<void> => {
    const bytes = portion.subarray(0, filled);
    const writing = file.write(bytes, offset + written);
    hash.update(bytes); // While the system copies.
    await writing;
    written += filled;
    filled = 0;
  };
  try {
    for await (const slice of runJob(job, bench))
      for (let done = 0; done < slice.length; ) {
        const part = slice.subarray(done, done + PORTION_BYTES - filled);
        portion.set(part, filled);
        done += part.length;
        filled += part.length;
        if (filled === PORTION_BYTES) await flush();
      }
    await flush();
  } finally {
    bench.memory.giveBack(portion);
    await file.close();
  }
  if (written !== byteLength(job.dtype, job.shape))
    throw new Error(`${job.name} came out as ${written} bytes`);
  return parseDigest(hash.digest('hex'));
}
