import { randomFillSync } from 'node:crypto';
import { closeSync, copyFileSync, openSync, readSync, statSync, writeSync } from 'node:fs';

/** Writes a safetensors file of equal U8 tensors with incompressible content. */
export function writeModel(path: string, bytes: number, tensors: number): void {
  const length = Math.floor(bytes / tensors);
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(4 * 1024 * 1024);
  writeSync(file, safetensorsHeader(tensors, length));
  for (let left = length * tensors; left > 0; left -= chunk.length) {
    randomFillSync(chunk);
    writeSync(file, chunk, 0, Math.min(left, chunk.length));
  }
  closeSync(file);
}

/** A copy of a file with its last byte inverted, which lies in the last tensor. */
export function changeOneTensor(from: string, to: string): void {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  const last = Buffer.alloc(1);
  const at = statSync(from).size - 1;
  readSync(file, last, 0, 1, at);
  writeSync(
    file,
    last.map(byte => byte ^ 0xff),
    0,
    1,
    at,
  );
  closeSync(file);
}

function safetensorsHeader(tensors: number, length: number): Buffer {
  const entries = Array.from({ length: tensors }, (_, at) => [
    `layer.${at}.weight`,
    { dtype: 'U8', shape: [length], data_offsets: [at * length, (at + 1) * length] },
  ]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([size, padded]);
}
