import type { Complain, DocumentPath } from '../../base/yaml-document.ts';
import { screenChatTemplate } from './chat-template.ts';
import { readTorchDtype } from './dtype-names.ts';
import type {
  MergeRecipe,
  RecipePart,
  RecipeSlice,
  RecipeSource,
  TokenizerChoice,
  TokenRule,
  TokenSource,
} from './merge-recipe.ts';
import type { Scalar, Setting, Settings } from './settings.ts';

type Maybe<Value> = Value | null | undefined;
type Reference =
  | string
  | { readonly model?: Reference; readonly path?: string; readonly lora?: Reference | null };
type Gradient = Scalar | readonly Scalar[];
type Conditional = { readonly value: Gradient; readonly filter?: string | null };
type Parameters = Readonly<Record<string, Gradient | Conditional | readonly Conditional[]>>;

interface ModelEntry {
  readonly model: Reference;
  readonly parameters?: Maybe<Parameters>;
}

interface SliceEntry {
  readonly sources: readonly (ModelEntry & { readonly layer_range: readonly [number, number] })[];
  readonly base_model?: Maybe<Reference>;
  readonly parameters?: Maybe<Parameters>;
}

interface PartEntry {
  readonly models?: readonly ModelEntry[];
  readonly slices?: readonly SliceEntry[];
  readonly parameters?: Maybe<Parameters>;
}

interface TokenEntry {
  readonly source?: Maybe<
    | string
    | { readonly kind: 'zero' }
    | {
        readonly kind: 'model_token';
        readonly model: Reference;
        readonly token?: Maybe<string>;
        readonly token_id?: Maybe<number>;
      }
  >;
  readonly force?: boolean;
}

/** mergekit's configuration, as the schema accepts it. */
export interface MergekitDocument extends PartEntry {
  readonly merge_method: string;
  readonly modules?: Readonly<Record<string, PartEntry>>;
  readonly base_model?: Maybe<Reference>;
  readonly dtype?: Maybe<string>;
  readonly out_dtype?: Maybe<string>;
  readonly tokenizer_source?: Maybe<Reference>;
  readonly tokenizer?: Maybe<{
    readonly source?: Maybe<Reference>;
    readonly tokens?: Maybe<Readonly<Record<string, TokenEntry>>>;
    readonly pad_to_multiple_of?: Maybe<number>;
  }>;
  readonly chat_template?: Maybe<string>;
}

/** What the schema cannot say. */
export function checkMergekit(document: MergekitDocument, complain: Complain): void {
  const given = (['models', 'slices', 'modules'] as const).filter(key => document[key]);
  if (given.length !== 1)
    complain(given.slice(1, 2), 'a recipe has exactly one of models, slices and modules');
  if (document.tokenizer_source && document.tokenizer)
    complain(['tokenizer_source'], 'tokenizer_source and tokenizer exclude each other');
  for (const [name, part] of Object.entries(document.modules ?? {}))
    if ((part.models === undefined) === (part.slices === undefined))
      complain(['modules', name], 'a module has either models or slices');
  readTorchDtype(document.dtype, ['dtype'], complain);
  readTorchDtype(document.out_dtype, ['out_dtype'], complain);
  screenChatTemplate(document.chat_template ?? undefined, complain);
  checkReferences(document, [], complain);
}

/** Walks over everything that names a model. */
function checkReferences(value: unknown, path: DocumentPath, complain: Complain): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const isReference = ['model', 'base_model', 'tokenizer_source'].includes(key) && item !== null;
    if (isReference) checkReference(item as Reference, at, complain);
    else if (key !== 'parameters') checkReferences(item, at, complain);
    if (key === 'layer_range') checkRange(item as readonly [number, number], at, complain);
    if (key === 'sources') checkSources(item as SliceEntry['sources'], at, complain);
  }
}

function checkReference(reference: Reference, path: DocumentPath, complain: Complain): void {
  if (textOf(reference) === undefined)
    return complain(path, 'this names no model: write a path, or { model: { path: .. } }');
  const lora = typeof reference === 'object' ? reference.lora : undefined;
  if (lora && textOf(lora) === undefined)
    complain([...path, 'lora'], 'this names no adapter: write a path, or { path: .. }');
}

function checkRange([from, to]: readonly [number, number], path: DocumentPath, complain: Complain): void {
  if (from >= to) complain(path, `layers ${from} up to but not including ${to} are none`);
}

