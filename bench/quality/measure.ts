import type { Experts } from './experts.ts';
import type { Contender } from './methods.ts';
import type { Task } from './tasks.ts';

/** What a model reaches. */
export interface Score {
  /** Accuracy on each task, in their order, on test data. */
  readonly accuracies: readonly number[];
  /** The settings that development data chose; empty where there was no choice. */
  readonly settings: readonly string[];
}

/** Merges with every setting, chooses the one with the best mean accuracy on development data, and measures that one on test data. */
export function measureMethod(
  { mgit, experts }: Experts,
  tasks: readonly Task[],
  { method, name = method, settings, takesData }: Contender,
): Score {
  // The first is for the base, which changed nothing and is not measured.
  const data = takesData ? [tasks[0], ...tasks].flatMap(task => ['--data', task?.train ?? '']) : [];
  const branches = settings.map((chosen, at) => {
    const branch = `${name.replaceAll(/\W+/g, '-')}-${at}`;
    mgit('switch', '-q', '-c', branch, 'main');
    const given = chosen.flatMap(setting => ['-X', setting]);
    mgit('merge', ...experts, '-s', method, '--no-gate', ...given, ...data);
    return branch;
  });
  const scores =
    branches.length === 1
      ? [0]
      : accuraciesOf(
          mgit,
          branches,
          tasks.map(task => task.development),
        ).map(mean);
  const best = scores.indexOf(Math.max(...scores));
  const [accuracies = []] = accuraciesOf(
    mgit,
    [branches[best] as string],
    tasks.map(task => task.test),
  );
  return { accuracies, settings: settings.length === 1 ? [] : (settings[best] ?? []) };
}

/** What branches reach on test data. */
export function measureBranches(
  { mgit }: Experts,
  tasks: readonly Task[],
  branches: readonly string[],
): readonly Score[] {
  return accuraciesOf(
    mgit,
    branches,
    tasks.map(task => task.test),
  ).map(accuracies => ({ accuracies, settings: [] }));
}

/** Accuracy of each branch on each data set: branches x sets. */
function accuraciesOf(
  mgit: Experts['mgit'],
  branches: readonly string[],
  sets: readonly string[],
): readonly (readonly number[])[] {
  const place = ['--task', 'image-classification', '--model', 'model.safetensors', '--config', 'config.json'];
  const bySet = sets.map(set => {
    const { revisions } = JSON.parse(
      mgit('eval', ...branches, ...place, '--data', set, '--json'),
    ) as Evaluations;
    return revisions.map(({ metrics }) => metrics.accuracy.estimate);
  });
  return branches.map((_, at) => bySet.map(accuracies => accuracies[at] ?? Number.NaN));
}

interface Evaluations {
  readonly revisions: readonly { readonly metrics: { readonly accuracy: { readonly estimate: number } } }[];
}

/** The mean of numbers. */
export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
