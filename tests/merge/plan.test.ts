import { expect, test } from 'vitest';
import type { Digest } from '../../src/base/ids.ts';
import type { MergeSettings } from '../../src/merge/merge-settings.ts';
import { planTensor, type TensorAction, versionsAt } from '../../src/merge/plan.ts';
import { planFile } from '../../src/merge/plan-file.ts';
import { type ComputeDecision, compileRules } from '../../src/merge/rules.ts';
import { alignLines } from '../../src/store/manifest/align-lines.ts';
import type { Manifest } from '../../src/store/manifest/manifest.ts';
import { manifestOf } from '../../src/store/manifest/manifest-of.ts';
import { byteLength, type Dtype } from '../../src/tensor/dtype.ts';
import { deciding } from '../testkit/decide.ts';

/** A tensor by one digit that stands for its content, with an optional dtype and shape. */
type Content =
  | string
  | { readonly content: string; readonly dtype?: Dtype; readonly shape?: readonly number[] };

function manifest(tensors: Readonly<Record<string, Content>>): Manifest {
  let offset = 0;
  const views = Object.entries(tensors).map(([name, given]) => {
    const { content, dtype = 'F32', shape = [2] } = typeof given === 'string' ? { content: given } : given;
    const view = { name, dtype, shape, offset, byteOrder: 'little' as const, content };
    offset += byteLength(dtype, shape);
    return view;
  });
  const extents = views.map(view => ({
    role: 'tensor' as const,
    offset: view.offset,
    length: byteLength(view.dtype, view.shape),
  }));
  const digests = views.map(view => view.content.repeat(64) as Digest);
  const tensorViews = views.map(({ content: _, ...view }) => view);
  return manifestOf({ format: 'safetensors', size: offset, extents, tensors: tensorViews }, digests);
}

/** One line per tensor. */
function summary(action: TensorAction): string {
  switch (action.kind) {
    case 'compute':
      return `${action.name}: ${action.method.name} of ${action.models} ${JSON.stringify(action.parameters.weight)}`;
    case 'take':
      return `${action.name}: take ${action.from} (${action.reason})`;
    case 'conflict':
      return `${action.conflict.name}: conflict ${action.conflict.reason}`;
    default:
      return `${action.name}: ${action.kind}`;
  }
}

function plan(
  versions: readonly Readonly<Record<string, Content>>[],
  settings: MergeSettings = {},
): readonly string[] {
  const [base, ...models] = versions.map(manifest);
  const decide = deciding(settings, models.length);
  return planFile({ base, models, decide }).actions.map(summary);
}

test('unchanged, one side, the same change on both, both', () => {
  const base = { a: '1', b: '1', c: '1', d: '1', e: '1' };
  const ours = { a: '1', b: '2', c: '1', d: '2', e: '2' };
  const theirs = { a: '1', b: '1', c: '3', d: '2', e: '3' };
  expect(plan([base, ours, theirs])).toEqual([
    'a: keep',
    'b: take 0 (only-side)',
    'c: take 1 (only-side)',
    'd: take 0 (same-change)',
    'e: linear of 0,1 [1,1]',
  ]);
});

test('tensors added and removed', () => {
  const base = { gone: '1', kept: '1', lost: '1' };
  const ours = { gone: '1', kept: '1', lost: '2', mine: '5' };
  const theirs = { kept: '1', both: '4', yours: '6' };
  expect(plan([base, { ...ours, both: '3' }, theirs])).toEqual([
    'both: conflict added-differently',
    'gone: remove',
    'kept: keep',
    'lost: conflict modify-delete',
    'mine: take 0 (only-side)',
    'yours: take 1 (only-side)',
  ]);
});

test('what cannot be averaged is a conflict with its ways out', () => {
  const of = (content: string, dtype: Dtype, shape = [2]): Content => ({ content, dtype, shape });
  const base = { count: of('1', 'I64'), fp8: of('1', 'F8_E4M3'), half: of('1', 'F16'), wide: of('1', 'F32') };
  const ours = {
    count: of('2', 'I64'),
    fp8: of('2', 'F8_E4M3'),
    half: of('2', 'F16'),
    wide: of('2', 'F32', [3]),
  };
  const theirs = {
    count: of('3', 'I64'),
    fp8: of('3', 'F8_E4M3'),
    half: of('3', 'BF16'),
    wide: of('3', 'F32'),
  };
  expect(plan([base, ours, theirs])).toEqual([
    'count: conflict not-a-float',
    'fp8: linear of 0,1 [1,1]',
    'half: conflict dtype-differs',
    'wide: conflict shape-differs',
  ]);
  const [base0, ...models] = [base, ours, theirs].map(manifest);
  const { actions } = planFile({ base: base0, models, decide: deciding({}, 2) });
  expect(actions.at(0)).toMatchObject({ conflict: { resolutions: ['ours', 'theirs', 'base'] } });
});

