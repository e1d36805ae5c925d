import { MgitError } from '../../base/errors.ts';
import type { PackId } from '../../base/ids.ts';

/** The error of a pack that is not as `docs/format.md` says. */
export function packCorrupt(pack: PackId | string, problem: string, cause?: unknown): MgitError {
  return new MgitError('PACK_CORRUPT', `pack ${pack.slice(0, 12)}: ${problem}`, {
    hint: 'Run "mgit fsck"; then delete the pack and fetch it again.',
    details: { pack },
    ...(cause === undefined ? {} : { cause }),
  });
}
