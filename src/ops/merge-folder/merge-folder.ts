import { basename, join, resolve } from 'node:path';
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/ids.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { indexText, layOutFiles, type OutputFile, outputFile } from '../../merge/output/file-layout.ts';
import { openJobPool } from '../../merge/output/job-pool.ts';
import { type OutputJob, writeFile } from '../../merge/output/write-file.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { isSingleFile, makeOutput, refuseExisting, writeSmall } from '../output/output-folder.ts';
import { companionFiles, RECORD_FILE, recordOf } from './companions.ts';
import { type FolderMergeRequest, measureMerge, type PreparedMerge, prepareMerge } from './prepare.ts';

/** A merge of folders and files into a folder, or into one file where `out` ends in `.safetensors`. */
export interface MergeToFolderRequest extends FolderMergeRequest {
  readonly out: string;
  /** Elements in a file of the result at most. */
  readonly shardElements?: number;
  /** Replace what is there. */
  readonly force?: boolean;
}

/** What a merge of folders made. */
export interface FolderMergeOutcome {
  readonly kind: 'written';
  /** Absolute. */
  readonly out: string;
  readonly method: string;
  /** All files, by name. */
  readonly files: readonly string[];
  readonly tensors: number;
  readonly bytes: number;
}

/** As mergekit, when nothing else is said. */
export const SHARD_ELEMENTS = 5_000_000_000;

const INDEX_FILE = 'model.safetensors.index.json';

/**
 * Merges what a recipe names into a folder, which appears when it is complete and on the disk. Errors: `OUTPUT_EXISTS`, `MERGE_NON_FINITE`,
 * `MERGE_NOT_A_FLOAT`, `FILE_CHANGED`, those of {@link prepareMerge}.
 */
export async function mergeToFolder(
  ports: Ports,
  request: MergeToFolderRequest,
): Promise<FolderMergeOutcome> {
  const out = resolve(request.cwd, request.out);
  await refuseExisting(ports.fs, out, request.force === true);
  await using planned = await prepareMerge(ports, request);
  const prepared = await measureMerge(ports, planned, request);
  const isSingle = isSingleFile(out);
  const files = isSingle
    ? [outputFile(prepared.jobs, basename(out))]
    : layOutFiles(prepared.jobs, request.shardElements ?? SHARD_ELEMENTS);
  const small = isSingle
    ? new Map<string, Uint8Array>()
    : await companionFiles(ports, prepared, { ...request, name: out });
  return await makeOutput(ports, out, async folder => {
    const digests = await writeFiles(ports, { prepared, files, folder, request });
    const given = request.given ?? [];
    if (!isSingle) await writeCompanions(ports, { folder, small, prepared, files, digests, given });
    return outcomeOf(out, prepared, files, small);
  });
}

/** Computes files of the result into a folder. */
export async function writeFiles(
  ports: Ports,
  work: {
    readonly prepared: PreparedMerge;
    readonly files: readonly OutputFile<OutputJob>[];
    readonly folder: string;
    readonly request: FolderMergeRequest;
  },
): Promise<ReadonlyMap<string, Digest>> {
  const { prepared, files, folder, request } = work;
  const total = files.reduce(
    (sum, { tensors }) => sum + tensors.reduce((bytes, { place }) => bytes + place.length, 0),
    0,
  );
  const { signal, onEvent } = request;
  await using pool = openJobPool({
    fs: ports.fs,
    parallelism: ports.parallelism,
    bytes: total,
    ...(signal ? { signal } : {}),
  });
  const digests = new Map<string, Digest>();
  let done = 0;
  const onWritten = (bytes: number): void => {
    done += bytes;
    onEvent?.({ type: 'progress', phase: 'merge', done, total, unit: 'bytes' });
  };
  for (const file of files) {
    const found = await writeFile(file, join(folder, file.name), {
      fs: ports.fs,
      pool,
      onWritten,
      ...(signal ? { signal } : {}),
    });
    for (const [at, { spec }] of file.tensors.entries()) digests.set(spec.name, found[at] as Digest);
  }
  for (const input of prepared.inputs.values()) await input.checkUnchanged();
  return digests;
}

/** Writes what goes with the weights, and the index where they are in several files. */
export async function writeCompanions(
  { fs }: Ports,
  content: {
    readonly folder: string;
    readonly small: ReadonlyMap<string, Uint8Array>;
    readonly prepared: PreparedMerge;
    readonly files: readonly OutputFile<OutputJob>[];
    readonly digests: ReadonlyMap<string, Digest>;
    readonly given: readonly string[];
  },
): Promise<void> {
  const { folder, small, prepared, files, digests, given } = content;
  for (const [name, bytes] of small) await writeSmall(fs, join(folder, name), bytes);
  if (files.length > 1) await writeSmall(fs, join(folder, INDEX_FILE), Buffer.from(indexText(files)));
  await writeSmall(
    fs,
    join(folder, RECORD_FILE),
    Buffer.from(canonicalJson(recordOf(prepared, digests, given))),
  );
}

/** Sums up what was made. Without companions it is one file. */
export function outcomeOf(
  out: string,
  { recipe, jobs }: PreparedMerge,
  files: readonly OutputFile<OutputJob>[],
  small: ReadonlyMap<string, Uint8Array>,
): FolderMergeOutcome {
  const bytes = jobs.reduce((sum, { dtype, shape }) => sum + byteLength(dtype, shape), 0);
  const index = files.length > 1 ? [INDEX_FILE] : [];
  const others = small.size > 0 ? [...index, ...small.keys(), RECORD_FILE] : [];
  const names = [...files.map(({ name }) => name), ...others];
  return { kind: 'written', out, method: recipe.method, files: names, tensors: jobs.length, bytes };
}