test('the counter of a batch normalisation is ours, unless a rule decides otherwise', () => {
  const counters = (content: string): Record<string, Content> => ({
    'bn1.num_batches_tracked': { content, dtype: 'I64', shape: [] },
    num_batches_tracked: { content, dtype: 'I64', shape: [] },
    num_batches_tracked_by_hand: { content, dtype: 'I64', shape: [] },
  });
  const versions = ['1', '2', '3'].map(counters);
  expect(plan(versions)).toEqual([
    'bn1.num_batches_tracked: take 0 (rule)',
    'num_batches_tracked: take 0 (rule)',
    'num_batches_tracked_by_hand: conflict not-a-float',
  ]);
  const theirs: MergeSettings = { rules: [{ match: '*', take: 'theirs' }] };
  expect(plan(versions, theirs)).toContain('num_batches_tracked: take 1 (rule)');
});

test('the first rule that matches decides; its parameters add to those of the same method', () => {
  const [base, ours, theirs] = ['1', '2', '3'].map(content => ({
    'block.norm': content,
    'block.weight': content,
    'head.bias': content,
    'head.weight': content,
  }));
  const settings: MergeSettings = {
    method: 'task_arithmetic',
    parameters: { weight: [0.7, 0.3] },
    rules: [
      { match: '*.norm', method: 'linear' },
      { match: 'head.bias', take: 'base' },
      { match: 'head.*', take: 'theirs' },
      { match: 'block.*', parameters: { lambda: 0.5 } },
    ],
  };
  expect(plan([base ?? {}, ours ?? {}, theirs ?? {}], settings)).toEqual([
    'block.norm: linear of 0,1 [1,1]',
    'block.weight: task_arithmetic of 0,1 [0.7,0.3]',
    'head.bias: take base (rule)',
    'head.weight: take 1 (rule)',
  ]);
});

test('of several merged models only those that changed a tensor take part, each with its weight', () => {
  const versions = ['1', '2', '1', '3'].map(content => ({ w: content }));
  expect(plan(versions, { parameters: { weight: [1, 2, 3] } })).toEqual(['w: linear of 0,2 [1,3]']);
});

test('ours and theirs are methods that take', () => {
  const versions = ['1', '2', '3'].map(content => ({ w: content }));
  expect(plan(versions, { method: 'theirs' })).toEqual(['w: take 1 (rule)']);
  expect(plan(versions, { method: 'ours' })).toEqual(['w: take 0 (rule)']);
});

test('wrong settings are refused before anything is merged', () => {
  const code = (expected: string) => expect.objectContaining({ code: expected });
  expect(() => compileRules({ method: 'mean' }, 2)).toThrow(code('MERGE_METHOD_UNKNOWN'));
  expect(() => compileRules({ parameters: { density: 1 } }, 2)).toThrow(code('MERGE_PARAMETER_UNKNOWN'));
  expect(() => compileRules({ parameters: { weight: [1, 2, 3] } }, 2)).toThrow(
    code('MERGE_PARAMETER_INVALID'),
  );
  expect(() => compileRules({ parameters: { numerics: 'fast' } }, 2)).toThrow(
    code('MERGE_PARAMETER_INVALID'),
  );
  expect(() => compileRules({ method: 'theirs' }, 3)).toThrow(code('MERGE_SIDE_AMBIGUOUS'));
});

test('a matrix that its method cannot take apart is refused by name, unless a rule has another method', () => {
  const versions = ['1', '2', '3'].map(content => ({ 'head.weight': { content, shape: [5000, 5000] } }));
  expect(() => plan(versions, { method: 'iso_c' })).toThrow(
    expect.objectContaining({
      code: 'MERGE_MATRIX_TOO_LARGE',
      message: 'tensor head.weight: a matrix of 5000 x 5000 has too many singular vectors',
      hint: expect.stringMatching(/another method by a rule/),
    }),
  );
  const rules = [{ match: 'head.*', method: 'linear' }] as const;
  expect(plan(versions, { method: 'iso_c', rules })).toEqual(['head.weight: linear of 0,1 [1,1]']);
});

