import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { generateDigits } from '../digits/generate.ts';
import { answered, chapter, proved } from './narrator.ts';

const LABELS_HEADER = 8;

/** MNIST's own files where `source` names their folder, digits drawn on the spot otherwise. */
export function prepareData(folder: string, source: string | undefined): void {
  chapter('Data', 'Training and test images, in the files of MNIST.');
  if (source === undefined) {
    generateDigits(folder, { train: 6000, test: 4000 });
    answered(
      '6,000 training and 4,000 test digits were drawn by examples/digits, the same on every machine.',
    );
  } else {
    if (!existsSync(source)) throw new Error(`--data ${source}: no such folder`);
    symlinkSync(resolve(source), folder, 'junction');
    answered(`the MNIST files of ${source}`);
  }
  proved('nothing is downloaded, everything runs on this machine');
}

/** The same images with every label moved on by one: data that ruins whoever trains on it. */
export function poisonData(folder: string, target: string): void {
  mkdirSync(target);
  for (const name of readdirSync(folder)) {
    if (!name.includes('-labels-')) symlinkSync(join(folder, name), join(target, name));
    else
      writeFileSync(
        join(target, `${basename(name, '.gz')}.gz`),
        gzipSync(shifted(readMaybeCompressed(join(folder, name)))),
      );
  }
}

function readMaybeCompressed(path: string): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

function shifted(labels: Buffer): Buffer {
  return Buffer.concat([
    labels.subarray(0, LABELS_HEADER),
    labels.subarray(LABELS_HEADER).map(label => (label + 1) % 10),
  ]);
}
