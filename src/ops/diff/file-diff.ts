import type { LongOperation } from '../../base/events.ts';
import { type FileByteSource, openByteSource } from '../../formats/byte-source.ts';
import type { Rename } from '../../formats/names/rename-rule.ts';
import { openManifestBlob } from '../history/manifests-at.ts';
import { changeKind, type FileChange } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';
import { diffModel, type ModelDiff } from './model-diff.ts';
import { fileVersion, type ModelVersion, storedVersion } from './model-version.ts';
import type { FileVersion } from './snapshots.ts';
import { unifiedDiff } from './unified-diff.ts';

/** Two versions of one file, compared. */
export interface FileDiff {
  readonly path: string;
  /** Where the file was before: a model that became one of another format. Null: at `path`. */
  readonly from: string | null;
  readonly kind: FileChange['kind'];
  readonly before: Pick<FileVersion, 'mode' | 'id'> | null;
  readonly after: Pick<FileVersion, 'mode' | 'id'> | null;
  /** For a model: what happened to its tensors. */
  readonly model: ModelDiff | null;
  /** For a text: the hunks of a unified diff. Null for a model, and for what is no text or too long to show. */
  readonly text: string | null;
}

/** A file whose versions are to be compared: at least one is there. */
export interface FilePair {
  readonly path: string;
  readonly from?: string;
  readonly before: FileVersion | undefined;
  readonly after: FileVersion | undefined;
}

/** Options of {@link diffFile}. */
export interface FileDiffOptions extends LongOperation {
  /** The tensors to look at; default: all. */
  readonly matches?: (name: string) => boolean;
  /** Brings the names of tensors to a common spelling. */
  readonly spelling?: Rename;
}

/** Longer texts are only said to differ. */
const LONGEST_TEXT = 4 * 1024 * 1024;
/** Git takes a file for binary when a zero byte is among its first. */
const BINARY_PROBE = 8000;
const GITLINK = 0o160000;

/** Compares two versions of a file: models by tensor, texts by line. Errors: those of {@link diffModel}, `MANIFEST_CORRUPT`. */
export async function diffFile(
  repository: Repository,
  pair: FilePair,
  options: FileDiffOptions,
): Promise<FileDiff> {
  await using before = await openModel(repository, pair.before);
  await using after = await openModel(repository, pair.after);
  const isModel = before.version !== undefined || after.version !== undefined;
  return {
    path: pair.path,
    from: pair.from ?? null,
    kind: changeKind(pair.before?.mode, pair.after?.mode),
    before: identityOf(pair.before),
    after: identityOf(pair.after),
    model: isModel ? await diffModel(before.version, after.version, options) : null,
    text: isModel ? null : await diffText(repository, pair),
  };
}

function identityOf(version: FileVersion | undefined): FileDiff['before'] {
  return version ? { mode: version.mode, id: version.id } : null;
}

interface OpenModel extends AsyncDisposable {
  /** Undefined for what is no model. */
  readonly version: ModelVersion | undefined;
}

async function openModel(repository: Repository, version: FileVersion | undefined): Promise<OpenModel> {
  const file = version?.file;
  const manifest = file ? file.manifest : version && (await openManifestBlob(repository, version));
  if (!manifest) return opened(undefined);
  if (!file) return opened(storedVersion(repository.store, manifest));
  const source = await openByteSource(repository.ports.fs, file.path);
  if (source.size === manifest.size) return opened(fileVersion(source, manifest), source);
  await source[Symbol.asyncDispose](); // A manifest stands in for the model: its bytes are in the store.
  return opened(storedVersion(repository.store, manifest));
}

function opened(version: ModelVersion | undefined, source?: FileByteSource): OpenModel {
  return { version, [Symbol.asyncDispose]: async () => source?.[Symbol.asyncDispose]() };
}

async function diffText(repository: Repository, pair: FilePair): Promise<string | null> {
  const before = await readText(repository, pair.before);
  const after = await readText(repository, pair.after);
  return before === undefined || after === undefined ? null : unifiedDiff(before, after);
}

/** Undefined for what is no text, or too long. */
async function readText(
  repository: Repository,
  version: FileVersion | undefined,
): Promise<string | undefined> {
  if (!version || version.mode === GITLINK) return '';
  const bytes = Buffer.from(await readBytes(repository, version));
  if (bytes.length > LONGEST_TEXT || bytes.subarray(0, BINARY_PROBE).includes(0)) return undefined;
  return bytes.toString('utf8');
}

async function readBytes(repository: Repository, version: FileVersion): Promise<Uint8Array> {
  if (!version.file) return repository.history.readBlob(version.id);
  const { fs } = repository.ports;
  const isLink = (version.mode & 0o170000) === 0o120000;
  return isLink ? Buffer.from(await fs.readLink(version.file.path)) : fs.readFile(version.file.path);
}
