import { byteLength } from '../../tensor/dtype.ts';
import type { TensorView } from '../checkpoint.ts';
import {
  globalName,
  isKind,
  type PickleBytes,
  type PickleObject,
  type PickleValue,
} from '../pickle/values.ts';
import { dtypeOfNumpy, fortranStrides } from './dtypes.ts';

/** A NumPy array whose bytes lie in the pickle. */
export type ArrayInPickle = Omit<TensorView, 'name'>;

const RECONSTRUCT = /^numpy\._?core\.multiarray\._reconstruct$/;
const FROM_BUFFER = /^numpy\._?core\.numeric\._frombuffer$/;
const MOST_DIMENSIONS = 64;

interface ArrayParts {
  readonly shape: PickleValue | undefined;
  readonly dtype: PickleValue | undefined;
  readonly isFortranOrder: boolean;
  readonly data: PickleValue | undefined;
}

/**
 * The array that an object would become, as a view on its bytes; undefined for other values, and for arrays whose bytes do not lie there as they
 * are (protocols 0 to 2 write them as text). Source: `numpy/core/src/multiarray/methods.c`, `array_reduce`.
 */
export function arrayOf(value: PickleValue): ArrayInPickle | undefined {
  const parts = isKind(value, 'object') ? partsOf(value) : undefined;
  const shape = parts && shapeOf(parts.shape);
  const type = parts && elementType(parts.dtype);
  if (!shape || !type || !isKind(parts.data, 'bytes')) return undefined;
  if (parts.data.bytes.length !== byteLength(type.dtype, shape)) return undefined;
  return {
    ...type,
    shape,
    offset: (parts.data satisfies PickleBytes).offset,
    ...(parts.isFortranOrder && shape.length > 1 ? { strides: fortranStrides(shape) } : {}),
  };
}

function partsOf({ callee, args, state }: PickleObject): ArrayParts | undefined {
  const name = globalName(callee) ?? '';
  if (FROM_BUFFER.test(name)) {
    const [data, dtype, shape, order] = args;
    return { data, dtype, shape, isFortranOrder: order === 'F' };
  }
  if (!RECONSTRUCT.test(name) || !isKind(state, 'tuple')) return undefined;
  const [, shape, dtype, isFortranOrder, data] = state.items;
  return { data, dtype, shape, isFortranOrder: isFortranOrder === true };
}

function shapeOf(value: PickleValue | undefined): readonly number[] | undefined {
  if (!isKind(value, 'tuple') || value.items.length > MOST_DIMENSIONS) return undefined;
  const isShape = value.items.every(
    item => typeof item === 'number' && Number.isSafeInteger(item) && item >= 0,
  );
  return isShape ? (value.items as number[]) : undefined;
}

/** `numpy.dtype('f4', False, True)` with the state `(3, '<', ...)`. */
function elementType(value: PickleValue | undefined): Pick<TensorView, 'dtype' | 'byteOrder'> | undefined {
  if (!isKind(value, 'object') || globalName(value.callee) !== 'numpy.dtype') return undefined;
  const [name] = value.args;
  const dtype = typeof name === 'string' ? dtypeOfNumpy(name) : undefined;
  const order = isKind(value.state, 'tuple') ? value.state.items[1] : undefined;
  return dtype && { dtype, byteOrder: order === '>' ? 'big' : 'little' };
}
