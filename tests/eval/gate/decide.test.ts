import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMgitError, MgitError } from '../../../src/base/errors.ts';
import { decideGate } from '../../../src/eval/gate/decide.ts';
import type { GateMeasurements, ModelMeasurements } from '../../../src/eval/gate/measurements.ts';
import type { AcceptRule } from '../../../src/eval/gate/policy.ts';

/** A model that is right on the first `right` of `n` items. */
function model(right: number, n = 1000, probes: readonly number[] = []): ModelMeasurements {
  const values = Array.from({ length: n }, (_, index) => (index < right ? 1 : 0));
  return {
    asIs: {
      metrics: {
        accuracy: { value: right / n, items: { ids: values.map((_, index) => `${index}`), values } },
      },
    },
    probes: probes.map((value, index) => ({ seed: index, evaluation: { metrics: { accuracy: { value } } } })),
  };
}

/** A model with a loss per item. */
function lossy(losses: readonly number[]): ModelMeasurements {
  const value = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return {
    asIs: {
      metrics: { loss: { value, items: { ids: losses.map((_, index) => `${index}`), values: losses } } },
    },
    probes: [],
  };
}

function measured(
  candidate: ModelMeasurements,
  base: ModelMeasurements,
  ...parents: ModelMeasurements[]
): GateMeasurements {
  return { candidate, base, parents, target: parents[0] ?? base };
}

const margin: AcceptRule = { metric: 'accuracy', against: 'best-parent', margin: 0.01 };
const improve: AcceptRule = { metric: 'accuracy', against: 'base', improve: true };

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMgitError(error)) return error.code;
    throw error;
  }
  return 'none';
}

describe('non-inferiority', () => {
  test('passes when the lower bound is above the margin', () => {
    const decision = decideGate([margin], measured(model(900), model(500), model(900), model(700)));
    expect(decision.verdict).toBe('pass');
    expect(decision.rules[0]?.comparisons[0]).toMatchObject({ reference: 'parent1', difference: 0, n: 1000 });
  });

  test('fails when even the upper bound is below it', () => {
    const decision = decideGate([margin], measured(model(800), model(500), model(700), model(900)));
    expect(decision.verdict).toBe('fail');
    expect(decision.rules[0]?.reason).toBe('worse than the parent2 by more than 0.0100: at best -0.0855');
  });

  test('is inconclusive in between, and says what would have been found', () => {
    const decision = decideGate([margin], measured(model(895), model(500), model(900), model(700)));
    expect(decision.verdict).toBe('inconclusive');
    expect(decision.rules[0]?.reason).toContain('1000 items find differences from');
  });

  test('is refused when the items can never resolve the margin', () => {
    const run = (): unknown =>
      decideGate([{ ...margin, margin: 0.001 }], measured(model(900), model(500), model(900)));
    expect(codeOf(run)).toBe('GATE_UNDERPOWERED');
    expect(run).toThrow(/the minimum detectable effect is 0.0027/);
  });
});

describe('improvement', () => {
  test('passes, fails and stays open', () => {
    expect(decideGate([improve], measured(model(600), model(500))).verdict).toBe('pass');
    expect(decideGate([improve], measured(model(480), model(500))).verdict).toBe('fail');
    expect(decideGate([improve], measured(model(501), model(500))).verdict).toBe('inconclusive');
  });

  test('against parents needs each of them', () => {
    const each: AcceptRule = { ...improve, against: 'parents' };
    expect(decideGate([each], measured(model(600), model(1), model(500), model(550))).verdict).toBe('pass');
    expect(decideGate([each], measured(model(600), model(1), model(500), model(599))).verdict).toBe(
      'inconclusive',
    );
  });

  test('over seeds uses the noise between seeds', () => {
    const probe: AcceptRule = { ...improve, stage: 'probe' };
    const better = measured(model(1, 10, [0.91, 0.92, 0.93]), model(1, 10, [0.8, 0.82, 0.81]));
    expect(decideGate([probe], better)).toMatchObject({
      verdict: 'pass',
      rules: [{ comparisons: [{ method: 'paired-t', n: 3 }] }],
    });
    const noisy = measured(model(1, 10, [0.91, 0.7, 0.93]), model(1, 10, [0.8, 0.82, 0.81]));
    expect(decideGate([probe], noisy).verdict).toBe('inconclusive');
    expect(codeOf(() => decideGate([probe], measured(model(1, 10, [0.9]), model(1, 10, [0.8]))))).toBe(
      'GATE_UNDERPOWERED',
    );
  });
});

test('less loss is better, by the name of the metric or by the rule', () => {
  const base = Array.from({ length: 200 }, (_, index) => 1 + (index % 7) / 10);
  const rule: AcceptRule = { metric: 'loss', against: 'base', improve: true };
  const gates = measured(lossy(base.map((loss, index) => loss - 0.1 - (index % 3) / 50)), lossy(base));
  expect(decideGate([rule], gates)).toMatchObject({
    verdict: 'pass',
    rules: [{ comparisons: [{ method: 'bootstrap' }] }],
  });
  expect(decideGate([{ ...rule, better: 'higher' }], gates).verdict).toBe('fail');
});

test('a candidate that is not a number fails; a reference that is not a number is an error', () => {
  const rule: AcceptRule = { metric: 'loss', against: 'base', margin: 0.1 };
  const fine = lossy(Array.from({ length: 50 }, () => 1));
  const broken = lossy(Array.from({ length: 50 }, () => Number.NaN));
  expect(decideGate([rule], measured(broken, fine)).verdict).toBe('fail');
  expect(codeOf(() => decideGate([rule], measured(fine, broken)))).toBe('GATE_RESULT_INVALID');
});

test('any_of needs one of its rules after Holm', () => {
  const group = { any_of: [improve, { ...improve, against: 'target' as const }] };
  expect(decideGate([group], measured(model(600), model(500), model(700))).verdict).toBe('pass');
  expect(decideGate([group], measured(model(400), model(500), model(700))).verdict).toBe('fail');
  const borderline = measured(model(503), model(500), model(503));
  expect(decideGate([improve], borderline).verdict).toBe('pass');
  expect(decideGate([group], borderline)).toMatchObject({ verdict: 'inconclusive' });
});

test('models evaluated on different items are not compared', () => {
  expect(codeOf(() => decideGate([margin], measured(model(900, 1000), model(1), model(900, 999))))).toBe(
    'GATE_RESULT_INVALID',
  );
});

test('a p-value below alpha and a lower bound above the threshold are the same thing', () => {
  const counts = fc.record({
    candidate: fc.integer({ min: 0, max: 600 }),
    base: fc.integer({ min: 0, max: 600 }),
  });
  fc.assert(
    fc.property(counts, ({ candidate, base }) => {
      const [result] = decideGate(
        [{ metric: 'accuracy', against: 'base', margin: 0.02 }],
        measured(model(candidate, 600), model(base, 600)),
      ).rules;
      const comparison = result?.comparisons[0];
      if (!comparison) throw new MgitError('TEST', 'no comparison');
      expect(comparison.p < 0.05).toBe(result?.outcome === 'pass');
    }),
    { numRuns: 50 },
  );
});
