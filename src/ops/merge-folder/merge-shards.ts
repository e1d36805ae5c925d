import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import { isSystemError, MgitError } from '../../base/errors.ts';
import { type Digest, parseDigest } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { VERSION } from '../../base/version.ts';
import { layOutFiles, type OutputFile } from '../../merge/output/file-layout.ts';
import type { OutputJob } from '../../merge/output/write-file.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { orRemove } from '../../store/unfinished/or-remove.ts';
import { isSingleFile, refuseExisting, replace, writeSmall } from '../output/output-folder.ts';
import { companionFiles } from './companions.ts';
import {
  type FolderMergeOutcome,
  type MergeToFolderRequest,
  outcomeOf,
  SHARD_ELEMENTS,
  writeCompanions,
  writeFiles,
} from './merge-folder.ts';
import { measureMerge, type PreparedMerge, prepareMerge } from './prepare.ts';

/** One of several runs that share a merge: the `index`-th of `count`, from 1. */
export interface ShardOfMerge {
  readonly index: number;
  readonly count: number;
}

/** What one run made. */
export interface ShardOutcome {
  readonly kind: 'shard';
  /** Where the files of all runs are collected, absolute. */
  readonly folder: string;
  readonly written: readonly string[];
  /** Files that an earlier run had made. */
  readonly present: readonly string[];
}

/** What is known of a finished file: by which plan it was made, and the digests of its tensors. */
interface Receipt {
  readonly plan: string;
  readonly size: number;
  readonly tensors: Readonly<Record<string, string>>;
}

/**
 * Makes a share of the files of a merge, in a folder beside the result's place. A file that is there already, made by the same plan, is left alone,
 * so a run may be repeated. Errors: `SHARD_OF_ANOTHER_MERGE`, `USAGE`, those of `mergeToFolder`.
 */
export async function mergeShard(
  ports: Ports,
  request: MergeToFolderRequest,
  shard: ShardOfMerge,
): Promise<ShardOutcome> {
  const folder = shardFolder(request);
  await using prepared = await prepareMerge(ports, request);
  const { files, plan } = layOut(prepared, request);
  await makeDurableDirectory(ports.fs, folder);
  const [written, present]: [string[], string[]] = [[], []];
  const missing: string[] = [];
  for (const file of shareOf(files, shard))
    if ((await readReceipt(ports.fs, folder, file, plan)) !== undefined) present.push(file.name);
    else missing.push(file.name);
  if (missing.length > 0) {
    const measured = await measureMerge(ports, prepared, request);
    for (const file of layOut(measured, request).files) {
      if (!missing.includes(file.name)) continue;
      await makeFile(ports, { prepared: measured, file, folder, request, plan });
      written.push(file.name);
    }
  }
  return { kind: 'shard', folder, written, present };
}

/**
 * Completes a merge whose files have all been made: adds what goes with them and gives the folder its name. Errors: `SHARDS_MISSING`,
 * `SHARD_OF_ANOTHER_MERGE`, `OUTPUT_EXISTS`.
 */
export async function assembleShards(
  ports: Ports,
  request: MergeToFolderRequest,
): Promise<FolderMergeOutcome> {
  const { fs } = ports;
  const folder = shardFolder(request);
  const out = resolve(request.cwd, request.out);
  await refuseExisting(fs, out, request.force === true);
  await using prepared = await prepareMerge(ports, request);
  const { files, plan } = layOut(prepared, request);
  const digests = await collectDigests(fs, { folder, files, plan });
  const small = await companionFiles(ports, prepared, { ...request, name: out });
  const given = request.given ?? [];
  await writeCompanions(ports, { folder, small, prepared, files, digests, given });
  await fs.syncDirectory(folder);
  await replace(fs, folder, out);
  for (const file of files) await fs.removeFile(join(out, receiptName(file)));
  await fs.syncDirectory(out);
  return outcomeOf(out, prepared, files, small);
}

function shardFolder({ cwd, out }: MergeToFolderRequest): string {
  if (isSingleFile(out))
    throw new MgitError('USAGE', 'a single file is not made in shares', { hint: 'give a folder as --out' });
  const path = resolve(cwd, out);
  return join(dirname(path), `${basename(path)}.shards`);
}

