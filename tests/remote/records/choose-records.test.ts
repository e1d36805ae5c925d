import { expect, test } from 'vitest';
import { type Digest, parseDigest } from '../../../src/base/ids.ts';
import { chooseRecords } from '../../../src/remote/records/choose-records.ts';
import type { RecordGraph, Way } from '../../../src/remote/records/record-graph.ts';
import { CHAIN_LIMITS, FRAME_BYTES } from '../../../src/store/packs/limits.ts';

function digest(name: string): Digest {
  return parseDigest(Buffer.from(name).toString('hex').padEnd(64, '0'));
}

function nameOf(id: Digest): string {
  return Buffer.from(id, 'hex').toString().replaceAll('\0', '');
}

/** A record of the remote: so many bytes, and what it is computed from. */
function stored(bytes: number, ...below: readonly string[]) {
  return { bytes, below };
}

/** A record that is here. */
const HERE = { bytes: undefined, below: [] };

type Ways = Readonly<
  Record<string, readonly { readonly bytes: number | undefined; readonly below: readonly string[] }[]>
>;

function graph(ways: Ways): RecordGraph {
  return new Map(
    Object.entries(ways).map(([name, ofOne]) => [digest(name), ofOne.map(way => wayOf(name, way))]),
  );
}

function wayOf(name: string, { bytes, below }: Ways[string][number]): Way {
  const references = below.map(digest);
  const way = { digest: digest(name), length: FRAME_BYTES, kind: references.length, references };
  const coding = { elementSize: 1, flags: 0, parameters: new Uint8Array(), frames: [] };
  return { ...way, remote: bytes === undefined ? undefined : { ...way, ...coding, storedLength: bytes } };
}

function chosen(wanted: readonly string[], ways: Ways) {
  const { records, unavailable } = chooseRecords(wanted.map(digest), graph(ways));
  return {
    records: records.map(({ digest: id, storedLength }) => `${nameOf(id)} ${storedLength}`),
    unavailable: unavailable.map(nameOf),
  };
}

test('of the result of a merge and its inputs the smaller comes', () => {
  const inputs = { ours: [stored(60)], theirs: [stored(30)] };
  const merge = (plain: number): Ways => ({
    result: [stored(plain), stored(0, 'ours', 'theirs')],
    ...inputs,
  });
  expect(chosen(['result'], merge(80)).records).toEqual(['result 80']);
  expect(chosen(['result'], merge(100)).records).toEqual(['ours 60', 'theirs 30', 'result 0']);
});

test('inputs that are here, or wanted anyway, cost nothing', () => {
  const result = [stored(80), stored(0, 'ours', 'theirs')];
  expect(chosen(['result'], { result, ours: [HERE], theirs: [stored(30)] }).records).toEqual([
    'theirs 30',
    'result 0',
  ]);
  const ways = { result, ours: [stored(90)], theirs: [stored(70)] };
  expect(chosen(['result', 'ours', 'theirs'], ways).records).toEqual(['ours 90', 'theirs 70', 'result 0']);
});

test('an input that several ways share counts once', () => {
  const ways = {
    result: [stored(50), stored(1, 'left', 'right')],
    left: [stored(1, 'base')],
    right: [stored(1, 'base')],
    base: [stored(40)],
  };
  expect(chosen(['result'], ways).records).toEqual(['base 40', 'left 1', 'right 1', 'result 1']);
});

test('what cannot be had is said, and so is what is computed from itself', () => {
  const ways = {
    result: [stored(0, 'lost')],
    lost: [],
    left: [stored(1, 'right')],
    right: [stored(1, 'left')],
  };
  expect(chosen(['result', 'left'], ways)).toEqual({ records: [], unavailable: ['result', 'left'] });
  expect(chosen(['left'], { ...ways, left: [...ways.left, stored(9)] }).records).toEqual(['left 9']);
});

test('a chain beyond the bounds is no choice, however small', () => {
  const steps = Array.from({ length: CHAIN_LIMITS.depth + 1 }, (_, at) => [
    `s${at}`,
    [stored(1, `s${at + 1}`)],
  ]);
  const chain: Ways = { ...Object.fromEntries(steps), [`s${CHAIN_LIMITS.depth + 1}`]: [stored(1)] };
  expect(chosen(['s0'], chain).unavailable).toEqual(['s0']);
  expect(chosen(['s0'], { ...chain, s0: [stored(1, 's1'), stored(1000)] }).records).toEqual(['s0 1000']);
});
