import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import { joinResults, lenientJson, parseItems } from '../../../src/eval/results/items.ts';
import { lmEvalItems, lmEvalMetrics, lmEvalTask } from '../../../src/eval/results/lm-eval.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMgitError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

test('items are numbers or yes and no; a metric that has items is their mean', () => {
  const items = parseItems(
    '{"id":1,"accuracy":true,"loss":0.5}\n\n{"id":"b","accuracy":false,"loss":1.5}\n',
    'items.jsonl',
  );
  const results = joinResults({ accuracy: 0.9, device: 'cpu', speed: 3 }, items, 'items.jsonl');
  expect(results).toEqual({
    metrics: {
      accuracy: { value: 0.5, items: { ids: ['1', 'b'], values: [1, 0] } },
      loss: { value: 1, items: { ids: ['1', 'b'], values: [0.5, 1.5] } },
      speed: { value: 3 },
    },
    remarks: { device: 'cpu' },
  });
});

test('NaN and infinity as Python writes them are not numbers, and text that holds them stays text', () => {
  expect(lenientJson('{"loss": NaN, "worst": -Infinity, "note": "NaN"}', 'x')).toEqual({
    loss: null,
    worst: null,
    note: 'NaN',
  });
  expect(parseItems('{"id": 1, "loss": NaN}', 'x')[0]?.scores.loss).toBeNaN();
});

test.each([
  ['{"id":1', 'items.jsonl:1: no JSON'],
  ['[1]', 'items.jsonl:1: no JSON object'],
  ['{"accuracy":1}', 'items.jsonl:1: no id'],
])('%s is refused with its line', (text, message) => {
  expect(codeOf(() => parseItems(text, 'items.jsonl'))).toBe(`GATE_RESULT_INVALID: ${message}`);
});

test('an id that occurs twice, and a metric that only some items have, are refused', () => {
  expect(codeOf(() => joinResults({}, parseItems('{"id":1}\n{"id":1}', 'x'), 'x'))).toContain(
    'an id occurs twice',
  );
  expect(codeOf(() => joinResults({}, parseItems('{"id":1,"a":1}\n{"id":2}', 'x'), 'x'))).toContain(
    'item 2 has no a',
  );
});

test('lm-evaluation-harness: metrics of tasks, samples per task', () => {
  const metrics = lmEvalMetrics({
    results: {
      arc_easy: { alias: 'arc_easy', 'acc,none': 0.7, 'acc_stderr,none': 0.01, 'acc_norm,none': 0.6 },
    },
  });
  expect(metrics).toEqual({ 'arc_easy/acc': 0.7, 'arc_easy/acc_norm': 0.6 });
  expect(lmEvalTask('samples_arc_easy_2026-01-01T00-00-00.123456.jsonl')).toBe('arc_easy');
  expect(lmEvalTask('results_2026-01-01T00-00-00.json')).toBeUndefined();
  expect(lmEvalItems('arc_easy', [{ doc_id: 3, acc: 1, acc_norm: 0, target: 'A' }])).toEqual([
    { id: 'arc_easy/3', model: undefined, scores: { 'arc_easy/acc': 1, 'arc_easy/acc_norm': 0 } },
  ]);
});
