import { MgitError } from '../base/errors.ts';
import type { ByteSource, CheckpointFormat, EncodedTensor } from './checkpoint.ts';
import { describeContent, hintForContent } from './describe-content.ts';
import { gguf } from './gguf/format.ts';
import { npy } from './numpy/npy.ts';
import { npz } from './numpy/npz.ts';
import { onnx } from './onnx/format.ts';
import { pickle } from './pickle/format.ts';
import { refusePointer } from './pointer-file.ts';
import { pytorchLegacy } from './pytorch/legacy.ts';
import { pytorchTar } from './pytorch/tar.ts';
import { pytorchZip } from './pytorch/zip.ts';
import { safetensors } from './safetensors/format.ts';

/** All formats that mgit reads tensors from. */
export const FORMATS: readonly CheckpointFormat[] = [
  safetensors,
  gguf,
  npy,
  pytorchZip,
  npz,
  pytorchLegacy,
  pytorchTar,
  pickle,
  onnx,
];

/** The tensors of a file of this format whose elements do not lie in it as they are. Errors: those of the format. */
export async function encodedTensors(format: string, source: ByteSource): Promise<readonly EncodedTensor[]> {
  return (await FORMATS.find(({ name }) => name === format)?.encoded?.(source)) ?? [];
}

/** Whether files of this format that agree in skeleton and size have the same layout. */
export function isToldBySkeleton(format: string): boolean {
  return FORMATS.find(({ name }) => name === format)?.isToldBySkeleton === true;
}

/** Bytes that tell formats apart. */
const HEAD_BYTES = 256;

/** The format of a file, from its first bytes. Errors: `FORMAT_UNKNOWN`, which says what the file looks like; `MODEL_IS_POINTER`. */
export async function detectFormat(source: ByteSource): Promise<CheckpointFormat> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  refusePointer(head, source.size);
  for (const format of FORMATS) if (await format.detect(head, source)) return format;
  throw new MgitError('FORMAT_UNKNOWN', `not a model file that mgit reads: ${describeContent(head)}`, {
    hint: hintForContent(head) ?? `save the model as ${FORMATS.map(known => known.name).join(' or ')}`,
  });
}