test('where changes are scaled, what only the second model changed is computed, and what has no scale is taken whole', () => {
  const int = (content: string) => ({ content, dtype: 'I64' as const });
  const [base, ours, theirs] = [
    { both: '1', count: int('1'), gone: '1', ours: '1', same: '1', theirs: '1' },
    { both: '2', count: int('1'), gone: '1', ours: '2', same: '3', theirs: '1' },
    { both: '3', count: int('2'), ours: '1', same: '3', theirs: '2', young: '1' },
  ].map(manifest) as [Manifest, Manifest, Manifest];
  const decide = deciding({ method: 'add_difference', parameters: { scale: 0.5 } }, 2);
  const scaling = decide('') as ComputeDecision;
  const actions = planFile({ base, models: [ours, theirs], decide, scaling }).actions.map(summary);
  expect(actions).toEqual([
    'both: add_difference of 0,1 undefined',
    'count: take 1 (only-side)',
    'gone: remove',
    'ours: take 0 (only-side)',
    'same: add_difference of 0,1 undefined',
    'theirs: add_difference of 0,1 undefined',
    'young: take 1 (only-side)',
  ]);
});

test('every tensor that is drawn from has a seed of its own, which follows from its name and the given one', () => {
  const [base, ...models] = [
    { a: '1', b: '1' },
    { a: '2', b: '2' },
    { a: '3', b: '3' },
  ].map(manifest);
  const seedsFor = (seed: number): readonly unknown[] => {
    const decide = deciding({ method: 'dare_ties', parameters: { seed } }, models.length);
    const { actions } = planFile({ base, models, decide });
    return actions.map(action => action.kind === 'compute' && action.parameters.seed);
  };
  expect(seedsFor(1)).toEqual(seedsFor(1));
  expect(new Set([...seedsFor(1), ...seedsFor(2)]).size).toBe(4);
});

test('tied weights, the same bytes under two names in every version, draw alike', () => {
  const version = (content: string, isTied: boolean): Manifest => {
    const shape = [2];
    const view = (name: string, offset: number) =>
      ({ name, dtype: 'F32', shape, offset, byteOrder: 'little' }) as const;
    const offsets = [0, 8, 16];
    const extents = offsets.map(offset => ({ role: 'tensor' as const, offset, length: 8 }));
    const tensors = [view('embed', 0), view('head', isTied ? 0 : 8), view('other', 16)];
    const digests = offsets.map(offset => `${content}${offset % 3}`.repeat(32) as Digest);
    const last = isTied ? [{ ...view('unused', 8) }] : [];
    return manifestOf({ format: 'safetensors', size: 24, extents, tensors: [...tensors, ...last] }, digests);
  };
  const seeds = (isTied: boolean) => {
    const [base, ...models] = ['1', '2', '3'].map(content => version(content, isTied));
    const decide = deciding({ method: 'dare_ties', parameters: { density: 0.5 } }, 2);
    const { computed } = planFile({ base, models, decide });
    return Object.fromEntries(computed.map(({ name, parameters }) => [name, parameters.seed]));
  };
  const tied = seeds(true);
  expect(tied.embed).toBeTypeOf('number');
  expect(tied.head).toBe(tied.embed);
  expect(tied.other).not.toBe(tied.embed);
  const apart = seeds(false);
  expect(apart.embed).toBe(tied.embed);
  expect(apart.head).not.toBe(apart.embed);
});

test('a plan gives its actions back as they were made, whatever tensors have to themselves', () => {
  const wide = { content: '4', shape: [3] };
  const manifests = [
    { a: '1', b: '1', c: '1', d: '1', e: '1', f: '1', h: '1' },
    { a: '2', b: '2', c: '1', d: wide, e: '2', g: '2', h: '1' },
    { a: '3', b: '1', c: '3', d: { ...wide, content: '5' }, e: '2', f: '1', g: '3', h: '1' },
    { a: '1', b: '4', c: '4', d: { ...wide, content: '6' }, e: '3', f: '1', h: '1' },
  ].map(manifest);
  const [base, ...models] = manifests;
  const decide = deciding(
    {
      method: 'dare_ties',
      parameters: { density: 0.5, seed: 7 },
      rules: [
        { match: 'b', method: 'linear', parameters: { weight: [1, 2, 3] } },
        { match: '{d,g}', method: 'linear' },
      ],
    },
    models.length,
  );
  const made = [...alignLines(manifests)].map(({ positions }) =>
    planTensor(versionsAt(manifests, positions), { decide }),
  );
  const { actions, computed } = planFile({ base, models, decide });
  expect(made.map(action => action?.kind)).toContain('compute');
  expect([...actions]).toEqual(made);
  expect([...computed]).toEqual(made.filter(action => action?.kind === 'compute'));
});
