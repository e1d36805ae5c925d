import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { GateMeasurements, ModelMeasurements } from '../../eval/gate/measurements.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import type { Outcome, Role } from '../../eval/gate/verdict.ts';
import type { Repository } from '../repository.ts';
import type { TargetPolicy } from './policy.ts';

/** A model of a gate on disk: its safetensors and allow-listed files, at their paths in the tree. */
export interface GateModel {
  readonly commit: CommitId;
  /** Equal for models of equal content, which are measured once. */
  readonly key: string;
  /** Absolute. */
  readonly directory: string;
}

/** The models of a gate by role: `base`, `target`, `parent1`, ..., `candidate`. */
export type GateModels = ReadonlyMap<Role, GateModel>;

/** Everything that one gate needs to be measured. */
export interface GateJob extends LongOperation {
  readonly repository: Repository;
  readonly policy: TargetPolicy;
  readonly gate: GatePolicy;
  readonly models: GateModels;
  /** Files of the target's tip other than models: where commands run and recipes and data are read. */
  readonly workDirectory: string;
  /** An empty directory for results. */
  readonly outDirectory: string;
  /** Where relative paths of data outside the tree begin. */
  readonly outsideDirectory: string;
}

/** What measuring a gate gave. `outcome` is set where the command's exit status alone decides. */
export interface GateMeasured {
  readonly measurements: GateMeasurements | undefined;
  readonly outcome?: Outcome;
  readonly environment: Readonly<Record<string, string>>;
}

/** Measures every model of different content once, one after the other, and puts the results in their roles. */
export async function measureModels(
  models: GateModels,
  measure: (model: GateModel, role: Role) => Promise<ModelMeasurements>,
): Promise<GateMeasurements> {
  const byKey = new Map<string, ModelMeasurements>();
  for (const [role, model] of models)
    if (!byKey.has(model.key)) byKey.set(model.key, await measure(model, role));
  return byRole(role => {
    const model = models.get(role);
    return model && byKey.get(model.key);
  });
}

/** Arranges measurements by role. `base` and `candidate` must be there. */
export function byRole(find: (role: Role) => ModelMeasurements | undefined): GateMeasurements {
  const nothing: ModelMeasurements = { asIs: undefined, probes: [] };
  const parents: ModelMeasurements[] = [];
  for (let index = 1; ; index++) {
    const parent = find(`parent${index}`);
    if (!parent) break;
    parents.push(parent);
  }
  return {
    base: find('base') ?? nothing,
    target: find('target') ?? parents[0] ?? nothing,
    parents,
    candidate: find('candidate') ?? nothing,
  };
}
