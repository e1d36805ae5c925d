import { MgitError } from '../../base/errors.ts';
import type { ByteSource } from '../checkpoint.ts';
import { type FileRange, onnxInvalid, type WireReader, wireReader } from './wire-reader.ts';

/**
 * Where tensors are in the messages of a model: each message by the fields that lead on. Source: `onnx.proto`: ModelProto, GraphProto, NodeProto,
 * AttributeProto, SparseTensorProto, TrainingInfoProto, FunctionProto.
 */
const MESSAGES = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
} as const;
type Message = keyof typeof MESSAGES;

/** Names of parts: `NodeProto.name`, `AttributeProto.name`, `FunctionProto.name`, `GraphProto.name` is no part of a tensor's. */
const NAME_FIELDS: Partial<Readonly<Record<Message, number>>> = { node: 3, attribute: 1, function: 1 };
const NAME_BYTES = 64 * 1024;
const LIMITS = { depth: 32, tensors: 1_000_000 };

interface Place {
  readonly message: Message;
  readonly range: FileRange;
  /** Names of the parts around it. */
  readonly path: readonly string[];
}

/** Recognises one kind of tensor; `name` is for those without a name of their own. */
export type OfProto<Tensor> = (
  reader: WireReader,
  range: FileRange,
  name: string,
) => Promise<Tensor | undefined>;

/**
 * All tensors of a model that `ofProto` recognises, in the order of the file. Initialisers have their own names, constants those of their node and attribute;
 * a name that is taken gets `#2`, `#3`... Errors: `ONNX_INVALID`, `ONNX_TOO_DEEP`.
 */
export async function findTensors<Tensor extends { readonly name: string }>(
  source: ByteSource,
  ofProto: OfProto<Tensor>,
  taken: readonly string[] = [],
): Promise<readonly Tensor[]> {
  const reader = wireReader(source);
  const tensors: Tensor[] = [];
  const names = new Map(taken.map(name => [name, 1]));
  const visit = async ({ message, range, path }: Place): Promise<void> => {
    if (path.length > LIMITS.depth)
      throw new MgitError('ONNX_TOO_DEEP', 'the ONNX file nests its graphs too deep');
    const own = [...path, await nameOf(reader, message, range)];
    for await (const field of reader.fields(range)) {
      const next = (MESSAGES[message] as Readonly<Record<number, Message | 'tensor'>>)[field.number];
      if (next === undefined || field.type !== 'bytes') continue;
      if (next !== 'tensor') await visit({ message: next, range: field, path: own });
      else await take(field, own.filter(part => part !== '').join('.'));
    }
  };
  const take = async (range: FileRange, name: string): Promise<void> => {
    const tensor = await ofProto(reader, range, name || 'tensor');
    if (!tensor) return;
    if (tensors.length === LIMITS.tensors) throw onnxInvalid(`more than ${LIMITS.tensors} tensors`);
    const use = (names.get(tensor.name) ?? 0) + 1;
    names.set(tensor.name, use);
    tensors.push(use === 1 ? tensor : { ...tensor, name: `${tensor.name}#${use}` });
  };
  await visit({ message: 'model', range: { offset: 0, length: source.size }, path: [] });
  return tensors;
}

/** Parts are named after what they hold, so a name may come last: it is looked for first. */
async function nameOf(reader: WireReader, message: Message, range: FileRange): Promise<string> {
  const wanted = NAME_FIELDS[message];
  if (wanted === undefined) return '';
  for await (const field of reader.fields(range))
    if (field.number === wanted && field.type === 'bytes')
      return (await reader.text(field, NAME_BYTES)).toWellFormed();
  return '';
}
