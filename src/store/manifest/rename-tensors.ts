import type { Manifest } from './manifest.ts';
import { manifestOf } from './manifest-of.ts';

/**
 * The same extents and views under other names, from old to new; names that are not in `renames` stay. It no longer describes what a reader would find in the file, only
 * where the tensors' bytes are. Errors: `LAYOUT_INVALID` where two tensors would have one name.
 */
export function renameTensors(manifest: Manifest, renames: ReadonlyMap<string, string>): Manifest {
  const { format, size, extents } = manifest;
  const tensors = manifest.tensors.map(tensor => ({
    ...tensor,
    name: renames.get(tensor.name) ?? tensor.name,
  }));
  return manifestOf(
    { format, size, extents, tensors },
    extents.map(({ digest }) => digest),
  );
}
