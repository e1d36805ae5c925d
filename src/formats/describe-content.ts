const HDF5 = '\x89HDF\r\n';

/** First bytes of files that people take for models, or that stand where a model should be. */
const SIGNATURES: readonly (readonly [bytes: string, name: string])[] = [
  ['PK\x03\x04', 'it is a zip archive (PyTorch, npz or Keras)'],
  ['\x80\x02', 'it is a Python pickle (PyTorch)'],
  ['\x80\x03', 'it is a Python pickle'],
  ['\x80\x04', 'it is a Python pickle'],
  ['\x80\x05', 'it is a Python pickle'],
  ['GGUF', 'it is a GGUF file'],
  [HDF5, 'it is an HDF5 file (Keras)'],
  ['\x93NUMPY', 'it is a NumPy array'],
  ['\x1f\x8b', 'it is compressed with gzip'],
  ['\x28\xb5\x2f\xfd', 'it is compressed with zstd'],
  ['<!DOCTYPE', 'it is a web page'],
  ['<html', 'it is a web page'],
  ['mgit manifest ', 'it is an mgit manifest'],
];

/** What to do with a file that mgit does not read, where there is more to say than to save it as something else. */
export function hintForContent(head: Uint8Array): string | undefined {
  return Buffer.from(head.subarray(0, HDF5.length)).toString('latin1') === HDF5
    ? 'save its arrays with h5py and numpy.savez, and take the npz in with "mgit import"; or version the file as it is, without tensors: "mgit untrack" it'
    : undefined;
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
