import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { OpenInput } from '../../merge/model-files/open-input.ts';
import { AUTO_TEMPLATE, NAMED_TEMPLATES } from '../../merge/recipe-file/chat-template.ts';
import type { MergeRecipe } from '../../merge/recipe-file/merge-recipe.ts';
import type { Vocabulary } from '../../merge/vocabulary/vocabulary.ts';

/** Small files of the result, by name. */
export type SmallFiles = ReadonlyMap<string, Uint8Array>;

/** What loaders read beside the weights, whatever the vocabulary. */
export const ALONG = [
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'video_preprocessor_config.json',
  'special_tokens_map.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
];
/** A vocabulary in forms that a merged one is not written in. */
export const VOCABULARY_FILES = [
  'tokenizer.json',
  'tokenizer.model',
  'spiece.model',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'added_tokens.json',
];

/** What {@link tokenizerFiles} works on. */
export interface TokenizerContext {
  readonly fs: FileSystem;
  readonly recipe: MergeRecipe;
  /** The base, or else the first model, first. */
  readonly inputs: ReadonlyMap<string, OpenInput>;
  readonly vocabulary: Vocabulary | undefined;
}

/**
 * The tokenizer and generation files of the result: those of the base or else the first model, or of the model whose vocabulary was chosen, with the
 * merged vocabulary and the chosen chat template. Errors: `CHAT_TEMPLATE_WITHOUT_TOKENIZER`.
 */
export async function tokenizerFiles(context: TokenizerContext): Promise<SmallFiles> {
  const { fs, recipe, inputs, vocabulary } = context;
  const donor = (vocabulary && inputs.get(vocabulary.from)) ?? [...inputs.values()][0];
  const folder = donor?.location.folder;
  const wanted = vocabulary ? ALONG : [...ALONG, ...VOCABULARY_FILES];
  const files = folder === undefined ? new Map<string, Uint8Array>() : await readFiles(fs, folder, wanted);
  if (vocabulary) {
    files.set('tokenizer.json', jsonBytes(vocabulary.tokenizer.document));
    files.set(
      'tokenizer_config.json',
      jsonBytes(withAddedTokens(jsonOf(files.get('tokenizer_config.json')), vocabulary)),
    );
  }
  const template = await chosenTemplate(recipe.chatTemplate, context);
  if (template !== undefined) setTemplate(files, template);
  return files;
}

/** Those of the named files that a folder has. */
export async function readFiles(
  fs: FileSystem,
  folder: string,
  names: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    try {
      files.set(name, await fs.readFile(join(folder, name)));
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return files;
}

/** transformers reads the properties of added tokens from here, too. */
function withAddedTokens(config: Readonly<Record<string, unknown>>, { tokenizer }: Vocabulary) {
  const decoder = tokenizer.added.map(({ id, ...token }) => [String(id), token] as const);
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...config,
    added_tokens_decoder: Object.fromEntries(decoder),
  };
}

async function chosenTemplate(
  chosen: string | undefined,
  { fs, inputs }: TokenizerContext,
): Promise<string | undefined> {
  if (chosen === undefined) return undefined;
  if (chosen !== AUTO_TEMPLATE) return NAMED_TEMPLATES[chosen] ?? chosen;
  const counts = new Map<string, number>();
  for (const { location } of inputs.values()) {
    const template = location.folder === undefined ? undefined : await templateIn(fs, location.folder);
    if (template) counts.set(template, (counts.get(template) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, left], [, right]) => right - left);
  return most?.[0];
}

async function templateIn(fs: FileSystem, folder: string): Promise<string | undefined> {
  const files = await readFiles(fs, folder, ['chat_template.jinja', 'tokenizer_config.json']);
  const own = files.get('chat_template.jinja');
  if (own) return new TextDecoder().decode(own).trim();
  const template = jsonOf(files.get('tokenizer_config.json')).chat_template;
  if (typeof template === 'string') return template.trim();
  if (!Array.isArray(template)) return undefined;
  const usual: unknown = template.find((item: { name?: unknown }) => item.name === 'default')?.template;
  return typeof usual === 'string' ? usual.trim() : undefined;
}

function setTemplate(files: Map<string, Uint8Array>, template: string): void {
  const config = files.get('tokenizer_config.json');
  if (config === undefined)
    throw new MgitError(
      'CHAT_TEMPLATE_WITHOUT_TOKENIZER',
      'there is no tokenizer_config.json to put the chat template in',
      {
        hint: 'leave chat_template out, or put the tokenizer beside the base or the first model',
      },
    );
  files.delete('chat_template.json');
  files.set('chat_template.jinja', Buffer.from(template));
  files.set('tokenizer_config.json', jsonBytes({ ...jsonOf(config), chat_template: template }));
}

function jsonOf(bytes: Uint8Array | undefined): Readonly<Record<string, unknown>> {
  if (bytes === undefined) return {};
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new MgitError('TOKENIZER_INVALID', 'a tokenizer_config.json is no JSON', {
      cause,
      hint: 'copy the tokenizer again from where the model came from',
    });
  }
}

/** JSON as transformers writes it. */
export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
