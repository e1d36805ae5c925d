/** A method with the settings among which development data chooses. */
export interface Contender {
  readonly method: string;
  /** What its row is called; default: the method. */
  readonly name?: string;
  /** Whether it measures the models on the training images of their tasks. */
  readonly takesData?: true;
  /** `key=value` as `-X` takes them. */
  readonly settings: readonly (readonly string[])[];
}

/** Factors of the whole change: of one expert's share (1/5) up to all of each. */
const LAMBDAS = [0.2, 0.3, 0.4, 0.6, 0.8, 1];

const scaled = (method: string, ...fixed: string[]): Contender => ({
  method,
  settings: LAMBDAS.map(lambda => [`lambda=${lambda}`, ...fixed]),
});

const plain = (method: string): Contender => ({ method, settings: [[]] });

/** Every registered method that merges five experts of one base. `ties` divides by the models that agree, so that it takes larger factors. */
export const CONTENDERS: readonly Contender[] = [
  plain('linear'),
  plain('multislerp'),
  plain('karcher'),
  plain('model_stock'),
  scaled('task_arithmetic'),
  { method: 'ties', settings: [...LAMBDAS, 1.5, 2].map(lambda => [`lambda=${lambda}`, 'density=0.2']) },
  {
    method: 'ties',
    name: 'ties (paper)',
    settings: [...LAMBDAS, 1.5, 2].map(lambda => [`lambda=${lambda}`, 'density=0.2', 'variant=paper']),
  },
  scaled('breadcrumbs', 'density=0.9'),
  scaled('breadcrumbs_ties', 'density=0.9', 'normalize=false'),
  scaled('dare_linear', 'density=0.5', 'rescale_by=density'),
  scaled('dare_ties', 'density=0.5', 'rescale_by=density', 'normalize=false'),
  scaled('della_linear', 'density=0.5', 'rescale_by=density'),
  scaled('della', 'density=0.5', 'rescale_by=density', 'normalize=false'),
  { method: 'sce', settings: [0.1, 0.5, 1].map(share => [`select_topk=${share}`]) },
  plain('ram'),
  plain('ramplus_tl'),
  {
    method: 'consensus',
    settings: LAMBDAS.flatMap(lambda => [1, 2].map(least => [`lambda=${lambda}`, `least_models=${least}`])),
  },
  { method: 'iso_c', settings: [0.5, 1, 1.5, 2].map(lambda => [`lambda=${lambda}`]) },
  { method: 'iso_cts', settings: [0.5, 1, 1.5, 2].map(lambda => [`lambda=${lambda}`]) },
  scaled('tsv_m'),
  { ...plain('fisher'), takesData: true },
  { ...plain('regmean'), takesData: true },
  { ...plain('adamerging'), takesData: true },
];
