/**
 * How good merged models are: five experts are trained from one base by the embedded trainer, on halves of MNIST and of notMNIST and on
 * CIFAR-10 in grey, and merged by every method that takes them. Settings are chosen on development data, accuracies are of test data.
 * Prints a table beside the base, the experts and a model trained on all tasks, with intervals over the seeds.
 *
 *     npm run bench:quality -- [--seeds 5] [--methods ties,tsv_m] [--data ../shared/data] [--dir <folder>]
 *
 * The data sets are expected in `mnist/`, `notmnist/` (IDX) and `cifar10/` (binary) below `--data`.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Experts, trainExperts } from './quality/experts.ts';
import { measureBranches, measureMethod, type Score } from './quality/measure.ts';
import { CONTENDERS } from './quality/methods.ts';
import { qualityTable } from './quality/table.ts';
import { type Task, writeTasks } from './quality/tasks.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    methods: { type: 'string' },
    data: { type: 'string', default: process.env.MGIT_TEST_DATA ?? '../shared/data' },
    dir: { type: 'string', default: join(tmpdir(), 'mgit-bench-quality') },
  },
});
const wanted = values.methods?.split(',');
const contenders = CONTENDERS.filter(({ method, name = method }) => wanted?.includes(name) ?? true);

/** Everything of one seed, by the name of its row. */
function measureSeed(trained: Experts, tasks: readonly Task[]): Record<string, Score> {
  const branches = ['main', ...trained.experts, 'multi-task'];
  const [base, ...others] = measureBranches(trained, tasks, branches) as [Score, ...Score[]];
  const multiTask = others.pop() as Score;
  const own = others.map((score, at) => score.accuracies[at] ?? Number.NaN);
  const rows: Record<string, Score> = {
    base,
    'each expert on its own task': { accuracies: own, settings: [] },
    'trained on all tasks': multiTask,
  };
  for (const contender of contenders) {
    const name = contender.name ?? contender.method;
    rows[name] = measureMethod(trained, tasks, contender);
    console.error(name);
  }
  return rows;
}

rmSync(values.dir, { recursive: true, force: true });
const tasks = await writeTasks(resolve(values.data), join(values.dir, 'tasks'));
const seeds = Array.from({ length: Number(values.seeds) }, (_, at) => at + 1);
const measured = seeds.map(seed => {
  console.error(`seed ${seed}`);
  return measureSeed(trainExperts(join(values.dir, `seed-${seed}`), tasks, seed), tasks.tasks);
});
const names = Object.keys(measured[0] ?? {});
const rows = names.map(name => ({ name, scores: measured.map(seed => seed[name] as Score) }));
console.log(
  qualityTable(
    rows,
    tasks.tasks.map(({ name }) => name),
  ),
);
rmSync(values.dir, { recursive: true, force: true });
