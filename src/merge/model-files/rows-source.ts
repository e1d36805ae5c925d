import { elementConverter } from '../../tensor/convert-elements.ts';
import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import type { Kernels } from '../../tensor/kernels/kernels.ts';
import type { InputSource } from '../tensor-inputs.ts';
import { type EmbeddingRows, MEAN, PADDING, ZERO } from '../vocabulary/embedding-rows.ts';

/** What a resized embedding is read from: its donors in one dtype, and how wide a row is. */
export interface RowsFrom {
  readonly donors: readonly InputSource[];
  readonly rows: EmbeddingRows;
  /** Elements of a row. */
  readonly width: number;
}

/**
 * An embedding with other rows. Means are taken in float64, in the order of the models, and rounded once. Rows of padding are the mean of all others.
 * Source: Hewitt 2021, Initializing new word embeddings for pretrained language models.
 */
export function rowsSource({ donors, rows, width }: RowsFrom, kernels: Kernels): InputSource {
  const dtype = donors[0]?.dtype as Dtype;
  const rowBytes = (width * bitsOf(dtype)) / 8;
  const averager = averagerOf(dtype, width, kernels);
  const fetchRun = async (target: Uint8Array, { donor, row, skip }: Run): Promise<void> => {
    const bytes = await (donors[donor] as InputSource).fetch(row * rowBytes + skip, target);
    if (bytes !== target) target.set(bytes);
  };
  const meanRow = async (at: number): Promise<Uint8Array> => {
    const average = averager();
    for (const part of rows.means.get(at) ?? []) {
      const row = new Uint8Array(rowBytes);
      await fetchRun(row, { ...part, skip: 0 });
      average.add(row);
    }
    return average.result();
  };
  let padding: Promise<Uint8Array> | undefined;
  const paddingRow = async (): Promise<Uint8Array> => {
    const average = averager();
    for (let at = 0; rows.donor[at] !== PADDING; at++) {
      const row = new Uint8Array(rowBytes);
      average.add(await fetch(at * rowBytes, row));
    }
    return average.result();
  };
  const computedRow = (at: number): Promise<Uint8Array> => {
    if (rows.donor[at] === MEAN) return meanRow(at);
    padding ??= paddingRow();
    return padding;
  };
  const fetch = async (offset: number, target: Uint8Array): Promise<Uint8Array> => {
    for (let done = 0; done < target.length; ) {
      const at = Math.floor((offset + done) / rowBytes);
      const skip = offset + done - at * rowBytes;
      const most = target.length - done;
      const donor = rows.donor[at] as number;
      const count = donor >= 0 ? runLength(rows, at, Math.ceil((skip + most) / rowBytes)) : 1;
      const part = target.subarray(done, done + Math.min(most, count * rowBytes - skip));
      if (donor >= 0) await fetchRun(part, { donor, row: rows.row[at] as number, skip });
      else if (donor === ZERO) part.fill(0);
      else part.set((await computedRow(at)).subarray(skip, skip + part.length));
      done += part.length;
    }
    return target;
  };
  return { dtype, length: rows.donor.length * rowBytes, fetch };
}

interface Run {
  readonly donor: number;
  readonly row: number;
  /** Bytes of the row that are not wanted. */
  readonly skip: number;
}

/** Rows from `at` on that follow each other in one donor, too. */
function runLength({ donor, row }: EmbeddingRows, at: number, most: number): number {
  let count = 1;
  while (count < most && donor[at + count] === donor[at] && row[at + count] === (row[at] as number) + count)
    count++;
  return count;
}

/** Averages rows. */
function averagerOf(dtype: Dtype, width: number, kernels: Kernels) {
  const widen = elementConverter(dtype, 'F64', kernels);
  const narrow = elementConverter('F64', dtype, kernels);
  return () => {
    const [sum, values] = [new Float64Array(width), new Float64Array(width)];
    let count = 0;
    return {
      add: (row: Uint8Array): void => {
        widen(new Uint8Array(values.buffer), row);
        for (let i = 0; i < width; i++) sum[i] = (sum[i] as number) + (values[i] as number);
        count++;
      },
      result: (): Uint8Array => {
        const row = new Uint8Array((width * bitsOf(dtype)) / 8);
        narrow(row, new Uint8Array(sum.map(value => value / count).buffer));
        return row;
      },
    };
  };
}
