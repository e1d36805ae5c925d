import type { ByteSource, CheckpointFormat, EncodedTensor, TensorView } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { PICKLE_LIMITS } from '../pickle/limits.ts';
import { parsePickle } from '../pickle/read-pickle.ts';
import type { PickleValue } from '../pickle/values.ts';
import { looksLikeZip, readArchive, type ZipFile } from '../zip/read-archive.ts';
import { unpackedBytes } from '../zip/unpack-file.ts';
import { compressedTensors, placeTensors, type Storages } from './place-tensors.ts';
import { pytorchInvalid } from './pytorch-error.ts';

const PICKLE = 'data.pkl';
/** Where TorchScript keeps the constants of its code. */
const CONSTANTS = { pickle: 'constants.pkl', storages: 'constants/' } as const;
/** Of a compressed pickle, unpacked: a few bytes of a file can claim a thousand times as many. */
const COMPRESSED_PICKLE_BYTES = 64 * 1024 * 1024;

/**
 * What `torch.save` writes since 1.6, and TorchScript: a zip archive with a pickle and one file for each storage. Source:
 * `torch/serialization.py`, `torch/csrc/jit/serialization/`.
 */
export const pytorchZip: CheckpointFormat = {
  name: 'pytorch',
  detect: async (head, source) => looksLikeZip(head) && rootOf(await readArchive(source)) !== undefined,
  parse: async source => {
    const files = await readArchive(source);
    const root = rootOf(files) ?? '';
    const tensors = [
      ...(await tensorsOf(source, { files, root, pickle: PICKLE, storages: 'data/' })),
      ...(await constantsOf(source, files, root)),
    ];
    return { format: 'pytorch', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
  encoded: async source => {
    const files = await readArchive(source);
    if ([...files.values()].every(({ isStored }) => isStored)) return [];
    const root = rootOf(files) ?? '';
    const constants = files.has(root + CONSTANTS.pickle)
      ? await compressedIn(source, { files, root, ...CONSTANTS })
      : [];
    return [
      ...(await compressedIn(source, { files, root, pickle: PICKLE, storages: 'data/' })),
      ...constants.map(tensor => ({ ...tensor, name: `constants.${tensor.name}` })),
    ];
  },
};

type Files = ReadonlyMap<string, ZipFile>;

/** The folder that holds everything, with its slash. */
function rootOf(files: Files): string | undefined {
  const pickles = [...files.keys()].filter(name => name === PICKLE || name.endsWith(`/${PICKLE}`));
  const [shortest] = pickles.sort((left, right) => left.length - right.length || (left < right ? -1 : 1));
  return shortest?.slice(0, -PICKLE.length);
}

interface Part {
  readonly files: Files;
  readonly root: string;
  readonly pickle: string;
  readonly storages: string;
}

/** TorchScript keeps the constants of its code apart. */
async function constantsOf(source: ByteSource, files: Files, root: string): Promise<readonly TensorView[]> {
  if (!files.has(root + CONSTANTS.pickle)) return [];
  const tensors = await tensorsOf(source, { files, root, ...CONSTANTS });
  return tensors.map(tensor => ({ ...tensor, name: `constants.${tensor.name}` }));
}

async function tensorsOf(source: ByteSource, part: Part): Promise<readonly TensorView[]> {
  const { files, root } = part;
  const pickle = pickleIn(part);
  const value = await parsed(source, pickle);
  const storages: Storages = {
    byteOrder: await byteOrderOf(source, files.get(`${root}byteorder`)),
    isPickleCompressed: !pickle.isStored,
    find: key => {
      const file = files.get(root + part.storages + key);
      if (!file) throw pytorchInvalid(`the storage ${JSON.stringify(key.slice(0, 200))} is missing`);
      return file.isStored ? file : undefined;
    },
  };
  return placeTensors(value, storages);
}

async function compressedIn(source: ByteSource, part: Part): Promise<readonly EncodedTensor[]> {
  const { files, root } = part;
  const pickle = pickleIn(part);
  const compressed = (file: ZipFile | undefined) =>
    !file || file.isStored
      ? undefined
      : { length: file.unpackedLength, bytes: () => unpackedBytes(source, file) };
  return compressedTensors(await parsed(source, pickle), {
    byteOrder: await byteOrderOf(source, files.get(`${root}byteorder`)),
    find: key => compressed(files.get(root + part.storages + key)),
    pickle: compressed(pickle),
  });
}

function pickleIn({ files, root, pickle }: Part): ZipFile {
  const file = files.get(root + pickle);
  if (!file) throw pytorchInvalid(`${pickle} is missing`);
  return file;
}

async function parsed(source: ByteSource, file: ZipFile): Promise<PickleValue> {
  const most = file.isStored ? PICKLE_LIMITS.bytes : COMPRESSED_PICKLE_BYTES;
  if (file.unpackedLength > most) throw pytorchInvalid(`its pickle has ${file.unpackedLength} bytes`);
  return parsePickle(await contentOf(source, file), { origin: file.isStored ? file.offset : 0 }).value;
}

/** All of a file, unpacked; whoever calls this has looked at its length. */
async function contentOf(source: ByteSource, file: ZipFile): Promise<Uint8Array> {
  if (file.isStored) return source.read(file.offset, file.length);
  const slices: Uint8Array[] = [];
  for await (const slice of unpackedBytes(source, file)) slices.push(slice);
  return Buffer.concat(slices);
}

async function byteOrderOf(source: ByteSource, file: ZipFile | undefined): Promise<'little' | 'big'> {
  if (!file) return 'little';
  const text = file.unpackedLength < 16 ? Buffer.from(await contentOf(source, file)).toString() : '';
  if (text !== 'little' && text !== 'big') throw pytorchInvalid('its byte order makes no sense');
  return text;
}
