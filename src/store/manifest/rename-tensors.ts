import { tableOf } from '../../base/table.ts';
import type { Manifest, ManifestExtent, ManifestTensor } from './manifest.ts';
import { manifestOf } from './manifest-of.ts';

/**
 * The same extents and views under other names, from old to new; names that are not in `renames` stay. It no longer describes what a reader would find in the file, only
 * where the tensors' bytes are. Errors: `LAYOUT_INVALID` where two tensors would have one name.
 */
export function renameTensors(manifest: Manifest, renames: ReadonlyMap<string, string>): Manifest {
  const { format, size, extents } = manifest;
  const tensors = tableOf(manifest.tensors.length, at => {
    const tensor = manifest.tensors.at(at) as ManifestTensor;
    return { ...tensor, name: renames.get(tensor.name) ?? tensor.name };
  });
  const digests = tableOf(extents.length, at => (extents.at(at) as ManifestExtent).digest);
  return manifestOf({ format, size, extents, tensors }, digests);
}
