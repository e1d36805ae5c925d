import type { PackBackend } from './backends/backend.ts';
import { PACK_WORDING } from './backends/wording.ts';
import { type DownloadOptions, downloadFile, type WantedFile } from './download-file.ts';
import type { LocalSide } from './local-side.ts';
import type { PackPointer } from './pointer.ts';

/** Downloads a pack to a file of its own in `tmp/` and returns its path. Errors: as {@link downloadFile} and {@link PackBackend.load}. */
export function downloadPack(
  local: LocalSide,
  backend: PackBackend,
  pointer: PackPointer,
  options: DownloadOptions,
): Promise<string> {
  const { name, damagedHint } = PACK_WORDING;
  const load: WantedFile['load'] = (range, how) => backend.load(pointer, range, how);
  return downloadFile(local, { ...pointer, name: name(pointer), damagedHint, load }, options);
}
