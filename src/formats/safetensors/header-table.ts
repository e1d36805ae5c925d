import { growingDoubles, growingIntegers } from '../../base/growing-columns.ts';
import type { NameTable } from '../../base/name-table.ts';
import { type Table, tableOf } from '../../base/table.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { HeaderTensor } from './header.ts';

/** The tensors of a header in its order, held in columns: half a million are no graph of objects. */
export interface HeaderTable extends Table<HeaderTensor> {
  /** Where the data of each begin and end. */
  readonly begins: Float64Array;
  readonly ends: Float64Array;
}

/** A {@link HeaderTable} that is filled. */
export interface HeaderDraft {
  readonly count: number;
  /** Adds the tensor whose name is the last of the keys. */
  add(tensor: HeaderTensor): void;
  table(): HeaderTable;
}

/** No tensors yet; their names will be among the header's keys. */
export function headerDraft(keys: NameTable): HeaderDraft {
  const begins = growingDoubles();
  const ends = growingDoubles();
  const names = growingIntegers();
  const types = growingIntegers();
  /** Models have few of them. */
  const knownTypes: { readonly dtype: Dtype; readonly shape: readonly number[] }[] = [];
  const numbers = new Map<string, number>();
  const numberOf = ({ dtype, shape }: HeaderTensor): number => {
    const key = `${dtype} ${shape}`;
    const known = numbers.get(key) ?? knownTypes.push({ dtype, shape }) - 1;
    numbers.set(key, known);
    return known;
  };
  const tensorAt = (position: number): HeaderTensor => {
    const { dtype, shape } = knownTypes[types.at(position)] as (typeof knownTypes)[number];
    const name = keys.nameAt(names.at(position));
    return { name, dtype, shape, begin: begins.at(position), end: ends.at(position) };
  };
  return {
    get count() {
      return names.length;
    },
    add: tensor => {
      begins.push(tensor.begin);
      ends.push(tensor.end);
      names.push(keys.count - 1);
      types.push(numberOf(tensor));
    },
    table: () => ({
      ...tableOf(names.length, tensorAt),
      begins: begins.values(),
      ends: ends.values(),
    }),
  };
}
