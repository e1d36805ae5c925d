import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { globMatcher } from '../../base/globs.ts';
import { type Rename, type RenameRule, renamer } from '../../formats/names/rename-rule.ts';
import type { CheckpointWriter, FileMetadata, PlacedBytes } from '../../formats/write/blueprint.ts';
import { exportImpossible } from '../../formats/write/impossible.ts';
import { fileBytes } from '../../formats/write/write-file.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { isWidenable, widenToF32 } from '../../tensor/widen.ts';
import { inSequence } from '../content/write-content.ts';
import type { ReadableModel, ReadableTensor } from './readable-model.ts';

/** What is written of a model, and how. */
export interface ConversionChoices {
  readonly writer: CheckpointWriter;
  /** Globs of tensor names; none take all. */
  readonly tensors?: readonly string[];
  /** Names in the new file. */
  readonly renames?: readonly RenameRule[];
  /** Floats of 8 and 16 bits that the format does not have become float32, which holds them exactly; without it they are refused. */
  readonly widen?: boolean;
  readonly metadata?: FileMetadata;
}

/** A file that is ready to be written. */
export interface Conversion {
  readonly size: number;
  readonly tensors: number;
  /** Tensors whose element type is not the one they had. */
  readonly widened: number;
  /** True where the file is the model's own, byte for byte. */
  readonly isCopy: boolean;
  bytes(): AsyncIterable<PlacedBytes>;
}

/**
 * Plans a file of another format with a model's tensors, each with the same name, dtype, shape and elements, or none at all. What has the format already
 * is copied, unless something is to be left out or changed. Errors: `EXPORT_IMPOSSIBLE`, `TENSOR_UNKNOWN`, `RENAME_INVALID`, `RENAME_COLLISION`; on reading those of the model.
 */
export async function planConversion(
  model: ReadableModel,
  choices: ConversionChoices,
  long: LongOperation,
): Promise<Conversion> {
  const { file } = model;
  if (file && file.format === choices.writer.name && isWhole(choices))
    return {
      size: file.size,
      tensors: model.tensors.length,
      widened: 0,
      isCopy: true,
      bytes: () => inSequence(file.bytes(long)),
    };
  const chosen = chosenTensors(model, choices.tensors ?? []);
  const sources = chosen.map(tensor => converted(tensor, choices));
  refuseCollisions(sources, chosen);
  const blueprint = choices.writer.layOut(sources, choices.metadata ?? {});
  await model.prepare(chosen, long);
  return {
    size: blueprint.size,
    tensors: sources.length,
    widened: sources.filter(({ dtype }, index) => dtype !== chosen[index]?.dtype).length,
    isCopy: false,
    bytes: () =>
      withProgress(
        fileBytes(blueprint, index => (sources[index] as ReadableTensor).bytes(long)),
        blueprint.size,
        long,
      ),
  };
}

function isWhole({ tensors = [], renames = [], metadata = {} }: ConversionChoices): boolean {
  return tensors.length === 0 && renames.length === 0 && Object.keys(metadata).length === 0;
}

function chosenTensors(
  { tensors, label }: ReadableModel,
  globs: readonly string[],
): readonly ReadableTensor[] {
  if (globs.length === 0) return tensors;
  const matches = globMatcher(globs);
  const chosen = tensors.filter(({ name }) => matches(name));
  if (chosen.length > 0) return chosen;
  throw new MgitError('TENSOR_UNKNOWN', `no tensor of ${label} is called ${globs.join(' or ')}`, {
    hint: 'see the names with "mgit show HEAD:<model>"',
  });
}

function converted(tensor: ReadableTensor, choices: ConversionChoices): ReadableTensor {
  const rename: Rename = renamer(choices.renames ?? []);
  const name = rename(tensor.name);
  const { writer, widen = false } = choices;
  const { dtype, shape } = tensor;
  if (writer.holds(dtype)) return { name, dtype, shape, bytes: tensor.bytes };
  if (widen && isWidenable(dtype) && writer.holds('F32'))
    return { name, dtype: 'F32', shape, bytes: long => widenToF32(tensor.bytes(long), dtype) };
  throw exportImpossible(
    writer.name,
    `it has no element type for tensor ${name}, which is ${dtype}`,
    hintFor(dtype),
  );
}

function hintFor(dtype: Dtype): string {
  return isWidenable(dtype)
    ? 'add --widen, which makes such tensors float32 (exactly), or choose another format'
    : 'leave such tensors out with --tensor, or choose another format';
}

function refuseCollisions(sources: readonly ReadableTensor[], chosen: readonly ReadableTensor[]): void {
  const seen = new Map<string, string>();
  for (const [index, { name }] of sources.entries()) {
    const before = chosen[index]?.name ?? name;
    const other = seen.get(name);
    if (other !== undefined)
      throw new MgitError('RENAME_COLLISION', `${other} and ${before} would both be called ${name}`, {
        hint: 'choose one with --tensor, or correct --rename',
      });
    seen.set(name, before);
  }
}

async function* withProgress(
  pieces: AsyncIterable<PlacedBytes>,
  total: number,
  { onEvent }: LongOperation,
): AsyncGenerator<PlacedBytes> {
  let done = 0;
  for await (const piece of pieces) {
    yield piece;
    done += piece.bytes.length;
    onEvent?.({ type: 'progress', phase: 'writing', done, total, unit: 'bytes' });
  }
}
