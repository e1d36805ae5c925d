import { MgitError } from '../../base/errors.ts';
import { gguf } from '../gguf/write.ts';
import { npy, npz } from '../numpy/write.ts';
import { pytorch } from '../pytorch/write.ts';
import { safetensors } from '../safetensors/write.ts';
import type { CheckpointWriter } from './blueprint.ts';

/** All formats that mgit writes. */
export const WRITERS: readonly CheckpointWriter[] = [safetensors, pytorch, npz, npy, gguf];

/** Formats that are asked for, and why mgit does not write them. */
const UNWRITTEN: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  onnx: [
    'an ONNX file is a graph of operators, which tensors do not tell',
    'export the weights as safetensors or pytorch, load them into the model, and call torch.onnx.export',
  ],
  hdf5: ['mgit does not write HDF5', 'export the weights as npz, and save them with h5py or Keras'],
};

/** What endings of names stand for such formats. */
const UNWRITTEN_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['onnx', 'onnx'],
  ['h5', 'hdf5'],
  ['hdf5', 'hdf5'],
  ['keras', 'hdf5'],
]);

/** The writer of a format. Errors: `EXPORT_UNSUPPORTED`. */
export function writerOf(format: string): CheckpointWriter {
  const writer = WRITERS.find(({ name }) => name === format);
  if (writer) return writer;
  const [reason, hint] = UNWRITTEN[format] ?? [
    `mgit does not write ${JSON.stringify(format)}`,
    formatsHint(),
  ];
  throw new MgitError('EXPORT_UNSUPPORTED', reason, { hint });
}

/** The writer that a file's name stands for. Errors: `EXPORT_UNSUPPORTED`. */
export function writerForPath(path: string): CheckpointWriter {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const writer = WRITERS.find(({ extensions }) => extensions.includes(extension));
  if (writer) return writer;
  const unwritten = UNWRITTEN_EXTENSIONS.get(extension);
  if (unwritten !== undefined) return writerOf(unwritten);
  throw new MgitError('EXPORT_UNSUPPORTED', `the name ${path} does not say in which format to write`, {
    hint: formatsHint(),
  });
}

function formatsHint(): string {
  return `give --format with one of ${WRITERS.map(({ name }) => name).join(', ')}`;
}
