import type { Complain, DocumentPath } from '../../base/yaml-document.ts';
import type { MergeRule } from '../merge-settings.ts';
import { readTorchDtype } from './dtype-names.ts';
import type { MergeRecipe, RecipeSource } from './merge-recipe.ts';
import type { Scalar, Setting, Settings } from './settings.ts';

type OwnParameters = Readonly<
  Record<string, Scalar | readonly Scalar[] | { readonly gradient: readonly Scalar[] }>
>;
type OwnModel = string | { readonly model: string; readonly parameters?: OwnParameters };

/** mgit's own form, as its schema accepts it. */
export interface OwnDocument {
  readonly base?: string;
  readonly models: readonly OwnModel[];
  readonly method?: string;
  readonly parameters?: OwnParameters;
  readonly rules?: readonly MergeRule[];
  readonly dtype?: string;
  readonly tokenizer?: string;
  readonly chat_template?: string;
}

/** What the schema cannot say. */
export function checkOwn(document: OwnDocument, complain: Complain): void {
  const names = document.models.map(nameOf);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) complain(['models', index], `${name} is named twice`);
  for (const [name, value] of Object.entries(document.parameters ?? {}))
    checkCount(value, names.length, ['parameters', name], complain);
  for (const [index, rule] of (document.rules ?? []).entries())
    if ((rule.method === undefined) === (rule.take === undefined) && !rule.parameters)
      complain(['rules', index], 'a rule needs either method or take');
  readTorchDtype(document.dtype, ['dtype'], complain);
  for (const [index, model] of document.models.entries())
    for (const [name, value] of Object.entries(typeof model === 'string' ? {} : (model.parameters ?? {})))
      if (Array.isArray(value))
        complain(['models', index, 'parameters', name], 'a model has one value, or { gradient: [..] }');
}

function checkCount(value: unknown, models: number, path: DocumentPath, complain: Complain): void {
  if (Array.isArray(value) && value.length !== models)
    complain(path, `${value.length} values for ${models} models; a gradient is written { gradient: [..] }`);
}

/** Brings mgit's own form into the common one. */
export function readOwn(
  document: OwnDocument,
  file: { readonly name: string; readonly text: string },
): MergeRecipe {
  const sources = document.models.map((model, index) => sourceOf(model, index, document.parameters ?? {}));
  const { tokenizer } = document;
  const isWord = tokenizer === 'union' || tokenizer === 'base';
  return {
    ...file,
    dialect: 'mgit',
    method: document.method ?? 'linear',
    base: document.base,
    parts: [{ prefix: undefined, parameters: {}, slices: [{ sources, base: undefined, parameters: {} }] }],
    parameters: settingsOf(document.parameters ?? {}),
    rules: document.rules ?? [],
    dtype: undefined,
    outDtype: readTorchDtype(document.dtype),
    tokenizer:
      tokenizer === undefined
        ? undefined
        : { source: isWord ? tokenizer : { model: tokenizer }, tokens: {}, padToMultipleOf: undefined },
    chatTemplate: document.chat_template,
  };
}

function nameOf(model: OwnModel): string {
  return typeof model === 'string' ? model : model.model;
}

/** A list among the general parameters has one value for each model. */
function sourceOf(model: OwnModel, index: number, general: OwnParameters): RecipeSource {
  const own = typeof model === 'string' ? {} : settingsOf(model.parameters ?? {});
  const listed = Object.entries(general).flatMap(([name, value]) =>
    Array.isArray(value) ? [[name, { kind: 'value', value: value[index] }] as const] : [],
  );
  return { model: nameOf(model), layers: undefined, parameters: { ...Object.fromEntries(listed), ...own } };
}

function settingsOf(parameters: OwnParameters): Settings {
  const settings: Record<string, Setting> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== 'object') settings[name] = { kind: 'value', value };
    else if ('gradient' in value) settings[name] = { kind: 'gradient', values: value.gradient };
  }
  return settings;
}
