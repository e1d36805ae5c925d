import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mgit, mgitIn } from './program.ts';
import type { Tasks } from './tasks.ts';

/** A repository with the base on `main`, an expert on a branch for each task, and `multi-task`. */
export interface Experts {
  readonly mgit: Mgit;
  readonly experts: readonly string[];
}

/** Pixels come in with mean 0.3 and deviation 0.35 or so, over all tasks. */
const CONFIG = {
  architecture: 'mlp',
  layers: [784, 256, 128, 30],
  input: { scale: 255, mean: [0.3], std: [0.35] },
};

const RECIPE = `version: 1
model: { path: model.safetensors, config: config.json }
task: image-classification
data: { path: data, split: train }
optimizer: { name: sgd, learning_rate: 0.02, momentum: 0.9, schedule: cosine, warmup_steps: 20 }
batch_size: 64
steps: 300
seed: 0
init: random
`;

/** So that methods can measure the models. */
const PROJECT = `version: 1
models: [{ path: model.safetensors, graph: { architecture: mlp, config: config.json } }]
`;

/** What tells classes apart stays as the base has it, as in the papers' experiments with CLIP: experts change what leads up to it. */
const HEAD = ['fc3.*'];

const BASE_STEPS = 150;
const EXPERT_STEPS = 300;

/** Trains all of a seed: the base, each expert from it, and a model of all tasks from it, for as many steps as all experts together. */
export function trainExperts(directory: string, tasks: Tasks, seed: number): Experts {
  mkdirSync(directory, { recursive: true });
  const mgit = mgitIn(directory);
  mgit('init', '-q');
  mgit('track', '*.safetensors');
  writeFileSync(join(directory, 'config.json'), JSON.stringify(CONFIG));
  writeFileSync(join(directory, 'recipe.yaml'), RECIPE);
  writeFileSync(join(directory, 'mgit.yaml'), PROJECT);
  mgit('add', '.');
  mgit('commit', '-q', '-m', 'A config and a recipe');
  const train = (data: string, steps: number, freeze: string[]): void => {
    const settings = {
      'data.path': data,
      steps,
      seed,
      ...(freeze.length > 0 ? { freeze: JSON.stringify(freeze) } : {}),
    };
    const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    mgit('train', 'recipe.yaml', ...set);
  };
  train(tasks.pretraining, BASE_STEPS, []);
  for (const { name, train: data } of tasks.tasks) {
    mgit('switch', '-q', '-c', name, 'main');
    train(data, EXPERT_STEPS, HEAD);
  }
  mgit('switch', '-q', '-c', 'multi-task', 'main');
  train(tasks.everything, EXPERT_STEPS * tasks.tasks.length, HEAD);
  mgit('switch', '-q', 'main');
  return { mgit, experts: tasks.tasks.map(({ name }) => name) };
}
