import { MgitError } from '../base/errors.ts';
import type { ByteSource, CheckpointFormat } from './checkpoint.ts';
import { describeContent } from './describe-content.ts';
import { refusePointer } from './pointer-file.ts';
import { safetensors } from './safetensors/format.ts';

/** All formats that mgit reads tensors from. */
export const FORMATS: readonly CheckpointFormat[] = [safetensors];

/** Bytes that tell formats apart. */
const HEAD_BYTES = 256;

/** The format of a file, from its first bytes. Errors: `FORMAT_UNKNOWN`, which says what the file looks like; `MODEL_IS_POINTER`. */
export async function detectFormat(source: ByteSource): Promise<CheckpointFormat> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  refusePointer(head, source.size);
  const format = FORMATS.find(candidate => candidate.detect(head, source.size));
  if (format) return format;
  throw new MgitError('FORMAT_UNKNOWN', `not a model file that mgit reads: ${describeContent(head)}`, {
    hint: `save the model as ${FORMATS.map(known => known.name).join(' or ')}`,
  });
}
