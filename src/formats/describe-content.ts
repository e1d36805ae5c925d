const HDF5 = '\x89HDF\r\n';
/** `ggml`, `ggmf` and `ggjt`: numbers, which little-endian files have the other way round. Source: ggml, whisper.cpp. */
const GGML = ['lmgg', 'fmgg', 'tjgg'];

/** First bytes of files that people take for models, or that stand where a model should be. */
const SIGNATURES: readonly (readonly [bytes: string, name: string])[] = [
  ['PK\x03\x04', 'it is a zip archive (PyTorch, npz or Keras)'],
  ['\x80\x02', 'it is a Python pickle (PyTorch)'],
  ['\x80\x03', 'it is a Python pickle'],
  ['\x80\x04', 'it is a Python pickle'],
  ['\x80\x05', 'it is a Python pickle'],
  ['GGUF', 'it is a GGUF file'],
  [HDF5, 'it is an HDF5 file (Keras)'],
  ...GGML.map(bytes => [bytes, 'it is a GGML file, of the kind before GGUF'] as const),
  ['\x93NUMPY', 'it is a NumPy array'],
  ['\x1f\x8b', 'it is compressed with gzip'],
  ['\x28\xb5\x2f\xfd', 'it is compressed with zstd'],
  ['<!DOCTYPE', 'it is a web page'],
  ['<html', 'it is a web page'],
  ['mgit manifest ', 'it is an mgit manifest'],
];

const AS_IT_IS = 'version the file as it is, without tensors: "mgit untrack" it';

const HINTS: readonly (readonly [bytes: string, hint: string])[] = [
  [HDF5, `save its arrays with h5py and numpy.savez, and take the npz in with "mgit import"; or ${AS_IT_IS}`],
  ...GGML.map(bytes => [bytes, `convert the model to GGUF; or ${AS_IT_IS}`] as const),
];

/** What to do with a file that mgit does not read, where there is more to say than to save it as something else. */
export function hintForContent(head: Uint8Array): string | undefined {
  const text = Buffer.from(head).toString('latin1');
  return HINTS.find(([bytes]) => text.startsWith(bytes))?.[1];
}

/** A few words on what a file is, judging by its first bytes, for an error message. */
export function describeContent(head: Uint8Array): string {
  if (head.length === 0) return 'it is empty';
  const text = Buffer.from(head).toString('latin1');
  const known = SIGNATURES.find(([bytes]) => text.startsWith(bytes));
  if (known) return known[1];
  const first = head.subarray(0, 16);
  return /^[\t\n\r\x20-\x7e]+$/.test(text)
    ? `it begins with the text ${JSON.stringify(text.slice(0, 40))}`
    : `it begins with the bytes ${Buffer.from(first).toString('hex')}`;
}
