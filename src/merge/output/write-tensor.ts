import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { byteLength } from '../../tensor/dtype.ts';
import type { OpenFiles } from '../model-files/file-source.ts';
import { PORTION_BYTES, runJob } from '../model-files/run-job.ts';
import type { TensorJob } from '../model-files/tensor-job.ts';

/** A tensor to be merged and where it goes. Nothing but data: it may go to another thread. */
export interface TensorTask {
  readonly job: TensorJob;
  /** An existing file, absolute. */
  readonly path: string;
  readonly offset: number;
}

/** Merges a tensor into its place and gives the digest of its bytes. Errors: those of the job and of writing. */
export async function writeTensor(
  task: TensorTask,
  {
    fs,
    files,
    signal,
  }: { readonly fs: FileSystem; readonly files: OpenFiles; readonly signal?: AbortSignal },
): Promise<Digest> {
  const { job, path, offset } = task;
  const file = await fs.open(path, 'update');
  const hash = createHash('sha256');
  let at = offset;
  let portion: Uint8Array[] = [];
  let waiting = 0;
  const flush = async (): Promise<void> => {
    const bytes = portion.length === 1 ? (portion[0] as Uint8Array) : Buffer.concat(portion, waiting);
    const writing = file.write(bytes, at);
    hash.update(bytes); // While the system copies.
    await writing;
    at += bytes.length;
    portion = [];
    waiting = 0;
  };
  try {
    for await (const slice of runJob(job, files, signal)) {
      portion.push(slice);
      waiting += slice.length;
      if (waiting >= PORTION_BYTES) await flush();
    }
    if (waiting > 0) await flush();
  } finally {
    await file.close();
  }
  if (at - offset !== byteLength(job.dtype, job.shape))
    throw new Error(`${job.name} came out as ${at - offset} bytes`);
  return parseDigest(hash.digest('hex'));
}
