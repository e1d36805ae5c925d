import { MgitError } from '../../base/errors.ts';
import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { divergences } from '../divergence.ts';
import { allRows, type Band } from '../groups.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { type RankedValue, selectByRank } from '../selection.ts';
import { blockSlices, type Slice } from '../slices.ts';
import { spread } from '../spread.ts';
import { openVectors, type Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';

/** How far beyond the median, in distances between the quartiles, a score must be. */
const OUTLIER = 1.5;
/** Rows that one number each is kept of. */
const MOST_ROWS = 2 ** 23;

/**
 * The first model, with those elements of the second whose change matters: the score |second - first| times the divergence of the row is at
 * least the median plus 1.5 times the distance between the quartiles. All elements are ranked, where mergekit samples a million; and the
 * divergences are float64, where mergekit's are in the tensor's dtype, which drowns those of BF16 and F16 in rounding.
 */
export const arceeFusion: ComputingMethod = {
  name: 'arcee_fusion',
  kind: 'compute',
  summary: 'the first model, with the most important changes that the second makes',
  whenToUse: 'taking over what stands out in a second model and nothing else',
  source:
    'Arcee AI 2025, Arcee Fusion, https://www.arcee.ai/blog/meet-mergekit-v0-1-arcee-fusion-expanded-model-support-multi-gpu-acceleration',
  baseRole: 'first',
  models: { minimum: 2, maximum: 2 },
  isMultiPass: true,
  kernels: 1,
  parameters: [],
  needsBase: () => false,
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  if (elementCount(task.shape) === 0) return;
  using vectors = await openVectors(task, { isFromBase: false, spare: 2 });
  const { exports } = await loadKernels();
  const choose = task.dtype === 'F64' ? exports.chooseAtLeastF64 : exports.chooseAtLeastF32;
  const [first, second] = vectors.registers as [Register, Register];
  const score = await scoring(task, vectors);
  const threshold = await thresholdOf(task, score);
  for (const slice of blockSlices(task)) {
    const scores = await score(slice);
    choose(first.pointer, second.pointer, scores.pointer, slice.count, threshold);
    yield vectors.work.store(first);
  }
}

/** Reads a slice of the models and gives its scores. */
type Score = (slice: Slice) => Promise<Register>;

async function scoring(task: MethodTask, vectors: Vectors): Promise<Score> {
  const rows = allRows(task.shape);
  const values = await divergencesOf(task, rows, vectors);
  const { work, registers, spare } = vectors;
  const [[first, second], [scores, factors]] = [registers, spare] as [
    [Register, Register],
    [Register, Register],
  ];
  return async slice => {
    await vectors.load(slice);
    work.copy(scores, second);
    work.subtract(scores, first);
    work.absolute(scores);
    spread(factors, values, { dtype: task.dtype, band: rows, slice });
    work.multiply(scores, factors);
    return scores;
  };
}

async function divergencesOf(task: MethodTask, { groups }: Band, vectors: Vectors): Promise<Float64Array> {
  if (groups > MOST_ROWS) throw tooMany(groups);
  const values = new Float64Array(groups);
  let row = 0;
  for await (const value of divergences(task, vectors)) values[row++] = value;
  return values;
}

async function thresholdOf(task: MethodTask, score: Score): Promise<number> {
  const last = elementCount(task.shape) - 1;
  const queries = [0.25, 0.5, 0.75].map(share => ({ vector: 0, rank: Math.floor(share * last) }));
  const [lower, median, upper] = (await selectByRank(
    async look => {
      for (const slice of blockSlices(task)) look([await score(slice)], slice.count);
    },
    queries,
    task.dtype === 'F64' ? 'F64' : 'F32',
  )) as [RankedValue, RankedValue, RankedValue];
  return median.value + OUTLIER * (upper.value - lower.value);
}

function tooMany(rows: number): MgitError {
  return new MgitError('MERGE_TOO_MANY_ROWS', `the divergences of ${rows} rows do not fit into memory`, {
    hint: 'choose another method for this tensor, or take one side',
  });
}
