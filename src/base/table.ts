/**
 * Rows in an order that are perhaps only made when they are asked for, so that half a million of them are no half million objects. An
 * array is one. Two looks at a row may give two objects: rows are compared by what they say.
 */
export interface Table<Row> extends Iterable<Row> {
  readonly length: number;
  at(position: number): Row | undefined;
  every(test: (row: Row, position: number) => boolean): boolean;
  some(test: (row: Row, position: number) => boolean): boolean;
  find(test: (row: Row, position: number) => boolean): Row | undefined;
  filter<Kept extends Row>(test: (row: Row, position: number) => row is Kept): Kept[];
  filter(test: (row: Row, position: number) => boolean): Row[];
  map<Result>(make: (row: Row, position: number) => Result): Result[];
}

/** A table of so many rows, each made by `rowAt` whenever it is asked for. As in an array, negative positions count from the end. */
export function tableOf<Row>(length: number, rowAt: (position: number) => Row): Table<Row> {
  function* rows(): Generator<Row, undefined> {
    for (let position = 0; position < length; position++) yield rowAt(position);
  }
  return {
    length,
    at: position => {
      const counted = position < 0 ? length + position : position;
      return counted >= 0 && counted < length ? rowAt(counted) : undefined;
    },
    every: test => rows().every(test),
    some: test => rows().some(test),
    find: test => rows().find(test),
    filter: (test: (row: Row, position: number) => boolean) => rows().filter(test).toArray() as never[],
    map: make => rows().map(make).toArray(),
    [Symbol.iterator]: rows,
  };
}
