import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { FileStat } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import type { ByteSource, CheckpointLayout } from '../../formats/checkpoint.ts';
import { detectFormat } from '../../formats/registry.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { looksLikeManifest } from '../manifest/read-lines.ts';
import { parseManifest } from '../manifest/read-manifest.ts';
import type { AddFileOptions, AddFileResult, TensorStore } from '../tensor-store.ts';
import { type Attributes, isModel } from './attributes.ts';
import { convertedBlob, needsConversion } from './conversion.ts';
import { layoutBeside } from './external-model.ts';
import { type IndexStat, indexStat } from './index-stat.ts';
import type { WorkTree } from './work-tree.ts';

/** What stands at a path of the work tree, as a commit would hold it. */
export interface FileContent {
  readonly id: ObjectId;
  readonly mode: number;
  readonly stat: IndexStat;
  /** Set for a model. */
  readonly manifest?: Manifest;
  /** Set for a model that was stored. */
  readonly stored?: AddFileResult;
}

/** Whether content is only identified, or also written to the repository. */
export type ContentAction =
  | {
      readonly kind: 'hash';
      readonly long?: LongOperation;
      /** A model that this one may share its layout with. */
      readonly former?: () => Promise<Manifest | undefined>;
    }
  | { readonly kind: 'store'; readonly options?: AddFileOptions };

/** `beside`: what files beside the model tell of its layout. */
export type ModelAction = ContentAction & { readonly beside?: () => Promise<CheckpointLayout | undefined> };

/**
 * Reads the file or symbolic link at `path` of the work tree. A model (`filter=mgit`) becomes its manifest; a manifest that
 * stands in for one stays as it is. Errors: those of the format's reader, `FILE_CHANGED`, `GIT_REQUIRED`.
 */
export async function readContent(
  workTree: WorkTree,
  path: string,
  request: { readonly attributes: Attributes; readonly stat: FileStat; readonly action: ContentAction },
): Promise<FileContent> {
  const { stat, action } = request;
  const absolute = `${workTree.root}/${path}`;
  const place = { mode: modeOf(stat), stat: indexStat(stat) };
  if (stat.kind === 'symlink') {
    const target = Buffer.from(await workTree.ports.fs.readLink(absolute), 'utf8');
    return { id: await blobOf(workTree, target, action), ...place };
  }
  const attributes = await request.attributes.of(path);
  if (isModel(attributes)) return { ...(await readModel(workTree, absolute, action)), ...place };
  if (needsConversion(attributes, workTree.settings.convertsLineEnds))
    return { id: await convertedBlob(workTree, path, { write: action.kind === 'store' }), ...place };
  return { id: await blobOf(workTree, await workTree.ports.fs.readFile(absolute), action), ...place };
}

/** The mode that a tree gives to a file of this kind. */
export function modeOf(stat: FileStat): number {
  if (stat.kind === 'symlink') return 0o120000;
  return (stat.mode & 0o100) === 0 ? 0o100644 : 0o100755;
}

type Model = Pick<FileContent, 'id' | 'manifest' | 'stored'>;

async function readModel(workTree: WorkTree, absolute: string, action: ContentAction): Promise<Model> {
  await using source = await openByteSource(workTree.ports.fs, absolute);
  const beside = (): Promise<CheckpointLayout | undefined> =>
    layoutBeside(workTree.ports.fs, absolute, source.size);
  const { text, ...model } = await modelText(workTree.store, source, { ...action, beside });
  return { id: await blobOf(workTree, text, action), ...model };
}

/** A model as Git holds it: the text of its manifest. `manifest` is not set for an empty file, which stays one. */
export interface ModelText {
  readonly text: Uint8Array;
  readonly manifest?: Manifest;
  readonly stored?: AddFileResult;
}

/** The manifest's text of a model's bytes, from anywhere; a manifest stays as it is. With `store` its tensors are stored. */
export async function modelText(
  store: TensorStore,
  source: ByteSource,
  action: ModelAction,
): Promise<ModelText> {
  if (source.size === 0) return { text: new Uint8Array() };
  if (looksLikeManifest(await source.read(0, Math.min(source.size, 64)))) {
    const manifest = parseManifest(await source.read(0, source.size));
    return { text: manifest.text, manifest };
  }
  const again = action.kind === 'hash' ? await hashAgain(store, source, action) : undefined;
  if (again) return { text: again.text, manifest: again };
  const layout = (await action.beside?.()) ?? (await (await detectFormat(source)).parse(source));
  if (action.kind === 'store') {
    const stored = await store.addFile(source, layout, action.options);
    return { text: stored.manifest.text, manifest: stored.manifest, stored };
  }
  const manifest = await store.hashFile(source, layout, action.long);
  return { text: manifest.text, manifest };
}

async function hashAgain(
  store: TensorStore,
  source: ByteSource,
  { former, long }: Extract<ContentAction, { kind: 'hash' }>,
): Promise<Manifest | undefined> {
  const manifest = await former?.();
  return manifest && store.hashAgain(source, manifest, long);
}

async function blobOf(
  { history }: Pick<WorkTree, 'history'>,
  bytes: Uint8Array,
  action: ContentAction,
): Promise<ObjectId> {
  return action.kind === 'store' ? history.writeBlob(bytes) : history.hashBlob(bytes);
}
