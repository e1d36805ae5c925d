import { freeMemory } from '../../base/free-memory.ts';
import type { Table } from '../../base/table.ts';

/** A run of bytes of a file. */
export interface SpanOfFile {
  readonly role: 'tensor' | 'skeleton';
  readonly offset: number;
  readonly length: number;
}

/** Spans in columns, for whoever searches in half a million of them. */
export interface SpanColumns {
  readonly offsets: Float64Array;
  readonly lengths: Float64Array;
  /** 1 for role `tensor`. */
  readonly areTensors: Uint8Array;
}

/** The columns of a table. */
export function spanColumns(spans: Table<SpanOfFile>): SpanColumns {
  const columns = emptyColumns(spans.length);
  let position = 0;
  for (const { role, offset, length } of spans) {
    columns.offsets[position] = offset;
    columns.lengths[position] = length;
    columns.areTensors[position++] = role === 'tensor' ? 1 : 0;
  }
  return columns;
}

/** Gives the memory of columns back that nobody will look at any more. */
export function freeColumns({ offsets, lengths, areTensors }: SpanColumns): void {
  for (const column of [offsets, lengths, areTensors]) freeMemory(column);
}

/** Columns of so many empty spans, to be filled. */
export function emptyColumns(count: number): SpanColumns {
  return {
    offsets: new Float64Array(count),
    lengths: new Float64Array(count),
    areTensors: new Uint8Array(count),
  };
}
