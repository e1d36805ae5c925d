import { MgitError } from '../base/errors.ts';
import { globMatcher } from '../base/globs.ts';
import type { Side } from './conflict.ts';
import type { MergeRule, MergeSettings } from './merge-settings.ts';
import type { ComputingMethod, MethodParameters } from './method.ts';
import { methodNamed } from './methods/registry.ts';
import { completeParameters } from './parameters.ts';

/** A tensor is calculated. */
export interface ComputeDecision {
  readonly kind: 'compute';
  readonly method: ComputingMethod;
  /** Complete, for all models. */
  readonly parameters: MethodParameters;
  readonly byRule: boolean;
}

/** What happens to a tensor that several sides changed. */
export type Decision =
  | { readonly kind: 'take'; readonly side: Side; readonly byRule: boolean }
  | ComputeDecision;

/**
 * Decides by the name of a tensor and the path of its model. A file that is no model is looked up by its path for both.
 */
export type Decide = (name: string, path: string) => Decision;

/** The method of a merge when neither the command line nor `mgit.yaml` names one. */
const DEFAULT_METHOD = 'linear';

/**
 * Compiles settings: the first rule that matches decides, the settings' own method otherwise. A rule's parameters add to the
 * settings' where both name the same method. Errors: `MERGE_METHOD_UNKNOWN`, `MERGE_PARAMETER_UNKNOWN`, `MERGE_PARAMETER_INVALID`,
 * `MERGE_SIDE_AMBIGUOUS`.
 */
export function compileRules(settings: MergeSettings, models: number): Decide {
  const general = settings.method ?? DEFAULT_METHOD;
  const otherwise = decisionOf({ method: general, parameters: settings.parameters ?? {} }, models, false);
  const rules = (settings.rules ?? []).map(rule => ({
    matches: ruleMatcher(rule.match),
    decision: ruleDecision(rule, { ...settings, method: general }, models),
  }));
  return (name, path) => rules.find(rule => rule.matches(name, path))?.decision ?? otherwise;
}

/**
 * Whether globs of a rule mean a tensor of a model: by its name, by `<path>:<name>`, or by the model's path, which is no glob then:
 * `model.*` means tensors, not every tensor of `model.safetensors`.
 */
export function ruleMatcher(globs: MergeRule['match']): (name: string, path: string) => boolean {
  const all = typeof globs === 'string' ? [globs] : globs;
  const isNamed = globMatcher(all);
  const scoped = all.filter(glob => glob.includes(':'));
  const isScoped = scoped.length === 0 ? () => false : globMatcher(scoped);
  return (name, path) => isNamed(name) || all.includes(path) || isScoped(`${path}:${name}`);
}

function ruleDecision(rule: MergeRule, settings: MergeSettings, models: number): Decision {
  if (rule.take !== undefined) return taking(rule.take, models, true);
  const method = rule.method ?? settings.method ?? DEFAULT_METHOD;
  const inherited = method === settings.method ? settings.parameters : {};
  return decisionOf({ method, parameters: { ...inherited, ...rule.parameters } }, models, true);
}

function decisionOf(
  chosen: { readonly method: string; readonly parameters: MethodParameters },
  models: number,
  byRule: boolean,
): Decision {
  const method = methodNamed(chosen.method);
  if (method.kind === 'take') return taking(method.side, models, byRule);
  return {
    kind: 'compute',
    method,
    parameters: completeParameters(method, chosen.parameters, models),
    byRule,
  };
}

function taking(side: Side, models: number, byRule: boolean): Decision {
  if (side === 'theirs' && models > 2)
    throw new MgitError('MERGE_SIDE_AMBIGUOUS', `"theirs" could be any of ${models - 1} merged revisions`, {
      hint: 'merge them one after the other',
    });
  return { kind: 'take', side, byRule };
}
