import type { Dtype } from '../../tensor/dtype.ts';

const DTYPES: Readonly<Record<string, Dtype>> = {
  b1: 'BOOL',
  i1: 'I8',
  u1: 'U8',
  i2: 'I16',
  u2: 'U16',
  i4: 'I32',
  u4: 'U32',
  i8: 'I64',
  u8: 'U64',
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
  c8: 'C64',
  c16: 'C128',
};

/** The element type that NumPy calls `f4`, `i8`, ...; undefined for what is no number (text, dates, structures, Python objects). */
export function dtypeOfNumpy(name: string): Dtype | undefined {
  return Object.hasOwn(DTYPES, name) ? DTYPES[name] : undefined;
}

/** Strides in elements of the column-major order of a shape. */
export function fortranStrides(shape: readonly number[]): readonly number[] {
  let stride = 1;
  return shape.map(dimension => {
    const own = stride;
    stride *= dimension;
    return own;
  });
}
