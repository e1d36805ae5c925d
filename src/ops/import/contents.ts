import { type LfsPointer, LONGEST_POINTER, readLfsPointer } from '../../formats/pointer-file.ts';
import type { History } from '../../store/history/history.ts';
import { MANIFEST_LIMITS } from '../../store/manifest/limits.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import type { BrokenVersion } from './broken.ts';
import type { FileVersion } from './survey.ts';

/** A version of a file that Git LFS keeps. */
export interface LfsVersion extends FileVersion {
  readonly pointer: LfsPointer;
}

/** What the versions of files are. Those that are neither are empty, or manifests already. */
export interface Contents {
  /** Oldest first; those with a pointer are kept by Git LFS, the others by Git itself. */
  readonly models: readonly (LfsVersion | FileVersion)[];
  /** Pointers that cannot be read. */
  readonly broken: readonly BrokenVersion[];
}

/** Tells what each version is. Of large ones only the beginning is read. */
export async function tellContents(history: History, versions: readonly FileVersion[]): Promise<Contents> {
  const models: (LfsVersion | FileVersion)[] = [];
  const broken: BrokenVersion[] = [];
  for (const version of versions) {
    const size = await history.blobSize(version.id);
    if (size === 0) continue;
    if (size > LONGEST_POINTER) {
      if (!(await isManifest(history, version, size))) models.push(version);
      continue;
    }
    const pointer = readLfsPointer(await history.readBlob(version.id));
    if (pointer === 'unreadable') broken.push(unreadable(version));
    else models.push(pointer === undefined ? version : { ...version, pointer });
  }
  return { models, broken };
}

function unreadable(version: FileVersion): BrokenVersion {
  const message = 'its Git LFS pointer is damaged, or of a kind that only git-lfs itself can read';
  return { ...version, code: 'LFS_POINTER_UNSUPPORTED', message };
}

/** Larger files are streamed: a process more is nothing beside their size. */
const READ_AT_ONCE = 16 << 20;

async function isManifest(history: History, { id }: FileVersion, size: number): Promise<boolean> {
  if (size > MANIFEST_LIMITS.textBytes) return false;
  if (size <= READ_AT_ONCE) return looksLikeManifest(await history.readBlob(id));
  for await (const head of history.streamBlob(id)) return looksLikeManifest(head);
  return false;
}
