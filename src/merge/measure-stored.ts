import type { TensorStore } from '../store/tensor-store.ts';
import { taskOf, typeOf } from './execute.ts';
import { isToBeMeasured, measureModel, type OpenTask } from './measure-model.ts';
import type { FilePlan } from './plan-file.ts';
import { storedSource } from './stored-source.ts';
import { KEPT_BYTES, openInputs } from './tensor-inputs.ts';

/**
 * The plans of one model's files, with what their methods measure over the whole model, where they do. Errors: those of the methods and of
 * the store.
 */
export async function measurePlans(
  plans: readonly FilePlan[],
  { store, signal }: { readonly store: Pick<TensorStore, 'read'>; readonly signal?: AbortSignal },
): Promise<readonly FilePlan[]> {
  if (!plans.some(({ computed }) => computed.some(isToBeMeasured))) return plans;
  const actions = plans.flatMap(({ computed }) => [...computed]);
  const open: OpenTask = async (at, use) => {
    const action = actions[at];
    if (!action) return;
    const { tensors, base } = action;
    const sources = [...tensors, ...(base ? [base] : [])].map(tensor => storedSource(store, tensor, signal));
    using opened = openInputs(sources, { keptBytes: KEPT_BYTES });
    try {
      await use(taskOf(action, opened.inputs, signal));
    } finally {
      for (const source of sources) await source[Symbol.asyncDispose]();
    }
  };
  const tensors = actions.map(action => {
    const { dtype, shape } = typeOf(action);
    return { method: action.method, parameters: action.parameters, models: action.models, dtype, shape };
  });
  const parameters = (await measureModel(tensors, open)).values();
  return plans.map(plan => ({
    ...plan,
    computed: plan.computed.map(action => ({
      ...action,
      parameters: parameters.next().value ?? action.parameters,
    })),
  }));
}
