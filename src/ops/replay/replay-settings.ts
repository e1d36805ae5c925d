import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { MergeRule, MergeSettings } from '../../merge/merge-settings.ts';
import { METHODS } from '../../merge/methods/registry.ts';
import { compileRules } from '../../merge/rules.ts';
import type { History } from '../../store/history/history.ts';
import type { MergePathsContext } from '../merge/merge-paths.ts';
import { parseGivenSettings } from '../merge/settings.ts';
import { readProjectFile } from '../project/project-file.ts';

/** How the tensors of a step are decided. */
export interface ReplaySettings {
  readonly merge: MergeSettings;
  /** Without `scaling` where the scale is 1: what only the commit changed is then taken by digest. */
  readonly paths: Omit<MergePathsContext, 'labels'>;
}

/** What the settings come from. */
export interface GivenReplay {
  /** Where `mgit.yaml` is read: the commit that the branch had at first. */
  readonly origin: CommitId;
  readonly scale: number;
  /** The values of `-X`. */
  readonly given: readonly string[];
}

const METHOD = 'add_difference';

/**
 * A change is added, whatever method merges have; of the rules of `mgit.yaml` those hold that take a side. Errors: `USAGE` for `-X` values
 * other than `take:<glob>=<side>`, and those of the settings.
 */
export async function readReplaySettings(
  history: History,
  { origin, scale, given }: GivenReplay,
): Promise<ReplaySettings> {
  const project = await readProjectFile(history, origin);
  const { names } = project;
  const parameters = { scale };
  const rules = [...takeRules(given), ...(project.merge.rules ?? []).flatMap(takingRule)];
  const merge = { method: METHOD, parameters, rules };
  const decide = compileRules(merge, 2);
  const scaling = compileRules({ method: METHOD, parameters }, 2)('', '');
  if (scale === 1 || scaling.kind !== 'compute') return { merge, paths: { decide, names } };
  return { merge, paths: { decide, names, scaling } };
}

/** The rules of `-X`. Errors: `USAGE`. */
export function takeRules(given: readonly string[]): readonly MergeRule[] {
  const { parameters, rules, base } = parseGivenSettings(given);
  const [other = base && 'base'] = Object.keys(parameters);
  if (other === undefined) return rules;
  throw new MgitError('USAGE', `-X ${other} says nothing to a commit that is replayed`, {
    hint: 'give -X take:<glob>=ours|theirs|base, or --scale <number>',
  });
}

function takingRule(rule: MergeRule): readonly MergeRule[] {
  const method = METHODS.find(({ name }) => name === rule.method);
  return rule.take !== undefined || method?.kind === 'take' ? [rule] : [];
}

/** Reads `--scale`. Errors: `USAGE`. */
export function parseScale(text: string | undefined): number {
  const scale = text === undefined ? 1 : text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(scale)) return scale;
  throw new MgitError('USAGE', `--scale ${text} is no number`, { hint: 'give a factor such as 0.5' });
}
