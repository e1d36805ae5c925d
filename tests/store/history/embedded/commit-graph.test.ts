import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommitId, ObjectId } from '../../../../src/base/ids.ts';
import { commitGraph } from '../../../../src/store/history/embedded/commit-graph.ts';
import { formatCommit } from '../../../../src/store/history/objects/commit-object.ts';
import { hashObject, type ObjectStore, ZERO_ID } from '../../../../src/store/history/objects/object-store.ts';
import { testPorts } from '../../../testkit/world.ts';

/** A commit by its date and its parents, which are numbers of earlier ones. */
interface Sketch {
  readonly date: number;
  readonly parents: readonly number[];
}

/** Histories with forks, merges, several roots and clocks that go backwards. */
const histories = fc
  .array(fc.record({ date: fc.nat(12), parents: fc.array(fc.nat(), { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 14,
  })
  .map((sketches): readonly Sketch[] =>
    sketches.map(({ date, parents }, at) => ({
      date,
      parents: at === 0 ? [] : [...new Set(parents.map(parent => at - 1 - (parent % Math.min(at, 4))))],
    })),
  );

test('a walk is in the order and of the commits that reading everything gives', async () => {
  const cases = fc.tuple(histories, fc.array(fc.nat(), { minLength: 1, maxLength: 2 }), fc.array(fc.nat()));
  await fc.assert(
    fc.asyncProperty(cases, async ([sketches, include, exclude]) => {
      const { ids, graph } = graphOf(sketches);
      const pick = (numbers: readonly number[]) => [...new Set(numbers.map(number => number % ids.length))];
      const [tips, left] = [pick(include), pick(exclude.slice(0, 2))];
      const idsOf = (numbers: readonly number[]) => numbers.map(number => ids[number] as CommitId);
      const walked: CommitId[] = [];
      for await (const { id } of graph.walk({ include: idsOf(tips), exclude: idsOf(left) })) walked.push(id);
      const outside = reach(sketches, left);
      const wanted = new Set([...reach(sketches, tips)].filter(at => !outside.has(at)));
      expect(new Set(walked)).toEqual(new Set(idsOf([...wanted])));
      if (left.length === 0) expect(walked).toEqual(idsOf(dateOrderOf(sketches, tips)));
      for (const [place, id] of walked.entries())
        for (const parent of idsOf(sketches[ids.indexOf(id)]?.parents ?? []))
          expect(walked.slice(0, place)).not.toContain(parent);
    }),
  );
});

test('ancestry and merge bases are those that reading everything gives', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), fc.nat(), async (sketches, first, second) => {
      const { ids, graph } = graphOf(sketches);
      const [a, b] = [first % ids.length, second % ids.length];
      const common = [...reach(sketches, [a])].filter(at => reach(sketches, [b]).has(at));
      const best = common.filter(
        at => !common.some(other => other !== at && reach(sketches, [other]).has(at)),
      );
      const bases = await graph.mergeBases(ids[a] as CommitId, ids[b] as CommitId);
      expect(new Set(bases)).toEqual(new Set(best.map(at => ids[at])));
      expect(await graph.isAncestor(ids[a] as CommitId, ids[b] as CommitId)).toBe(
        reach(sketches, [b]).has(a),
      );
    }),
  );
});

test('the begin of a long history is shown without reading the rest, and so are ancestry and merge bases near it', async () => {
  const line = Array.from({ length: 500 }, (_, at) => ({ date: at, parents: at === 0 ? [] : [at - 1] }));
  const { ids, graph, reads } = graphOf([...line, { date: 501, parents: [480] }]);
  const [tip, side, fork] = [ids[499] as CommitId, ids[500] as CommitId, ids[480] as CommitId];
  const walked: CommitId[] = [];
  for await (const { id } of graph.walk({ include: [tip], limit: 10 })) walked.push(id);
  expect(walked).toEqual(ids.slice(490, 500).reverse());
  expect(await graph.mergeBases(tip, side)).toEqual([fork]);
  expect(await graph.isAncestor(fork, side)).toBe(true);
  expect(await graph.isAncestor(side, tip)).toBe(false);
  expect(reads()).toBeLessThan(30);
});

function graphOf(sketches: readonly Sketch[]) {
  const objects = new Map<string, Uint8Array>();
  const ids: CommitId[] = [];
  let reads = 0;
  for (const [at, { date, parents }] of sketches.entries()) {
    const person = { name: 'A', email: 'a@b', timestamp: date, timezoneOffset: 0 };
    const parentIds = parents.map(parent => ids[parent] as CommitId);
    const fields = { tree: ZERO_ID, parents: parentIds, author: person, committer: person };
    const bytes = formatCommit({ ...fields, message: `${at}\n` });
    const id = hashObject('commit', bytes) as CommitId;
    objects.set(id, bytes);
    ids.push(id);
  }
  const store: ObjectStore = {
    read: async id => {
      reads++;
      return { type: 'commit', bytes: objects.get(id) as Uint8Array };
    },
    describe: async () => expect.unreachable(),
    stream: () => expect.unreachable(),
    has: async id => objects.has(id),
    write: async (): Promise<ObjectId> => expect.unreachable(),
    close: async () => {},
  };
  const files = { ports: testPorts('/absent'), gitDirectory: '/absent', commonDirectory: '/absent' };
  return { ids, graph: commitGraph(files, store), reads: () => reads };
}

function reach(sketches: readonly Sketch[], from: readonly number[]): ReadonlySet<number> {
  const seen = new Set<number>();
  const waiting = [...from];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    waiting.push(...(sketches[at]?.parents ?? []));
  }
  return seen;
}

/** The definition: of the commits whose children were all shown, the youngest; of one date, the one that became ready first. */
function dateOrderOf(sketches: readonly Sketch[], tips: readonly number[]): readonly number[] {
  const reached = reach(sketches, tips);
  const parentsOf = (at: number) => sketches[at]?.parents ?? [];
  const hasChild = (at: number, among: Iterable<number>) =>
    [...among].some(child => parentsOf(child).includes(at));
  const left = new Set(reached);
  const ready = tips.filter(tip => !hasChild(tip, left));
  const shown: number[] = [];
  while (ready.length > 0) {
    const date = (at: number) => sketches[at]?.date ?? 0;
    const next = ready.reduce((best, at) => (date(at) > date(best) ? at : best));
    ready.splice(ready.indexOf(next), 1);
    left.delete(next);
    shown.push(next);
    for (const parent of parentsOf(next)) if (!hasChild(parent, left)) ready.push(parent);
  }
  return shown;
}
