import type { Dtype } from '../../tensor/dtype.ts';

/** The dtypes of one merged tensor: what its inputs become before the method sees them, and what is written. */
export interface MergeDtypes {
  readonly compute: Dtype;
  readonly output: Dtype;
}

/** What a recipe and a method say about a tensor's dtypes. */
export interface DtypeWishes {
  readonly dtype: Dtype | undefined;
  readonly outDtype: Dtype | undefined;
  readonly numerics: 'mgit' | 'mergekit';
  /** Of the base, where the method calculates with differences from it. */
  readonly base: Dtype | undefined;
}

/**
 * Chooses the dtypes of a merged tensor. By default inputs are never rounded: they are widened to the smallest dtype that holds all of them and the
 * result, and the result is rounded once. With mergekit's numerics they are converted to `dtype` first (without it, to the base's dtype, or the one
 * that PyTorch would promote to), and the result to `outDtype` last.
 */
export function chooseDtypes(inputs: readonly Dtype[], wishes: DtypeWishes): MergeDtypes {
  const { dtype, outDtype, numerics, base } = wishes;
  const common = commonDtype(inputs);
  if (numerics === 'mergekit') {
    const compute = dtype ?? base ?? common;
    return { compute, output: outDtype ?? compute };
  }
  const output = outDtype ?? dtype ?? common;
  return { compute: commonDtype([...inputs, output]), output };
}

/** The smallest floating-point dtype that holds all values of the given ones: F16 with BF16 gives F32, as in PyTorch. */
export function commonDtype(dtypes: readonly Dtype[]): Dtype {
  const distinct = [...new Set(dtypes)];
  const [first = 'F32'] = distinct;
  if (distinct.length <= 1) return first;
  if (distinct.includes('F64')) return 'F64';
  const wide = distinct.filter(dtype => !dtype.startsWith('F8'));
  if (wide.includes('F32') || wide.length > 1) return 'F32';
  return wide[0] ?? 'BF16';
}
