/** What a process that may die at any moment is at. */
export interface Progress {
  readonly runs: number;
  readonly input: Uint8Array;
}

const HEAD_BYTES = 8;

/** The bytes of a progress file: runs u32, bytes of the input u32, the input; what follows is of earlier ones. */
export function formatProgress({ runs, input }: Progress): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(runs, 0);
  head.writeUInt32LE(input.length, 4);
  return Buffer.concat([head, input]);
}

/** Reads a progress file; nothing was done where it is empty. */
export function parseProgress(file: Buffer): Progress {
  if (file.length < HEAD_BYTES) return { runs: 0, input: new Uint8Array() };
  const input = file.subarray(HEAD_BYTES, HEAD_BYTES + file.readUInt32LE(4));
  return { runs: file.readUInt32LE(0), input };
}