function layOut(prepared: PreparedMerge, request: MergeToFolderRequest) {
  const elements = request.shardElements ?? SHARD_ELEMENTS;
  const files = layOutFiles(prepared.jobs, elements);
  return { files, plan: planDigest(prepared, request, elements) };
}

/** Tells merges apart: by recipe, options and inputs, wherever they are mounted. */
function planDigest(
  { recipe, inputs }: PreparedMerge,
  request: MergeToFolderRequest,
  elements: number,
): string {
  const plan: JsonValue = {
    version: VERSION,
    recipe: recipe.text,
    given: request.given ?? [],
    missing: request.missing ?? 'refuse',
    elements,
    inputs: [...inputs.values()].map(({ name, files }) => ({
      name,
      files: files.map(({ path, size, modified }) => [basename(path), size, modified]),
    })),
  };
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}

function shareOf<File>(files: readonly File[], { index, count }: ShardOfMerge): readonly File[] {
  const border = (share: number): number => Math.floor((share * files.length) / count);
  return files.slice(border(index - 1), border(index));
}

async function makeFile(
  ports: Ports,
  work: {
    readonly prepared: PreparedMerge;
    readonly file: OutputFile<OutputJob>;
    readonly folder: string;
    readonly request: MergeToFolderRequest;
    readonly plan: string;
  },
): Promise<void> {
  const { fs, randomBytes } = ports;
  const { file, folder, plan } = work;
  const unique = Buffer.from(randomBytes(8)).toString('hex');
  const partial = { ...file, name: `.${file.name}.${unique}.part` };
  const digests = await orRemove(fs, join(folder, partial.name), () =>
    writeFiles(ports, { ...work, files: [partial] }),
  );
  await fs.rename(join(folder, partial.name), join(folder, file.name));
  const receipt: JsonValue = { plan, size: file.size, tensors: Object.fromEntries(digests) };
  const receiptPath = join(folder, receiptName(file));
  await writeSmall(fs, `${receiptPath}.${unique}.part`, Buffer.from(canonicalJson(receipt)));
  await fs.rename(`${receiptPath}.${unique}.part`, receiptPath);
  await fs.syncDirectory(folder);
}

function receiptName({ name }: { readonly name: string }): string {
  return `${name}.json`;
}

/** Undefined where the file is not there, either: after a crash a receipt may be without it. Errors: `SHARD_OF_ANOTHER_MERGE`. */
async function readReceipt(
  fs: FileSystem,
  folder: string,
  file: OutputFile<OutputJob>,
  plan: string,
): Promise<Receipt | undefined> {
  const bytes = await ifThere(fs.readFile(join(folder, receiptName(file))));
  const made = await ifThere(fs.stat(join(folder, file.name)));
  if (bytes === undefined || made === undefined) return undefined;
  const receipt = JSON.parse(new TextDecoder().decode(bytes)) as Receipt;
  if (receipt.plan === plan && made.size === file.size) return receipt;
  throw new MgitError(
    'SHARD_OF_ANOTHER_MERGE',
    `${join(folder, file.name)} was made by another recipe or from other models`,
    {
      hint: `run every share with the same recipe and options; remove ${folder} to begin anew`,
    },
  );
}

/** Undefined where there is no such file. */
function ifThere<Result>(result: Promise<Result>): Promise<Result | undefined> {
  return result.catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
}

async function collectDigests(
  fs: FileSystem,
  {
    folder,
    files,
    plan,
  }: { readonly folder: string; readonly files: readonly OutputFile<OutputJob>[]; readonly plan: string },
): Promise<ReadonlyMap<string, Digest>> {
  const digests = new Map<string, Digest>();
  const missing: string[] = [];
  for (const file of files) {
    const receipt = await readReceipt(fs, folder, file, plan);
    if (receipt === undefined) missing.push(file.name);
    for (const [name, digest] of Object.entries(receipt?.tensors ?? {}))
      digests.set(name, parseDigest(digest));
  }
  if (missing.length === 0) return digests;
  throw new MgitError(
    'SHARDS_MISSING',
    `not made yet: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`,
    {
      hint: 'run the shares that make them: mgit merge --recipe .. --out .. --shard <i>/<n>',
      details: { files: missing },
    },
  );
}
