import { studentQuantile } from '../../src/eval/statistics/distributions.ts';
import { mean, type Score } from './measure.ts';

/** A model, with its score for each seed. */
export interface Row {
  readonly name: string;
  readonly scores: readonly Score[];
}

/** A table in Markdown: mean accuracy over the tasks, with its 95 % t-interval over the seeds, then each task's, in percent. */
export function qualityTable(rows: readonly Row[], tasks: readonly string[]): string {
  const head = ['', 'mean of the tasks', '95 % interval', ...tasks, 'chosen'];
  const lines = rows.map(row => cells(row, tasks.length));
  return [head, head.map(() => '---'), ...lines].map(line => `| ${line.join(' | ')} |`).join('\n');
}

function cells({ name, scores }: Row, tasks: number): string[] {
  const means = scores.map(({ accuracies }) => mean(accuracies));
  const byTask = Array.from({ length: tasks }, (_, at) =>
    mean(scores.map(score => score.accuracies[at] ?? Number.NaN)),
  );
  return [name, percent(mean(means)), interval(means), ...byTask.map(percent), chosen(scores)];
}

function interval(values: readonly number[]): string {
  if (values.length < 2) return '';
  const middle = mean(values);
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1),
  );
  const half = (studentQuantile(0.975, values.length - 1) * deviation) / Math.sqrt(values.length);
  return `${percent(middle - half)} to ${percent(middle + half)}`;
}

/** Each setting that was chosen, and for how many seeds where they differ. */
function chosen(scores: readonly Score[]): string {
  const counts = new Map<string, number>();
  for (const { settings } of scores) {
    const text = settings.join(' ');
    if (text !== '') counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const texts = [...counts].toSorted(([, a], [, b]) => b - a);
  return texts
    .map(([text, count]) => (texts.length === 1 ? `\`${text}\`` : `\`${text}\` (${count})`))
    .join(', ');
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
