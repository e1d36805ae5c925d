import type { ComputingMethod, MethodTask } from '../method.ts';
import { isStepwise, NUMERICS_PARAMETER, numberParameter } from '../parameters.ts';
import { readModels, slicesOf } from '../slices.ts';
import { openWorkspace, type Register, type Workspace } from '../workspace.ts';

/** The first model, drawn to the second the more the nearer an element is to it: by t / |first - second|, at most 1. */
export const nearswap: ComputingMethod = {
  name: 'nearswap',
  kind: 'compute',
  summary: 'the first model, with the second in place of elements that are near to it',
  whenToUse: "a touch of a second model's style that leaves what the first does differently as it is",
  source: 'alchemonaut 2024, QuartetAnemoi, https://huggingface.co/alchemonaut/QuartetAnemoi-70B-t0.0001',
  baseRole: 'first',
  models: { minimum: 2, maximum: 2 },
  isMultiPass: false,
  kernels: 1,
  parameters: [
    {
      name: 't',
      description: 'elements that differ by no more are taken from the second model',
      type: 'number',
      default: 0.0001,
      minimum: 0,
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  needsBase: () => false,
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  const t = numberParameter(task.parameters, 't');
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 4 });
  const [first, second, share, rest] = work.registers as [Register, Register, Register, Register];
  const round = isStepwise(task.parameters) ? work.round : (): void => {};
  for (const slice of slicesOf(task)) {
    const [left = new Uint8Array(), right = new Uint8Array()] = await readModels(task, slice);
    work.begin(slice.count);
    work.load(first, left);
    work.load(second, right);
    work.copy(share, first);
    work.subtract(share, second);
    round(share);
    work.absolute(share);
    divide(work, share, { t, round: isStepwise(task.parameters) ? work.round : undefined });
    work.clampToUnit(share);
    work.complement(rest, share);
    round(rest);
    work.multiply(second, share);
    round(second);
    work.multiply(first, rest);
    round(first);
    work.add(second, first);
    yield work.store(second);
  }
}

/** t / distance. PyTorch multiplies t with the reciprocal, and rounds twice. */
function divide(
  work: Workspace,
  distance: Register,
  { t, round }: { readonly t: number; readonly round: ((target: Register) => void) | undefined },
): void {
  work.divideInto(distance, round ? 1 : t);
  if (!round) return;
  round(distance);
  work.scale(distance, distance, t);
  round(distance);
}
