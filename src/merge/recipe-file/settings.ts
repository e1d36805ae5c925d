/** A parameter's value as a method takes it. */
export type Scalar = number | boolean | string;

/**
 * A parameter as a recipe gives it: one value; a gradient over the layers; or values for the tensors whose names contain a text, of which the
 * first that fits counts.
 */
export type Setting =
  | { readonly kind: 'value'; readonly value: Scalar }
  | { readonly kind: 'gradient'; readonly values: readonly Scalar[] }
  | { readonly kind: 'conditions'; readonly conditions: readonly Condition[] };

/** A value for the tensors whose names contain `filter`; for all without one. */
export interface Condition {
  readonly filter: string | undefined;
  readonly setting: Setting;
}

/** Parameters by name. */
export type Settings = Readonly<Record<string, Setting>>;

/** A tensor as a setting sees it: its name, and how far into the layers it is, from 0 to 1. */
export interface SettingPoint {
  readonly tensor: string;
  readonly depth: number;
}

/**
 * The value of a setting for a tensor; undefined where no condition fits. A gradient of numbers is interpolated linearly between its
 * values, which lie evenly over the layers; of anything else, the last value at or before the tensor counts. Source: mergekit, `evaluate_setting`.
 */
export function settingValue(setting: Setting, point: SettingPoint): Scalar | undefined {
  if (setting.kind === 'value') return setting.value;
  if (setting.kind === 'gradient') return gradientValue(setting.values, point.depth);
  const found = setting.conditions.find(({ filter }) => isMatch(filter, point.tensor));
  return found && settingValue(found.setting, point);
}

function isMatch(filter: string | undefined, tensor: string): boolean {
  return filter === undefined || filter === '*' || tensor.includes(filter);
}

function gradientValue(values: readonly Scalar[], depth: number): Scalar | undefined {
  const position = depth * (values.length - 1);
  const before = Math.floor(position);
  const [left, right] = [values[before], values[Math.min(values.length - 1, before + 1)]];
  if (!values.every(value => typeof value === 'number')) return left;
  const share = position - before;
  return (1 - share) * Number(left) + share * Number(right);
}

/** The first of several levels of settings that says something about a tensor. */
export function firstValue(
  name: string,
  levels: readonly (Settings | undefined)[],
  point: SettingPoint,
): Scalar | undefined {
  for (const level of levels) {
    const setting = level !== undefined && Object.hasOwn(level, name) ? level[name] : undefined;
    const value = setting && settingValue(setting, point);
    if (value !== undefined) return value;
  }
  return undefined;
}
