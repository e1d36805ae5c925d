import type { WrittenItem } from './items.ts';

/**
 * The metrics of an lm-evaluation-harness results file, as `<task>/<metric>` (`arc_easy/acc`): from `results.<task>["acc,none"]`.
 * Standard errors are left out: the pairs of items say more.
 */
export function lmEvalMetrics(document: unknown): Readonly<Record<string, number>> {
  const results = (document as { results?: unknown } | null)?.results;
  const metrics: Record<string, number> = {};
  for (const [task, values] of Object.entries((results ?? {}) as Record<string, unknown>))
    for (const [key, value] of Object.entries((values ?? {}) as Record<string, unknown>)) {
      const [metric, filter] = key.split(',');
      if (typeof value === 'number' && filter !== undefined && !metric?.endsWith('_stderr'))
        metrics[`${task}/${metric}`] = value;
    }
  return metrics;
}

/** The items of a `samples_<task>_<date>.jsonl` file, with the task before ids and metrics. */
export function lmEvalItems(task: string, samples: readonly unknown[]): readonly WrittenItem[] {
  return samples.map(sample => {
    const { doc_id: id, metrics, ...rest } = sample as Record<string, unknown>;
    const names = Array.isArray(metrics) ? metrics.map(String) : ['acc', 'acc_norm', 'exact_match'];
    const scores = names.flatMap(name => {
      const value = rest[name];
      return typeof value === 'number' ? [[`${task}/${name}`, value] as const] : [];
    });
    return { id: `${task}/${String(id)}`, model: undefined, scores: Object.fromEntries(scores) };
  });
}

/** The task that a samples file is about: `samples_arc_easy_2026-01-01T00-00-00.jsonl` is about `arc_easy`. */
export function lmEvalTask(fileName: string): string | undefined {
  return /^samples_(.+)_\d{4}-\d{2}-\d{2}T[^_]*\.jsonl$/.exec(fileName)?.[1];
}
