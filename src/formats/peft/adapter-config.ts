import { MgitError } from '../../base/errors.ts';

/** An adapter's `adapter_config.json`: what PEFT wrote, checked where it is read. */
export type AdapterConfig = Readonly<Record<string, unknown>>;

/** Reads the text of an `adapter_config.json`. Errors: `ADAPTER_INVALID`. */
export function parseAdapterConfig(text: string): AdapterConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw adapterInvalid('adapter_config.json is no JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw adapterInvalid('adapter_config.json holds no object');
  return value as AdapterConfig;
}

/** A number of the configuration. Errors: `ADAPTER_INVALID`. */
export function numberField(config: AdapterConfig, name: string): number {
  const value = config[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw adapterInvalid(`${name} is no number`);
  return value;
}

/** A switch of the configuration; absent is off. Errors: `ADAPTER_INVALID`. */
export function booleanField(config: AdapterConfig, name: string): boolean {
  const value = config[name] ?? false;
  if (typeof value !== 'boolean') throw adapterInvalid(`${name} is neither true nor false`);
  return value;
}

/** Numbers by the names of modules; absent is none. Errors: `ADAPTER_INVALID`. */
export function numbersField(config: AdapterConfig, name: string): ReadonlyMap<string, number> {
  const value = config[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw adapterInvalid(`${name} is no object`);
  const entries = Object.entries(value);
  for (const [key, number] of entries)
    if (typeof number !== 'number' || !Number.isFinite(number))
      throw adapterInvalid(`${name}: ${JSON.stringify(key)} has no number`);
  return new Map(entries as [string, number][]);
}

/** Names of modules; absent is none. A text would be a regular expression. Errors: `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`. */
export function namesField(config: AdapterConfig, name: string): readonly string[] {
  const value = config[name] ?? [];
  if (typeof value === 'string') return [requirePlainName(value, name)];
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string'))
    throw adapterInvalid(`${name} is no list of names`);
  return value.map(item => requirePlainName(item, name));
}

/**
 * PEFT takes names of modules as regular expressions. An adapter is data and executes nothing here, so only those that say one name
 * are taken. Errors: `ADAPTER_UNSUPPORTED`.
 */
export function requirePlainName(pattern: string, field: string): string {
  if (/^[\w.-]+$/.test(pattern)) return pattern;
  throw adapterUnsupported(`the regular expression ${JSON.stringify(pattern)} in ${field}`);
}

/** Whether PEFT means this module by a name: the whole of it, or its end. */
export function isModuleNamed(module: string, name: string): boolean {
  return module === name || module.endsWith(`.${name}`);
}

/** What says how and on what an adapter was trained, and nothing about its result. */
const DESCRIPTIVE = [
  'auto_mapping',
  'base_model_name_or_path',
  'exclude_modules',
  'inference_mode',
  'modules_to_save',
  'peft_type',
  'peft_version',
  'revision',
  'target_modules',
  'task_type',
];

/**
 * Refuses every setting that is on and that nobody here knows: it may change what the adapter does. Errors: `ADAPTER_UNSUPPORTED`, which
 * names it.
 */
export function refuseUnknownSettings(config: AdapterConfig, known: readonly string[]): void {
  const unknown = Object.keys(config).find(
    name => !known.includes(name) && !DESCRIPTIVE.includes(name) && isOn(config[name]),
  );
  if (unknown !== undefined) throw adapterUnsupported(`the setting ${unknown}`);
}

function isOn(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== null && value !== undefined && value !== false;
}

/** The error of an adapter that is not as PEFT writes it. */
export function adapterInvalid(problem: string, cause?: unknown): MgitError {
  return new MgitError('ADAPTER_INVALID', `this is no adapter that can be read: ${problem}`, {
    hint: "give the folder that PEFT's save_pretrained wrote",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error of an adapter that does what mgit cannot compute. */
export function adapterUnsupported(what: string): MgitError {
  return new MgitError('ADAPTER_UNSUPPORTED', `adapters with ${what} are not supported`, {
    hint: "merge it with PEFT's merge_and_unload, save the model, and take that instead",
  });
}

/** The error of an adapter that does not fit the model. */
export function adapterMismatch(problem: string): MgitError {
  return new MgitError('ADAPTER_MISMATCH', `the adapter does not fit the model: ${problem}`, {
    hint: 'apply it to the model that it was trained on (mgit commit --adapter takes it with --model <path>)',
  });
}
