/** Counts the bytes of buffers that are taken between `begin` and `end`, and refuses what goes beyond a bound before it is allocated. */
export interface BufferWatch {
  begin(): void;
  end(): void;
}

const KINDS = [
  'ArrayBuffer',
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

/** Puts itself before every way to take a buffer in this thread, for good. More than `most` bytes at a time are a plain error. */
export function watchBuffers(most: number): BufferWatch {
  let taken = Number.NEGATIVE_INFINITY; // Nobody watches.
  const take = (bytes: number): void => {
    taken += Number.isFinite(bytes) ? bytes : 0;
    if (taken > most) throw new Error(`buffers of ${taken} bytes, more than the ${most} of the bound`);
  };
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const allocate = Buffer[name].bind(Buffer);
    Buffer[name] = (size: number, ...fill: []) => {
      take(size);
      return allocate(size, ...fill);
    };
  }
  for (const name of KINDS) watchConstructor(name, take);
  return {
    begin: () => {
      taken = 0;
    },
    end: () => {
      taken = Number.NEGATIVE_INFINITY;
    },
  };
}

function watchConstructor(name: (typeof KINDS)[number], take: (bytes: number) => void): void {
  const original = globalThis[name] as unknown as new (...given: unknown[]) => object;
  const width = (original as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  const watched = new Proxy(original, {
    construct: (target, given, newTarget) => {
      if (typeof given[0] === 'number') take(given[0] * width);
      return Reflect.construct(target, given, newTarget);
    },
  });
  Object.defineProperty(globalThis, name, { value: watched, configurable: true, writable: true });
}
