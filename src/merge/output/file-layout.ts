import { writeSafetensorsHeader } from '../../formats/safetensors/write-header.ts';
import type { PlacedTensor, TensorSpec } from '../../formats/write/blueprint.ts';
import { elementCount } from '../../tensor/dtype.ts';

/** A file of the result, before anything is written. */
export interface OutputFile<Spec extends TensorSpec> {
  readonly name: string;
  readonly header: Uint8Array;
  readonly size: number;
  readonly tensors: readonly { readonly spec: Spec; readonly place: PlacedTensor }[];
}

/** transformers refuses safetensors files that do not say which framework wrote them. */
const METADATA = { format: 'pt' };

/**
 * Distributes tensors over files of at most `mostElements`, in their order; a larger tensor has a file of its own. Names are those of the
 * Hugging Face Hub: `model.safetensors`, or `model-00001-of-00003.safetensors`. Errors: those of the safetensors writer.
 */
export function layOutFiles<Spec extends TensorSpec>(
  tensors: readonly Spec[],
  mostElements: number,
): readonly OutputFile<Spec>[] {
  const groups: Spec[][] = [[]];
  let elements = 0;
  for (const tensor of tensors) {
    const count = elementCount(tensor.shape);
    if (elements > 0 && elements + count > mostElements) {
      groups.push([]);
      elements = 0;
    }
    groups.at(-1)?.push(tensor);
    elements += count;
  }
  return groups.map((group, index) => outputFile(group, fileName(index, groups.length)));
}

/** One file with all tensors. */
export function outputFile<Spec extends TensorSpec>(
  tensors: readonly Spec[],
  name: string,
): OutputFile<Spec> {
  const { bytes: header, size, tensors: places } = writeSafetensorsHeader(tensors, METADATA);
  return {
    name,
    header,
    size,
    tensors: tensors.map((spec, at) => ({ spec, place: places.at(at) as PlacedTensor })),
  };
}

function fileName(index: number, count: number): string {
  if (count === 1) return 'model.safetensors';
  const number = (value: number): string => String(value).padStart(5, '0');
  return `model-${number(index + 1)}-of-${number(count)}.safetensors`;
}

/** The index of several files, as transformers writes it: `model.safetensors.index.json`. */
export function indexText(files: readonly OutputFile<TensorSpec>[]): string {
  const entries = files.flatMap(({ name, tensors }) => tensors.map(({ spec }) => [spec.name, name] as const));
  const sizes = files.flatMap(({ tensors }) => tensors.map(({ place }) => place.length));
  const index = {
    metadata: { total_size: sizes.reduce((sum, size) => sum + size, 0) },
    weight_map: Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1))),
  };
  return `${JSON.stringify(index, null, 2)}\n`;
}
