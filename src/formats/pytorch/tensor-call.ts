import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import { globalName, isKind, type PickleObject, type PickleValue } from '../pickle/values.ts';
import { pytorchInvalid } from './pytorch-error.ts';
import { dtypeOfName, dtypeOfStorage } from './storage-types.ts';

/** A tensor as a pickle describes it: a view on a storage. `offset` and `strides` are in elements. */
export interface TensorOnStorage {
  readonly storage: StorageReference;
  readonly dtype: Dtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A storage as a pickle names it. */
export interface StorageReference {
  readonly key: string;
  /** Absent for an untyped storage: its tensors say their own. */
  readonly dtype: Dtype | undefined;
  /** Bytes that it claims. */
  readonly length: number;
  /** Where it begins in the storage of that key, in bytes: not 0 for views that old versions wrote. */
  readonly start: number;
}

/** Functions whose arguments begin with storage, offset, size, stride. */
const REBUILD = new Set([
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_qtensor',
]);
/** Functions whose first argument is the tensor. */
const WRAPPERS = new Set([
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch.nn.parameter.Parameter',
]);
const FROM_TYPE = 'torch._tensor._rebuild_from_type_v2';
/** Where `_rebuild_tensor_v3` says the element type. */
const DTYPE_ARGUMENT = 6;
const MOST_DIMENSIONS = 64;

/** The tensor that a call would rebuild; undefined for other values, and for element types that mgit does not know. Errors: `PYTORCH_INVALID`. */
export function tensorOf(value: PickleValue): TensorOnStorage | undefined {
  if (!isKind(value, 'object')) return undefined;
  const name = globalName(value.callee);
  if (name === undefined) return undefined;
  if (WRAPPERS.has(name)) return value.args[0] === undefined ? undefined : tensorOf(value.args[0]);
  if (name === FROM_TYPE) return ofSubclass(value);
  return REBUILD.has(name) ? rebuilt(value) : undefined;
}

/** A tensor of a subclass: function, type, arguments, state. */
function ofSubclass({ args: [callee, , args] }: PickleObject): TensorOnStorage | undefined {
  if (!isKind(callee, 'global') || !isKind(args, 'tuple')) return undefined;
  return tensorOf({ kind: 'object', callee, args: args.items, items: [], entries: [], state: null });
}

function rebuilt({ args }: PickleObject): TensorOnStorage | undefined {
  const [storage, offset, size, stride] = args;
  const reference = storageOf(storage);
  if (!reference) return undefined;
  const dtype = reference.dtype ?? dtypeOfName(globalName(args[DTYPE_ARGUMENT]) ?? '');
  if (!dtype) return undefined;
  const [shape, strides] = [naturals(size, 'shape'), naturals(stride, 'stride')];
  if (shape.length !== strides.length) throw pytorchInvalid('a tensor has more strides than dimensions');
  return { storage: reference, dtype, offset: natural(offset, 'offset'), shape, strides };
}

/** What the persistent id of a storage says: `('storage', class, key, location, elements[, view])`. Some writers give the tuple itself. */
export function storageOf(value: PickleValue | undefined): StorageReference | undefined {
  const id = isKind(value, 'persistent') ? value.id : value;
  if (!isKind(id, 'tuple')) return undefined;
  const [tag, storageClass, key, , count, view] = id.items;
  const className = globalName(storageClass);
  if (tag !== 'storage' || className === undefined) return undefined;
  if (typeof key !== 'string') throw pytorchInvalid('a storage has no key');
  const dtype = dtypeOfStorage(className);
  const width = dtype ? bitsOf(dtype) / 8 : 1;
  const start = isKind(view, 'tuple') ? natural(view.items[1], 'view of a storage') * width : 0;
  const elements = isKind(view, 'tuple') ? view.items[2] : count;
  return { key, dtype, length: natural(elements, 'number of elements') * width, start };
}

function naturals(value: PickleValue | undefined, what: string): readonly number[] {
  const items = isKind(value, 'tuple', 'list')
    ? value.items
    : isKind(value, 'object')
      ? sizeItems(value)
      : undefined;
  if (!items) throw pytorchInvalid(`a tensor's ${what} is no tuple`);
  if (items.length > MOST_DIMENSIONS) throw pytorchInvalid(`a tensor has ${items.length} dimensions`);
  return items.map(item => natural(item, what));
}

/** `torch.Size((2, 3))`. */
function sizeItems({ callee, args: [items] }: PickleObject): readonly PickleValue[] | undefined {
  return globalName(callee) === 'torch.Size' && isKind(items, 'tuple', 'list') ? items.items : undefined;
}

function natural(value: PickleValue | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw pytorchInvalid(`a tensor's ${what} is not a whole number`);
  return value;
}
