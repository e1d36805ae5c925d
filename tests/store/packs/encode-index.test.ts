import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { encodePackIndex, indexDraft, type NewEntry } from '../../../src/store/packs/encode-index.ts';
import { growingTable } from '../../../src/store/packs/growing-table.ts';
import { openPackIndex } from '../../../src/store/packs/pack-index.ts';

/** Entries of which some have several frames and some have parameters. */
function entryOf(number: number): NewEntry {
  const frames = Array.from({ length: 1 + (number % 3) }, (_, at) => ({
    offset: 16 + number * 1000 + at * 100,
    storedLength: 90,
    rawLength: 100,
  }));
  return {
    digest: createHash('sha256').update(`${number}`).digest('hex') as Digest,
    length: frames.length * 100,
    segmentStart: 0,
    segmentSpan: frames.length * 100,
    kind: 1,
    elementSize: 2,
    flags: 0,
    parameters: number % 5 === 0 ? Buffer.from(`parameters ${number}`) : new Uint8Array(),
    frames,
  };
}

test('entries come back with their frames and parameters, sorted, also beyond one allocation', () => {
  const entries = Array.from({ length: 9000 }, (_, number) => entryOf(number));
  const index = openPackIndex(encodePackIndex(entries), 1e9, 'a');
  expect(index.entryCount).toBe(entries.length);
  for (const { digest, frames, parameters, length } of entries) {
    const found = index.find(digest);
    expect(found).toMatchObject({ length, segmentSpan: length, kind: 1, elementSize: 2 });
    expect(found && index.framesOf(found)).toEqual(frames);
    expect(Buffer.from(found?.parameters ?? []).toString()).toBe(Buffer.from(parameters).toString());
  }
  const digests = Array.from({ length: index.entryCount }, (_, at) =>
    Buffer.from(index.digestBytesAt(at)).toString('hex'),
  );
  expect(digests).toEqual(digests.toSorted());
});

test('the order in which entries are added leaves no trace', () => {
  const entries = Array.from({ length: 50 }, (_, number) => entryOf(number));
  expect(encodePackIndex(entries.toReversed())).toEqual(encodePackIndex(entries));
});

test('a row that was not added is not there', () => {
  const table = growingTable(4);
  table.add();
  expect(() => table.row(1)).toThrow(RangeError);
});

test('parameters are copied: what they lie in may be used again, or be much larger', () => {
  const entry = { ...entryOf(1), parameters: Buffer.from('as they were') };
  const draft = indexDraft();
  draft.add(entry);
  entry.parameters.fill(0);
  const found = openPackIndex(draft.encode(), 1e9, 'a').find(entry.digest);
  expect(Buffer.from(found?.parameters ?? []).toString()).toBe('as they were');
});