function checkSources(sources: SliceEntry['sources'], path: DocumentPath, complain: Complain): void {
  const lengths = sources.map(({ layer_range: [from, to] }) => to - from);
  const other = lengths.findIndex(length => length !== lengths[0]);
  if (other > 0)
    complain(
      [...path, other, 'layer_range'],
      `${lengths[other]} layers, and ${lengths[0]} of the first source`,
    );
  const names = sources.map(({ model }) => textOf(model));
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  if (twice > 0) complain([...path, twice, 'model'], `${names[twice]} is named twice in one slice`);
}

/** Brings mergekit's configuration into the common form. Sources: mergekit, `config.py` and `plan.py`. */
export function readMergekit(
  document: MergekitDocument,
  file: { readonly name: string; readonly text: string },
): MergeRecipe {
  const parts = document.modules
    ? Object.entries(document.modules).map(([name, part]) => partOf(part, name))
    : [partOf({ ...document, parameters: {} }, 'default')];
  return {
    ...file,
    dialect: 'mergekit',
    method: document.merge_method,
    base: textOf(document.base_model),
    parts,
    parameters: settingsOf(document.parameters),
    rules: [],
    dtype: readTorchDtype(document.dtype),
    outDtype: readTorchDtype(document.out_dtype),
    tokenizer: tokenizerOf(document),
    chatTemplate: document.chat_template ?? undefined,
  };
}

function partOf({ models, slices, parameters }: PartEntry, name: string): RecipePart {
  const whole: readonly RecipeSlice[] = [
    { sources: (models ?? []).map(entry => sourceOf(entry, undefined)), base: undefined, parameters: {} },
  ];
  return {
    prefix: name === 'default' ? undefined : name,
    slices: slices?.map(sliceOf) ?? whole,
    parameters: settingsOf(parameters),
  };
}

function sliceOf({ sources, base_model, parameters }: SliceEntry): RecipeSlice {
  return {
    sources: sources.map(entry => sourceOf(entry, entry.layer_range)),
    base: textOf(base_model),
    parameters: settingsOf(parameters),
  };
}

function sourceOf({ model, parameters }: ModelEntry, layers: RecipeSource['layers']): RecipeSource {
  return { model: textOf(model) ?? '', layers, parameters: settingsOf(parameters) };
}

/** A model with an adapter is called as in a text: `<model>+<adapter>`. */
function textOf(reference: Maybe<Reference>): string | undefined {
  if (typeof reference === 'string') return reference;
  if (reference === null || reference === undefined) return undefined;
  const model = reference.path ?? textOf(reference.model);
  const lora = textOf(reference.lora);
  return model === undefined || lora === undefined ? model : `${model}+${lora}`;
}

function settingsOf(parameters: Maybe<Parameters>): Settings {
  const entries = Object.entries(parameters ?? {}).map(([name, value]) => [name, settingOf(value)] as const);
  return Object.fromEntries(entries);
}

function settingOf(given: Parameters[string]): Setting {
  if (typeof given !== 'object') return { kind: 'value', value: given };
  const list: readonly (Scalar | Conditional)[] = Array.isArray(given) ? given : [given as Conditional];
  const conditions = list.filter(item => typeof item === 'object');
  if (conditions.length === 0) return { kind: 'gradient', values: list as readonly Scalar[] };
  return {
    kind: 'conditions',
    conditions: conditions.map(({ filter, value }) => ({
      filter: filter ?? undefined,
      setting: settingOf(value),
    })),
  };
}

function tokenizerOf({ tokenizer, tokenizer_source }: MergekitDocument): TokenizerChoice | undefined {
  const given = tokenizer ? (tokenizer.source ?? 'union') : tokenizer_source;
  const source = textOf(given);
  if (source === undefined) return undefined;
  const tokens = Object.entries(tokenizer?.tokens ?? {}).map(
    ([token, entry]) => [token, ruleOf(entry)] as const,
  );
  return {
    source: source === 'union' || source === 'base' ? source : { model: source },
    tokens: Object.fromEntries(tokens),
    padToMultipleOf: tokenizer?.pad_to_multiple_of ?? undefined,
  };
}

function ruleOf({ source, force }: TokenEntry): TokenRule {
  return { source: tokenSource(source), force: force === true };
}

function tokenSource(source: TokenEntry['source']): TokenSource | undefined {
  if (source === null || source === undefined) return undefined;
  if (typeof source === 'string') return { kind: 'model', model: source };
  if (source.kind === 'zero') return { kind: 'zero' };
  return {
    kind: 'other-token',
    model: textOf(source.model) ?? '',
    token: source.token_id ?? source.token ?? '',
  };
}
