import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { MeasurableTensor, OpenTask } from '../measure-model.ts';
import type { MethodParameters, MethodTask } from '../method.ts';
import { isStepwise, numbers } from '../parameters.ts';
import { type Scan, selectByRank } from '../selection.ts';
import { blockSlices } from '../slices.ts';
import { openVectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';

/** Records are JSON, which has no infinity. */
const LARGEST = Number.MAX_VALUE;

/** The changes that one threshold trims: of one model, in all tensors with the same density. */
interface Population {
  readonly key: string;
  readonly density: number;
  elements: number;
}

/**
 * The thresholds of each tensor's models: the magnitude of rank trunc(density * N) among the N elements of a model's change in all these
 * tensors, 0 being the largest; elements that equal it stay. Magnitudes are counted, not sorted, in constant memory. Source: Yadav et al.
 * 2023, and their code, which keeps the k-th largest element itself, too.
 */
export async function measureThresholds(
  tensors: readonly MeasurableTensor[],
  open: OpenTask,
): Promise<readonly MethodParameters[]> {
  const populations = populationsOf(tensors);
  const cut = [...populations.values()].filter(({ density, elements }) => density < 1 && elements > 0);
  const queries = cut.map(({ density, elements }, vector) => ({
    vector,
    rank: elements - 1 - Math.min(elements - 1, Math.trunc(density * elements)),
  }));
  const type = tensors.some(({ dtype }) => dtype === 'F64') ? 'F64' : 'F32';
  const found =
    queries.length === 0 ? [] : await selectByRank(scanOf(tensors, { open, cut, type }), queries, type);
  const thresholds = new Map(cut.map(({ key }, at) => [key, finite(found[at]?.value ?? 0)]));
  return tensors.map(tensor => ({ threshold: keysOf(tensor).map(key => thresholds.get(key) ?? 0) }));
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : LARGEST;
}

function populationsOf(tensors: readonly MeasurableTensor[]): ReadonlyMap<string, Population> {
  const populations = new Map<string, Population>();
  for (const tensor of tensors)
    for (const [at, key] of keysOf(tensor).entries()) {
      const density = numbers(tensor.parameters, 'density')[at] ?? 1;
      const population = populations.get(key) ?? { key, density, elements: 0 };
      population.elements += elementCount(tensor.shape);
      populations.set(key, population);
    }
  return populations;
}

function keysOf({ models, parameters }: MeasurableTensor): readonly string[] {
  const densities = numbers(parameters, 'density');
  return models.map((model, at) => `${model} ${densities[at]}`);
}

interface ScanContext {
  readonly open: OpenTask;
  readonly cut: readonly Population[];
  readonly type: 'F32' | 'F64';
}

/** Shows the magnitudes of all changes, each under the place of its population. */
function scanOf(tensors: readonly MeasurableTensor[], { open, cut, type }: ScanContext): Scan {
  const places = new Map(cut.map(({ key }, place) => [key, place]));
  return async look => {
    for (const [at, tensor] of tensors.entries()) {
      const vectors = keysOf(tensor).map(key => places.get(key));
      if (vectors.some(place => place !== undefined))
        await open(at, task => scanTensor(task, { vectors, type }, look));
    }
  };
}

async function scanTensor(
  task: MethodTask,
  {
    vectors: places,
    type,
  }: { readonly vectors: readonly (number | undefined)[]; readonly type: 'F32' | 'F64' },
  look: Parameters<Scan>[0],
): Promise<void> {
  const kernels = await loadKernels();
  using vectors = await openVectors(task, { isFromBase: true, isRounded: isStepwise(task.parameters) });
  const isWidened = type === 'F64' && task.dtype !== 'F64';
  using wide = kernels.borrow(isWidened ? 2 * (vectors.registers[0]?.length ?? 0) : 0);
  for (const slice of blockSlices(task)) {
    await vectors.load(slice);
    for (const [model, register] of vectors.registers.entries()) {
      const place = places[model];
      if (place === undefined) continue;
      vectors.work.absolute(register);
      if (isWidened) kernels.exports.f32ToF64(wide.pointer, register.pointer, slice.count);
      const shown: Register[] = [];
      shown[place] = isWidened ? wide : register;
      look(shown, slice.count);
    }
  }
}
