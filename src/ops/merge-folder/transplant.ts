import { join, resolve } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { type OpenFiles, openFiles } from '../../merge/model-files/file-source.ts';
import { type OpenInput, openInput } from '../../merge/model-files/open-input.ts';
import { isVocabularyTensor } from '../../merge/model-plan/find-inputs.ts';
import type { InputTensor } from '../../merge/model-plan/input-model.ts';
import { fitEmbeddings, mapped } from '../../merge/vocabulary/embedding-regression.ts';
import type { TokenizerFile } from '../../merge/vocabulary/tokenizer-file.ts';
import { elementConverter } from '../../tensor/convert-elements.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { makeOutput, refuseExisting, writeSmall } from '../output/output-folder.ts';
import { writeTensors } from '../output/tensors-file.ts';
import { bytesOf, floatsOf } from './read-tensor.ts';
import { tokenizerOf } from './read-vocabulary.ts';
import { ALONG, jsonBytes, readFiles, VOCABULARY_FILES } from './tokenizer-files.ts';

/** What `mgit transplant` is asked to do. */
export interface TransplantOptions extends LongOperation {
  readonly cwd: string;
  /** The model that gets another tokenizer: a folder. */
  readonly model: string;
  /** The model whose tokenizer it gets: a folder. */
  readonly from: string;
  /** A folder. */
  readonly out: string;
  readonly force?: boolean;
}

/** What became of the tokens. */
export interface Transplanted {
  readonly kind: 'transplanted';
  /** Absolute. */
  readonly out: string;
  /** Tokens of the new vocabulary that the model had, and those whose embeddings were mapped. */
  readonly shared: number;
  readonly mapped: number;
  /** The embeddings, and how much of what the shared tokens vary the map does not explain. */
  readonly tensors: readonly { readonly name: string; readonly unexplained: number }[];
}

/** Tokens that a map is found by at most, evenly spread over those that are shared. */
const MOST_TOKENS = 16_384;
/** Ids that say which token does what. */
const TOKEN_IDS = /^(?:bos|eos|pad|unk|sep|cls|mask|decoder_start)_token_id$/;

/**
 * Gives a model the tokenizer of another: tokens that it has keep their embeddings, the others get that of the donor, mapped by a regression over
 * the tokens that both have. Errors: `TOKENIZER_MISSING`, `TOKENIZER_INVALID`, `TRANSPLANT_IMPOSSIBLE` (no embeddings, or too few shared tokens),
 * `OUTPUT_EXISTS`, `FILE_CHANGED`, `MERGE_SINGULAR`, those of the formats.
 */
export async function transplantTokenizer(ports: Ports, options: TransplantOptions): Promise<Transplanted> {
  const { cwd } = options;
  const out = resolve(cwd, options.out);
  await refuseExisting(ports.fs, out, options.force === true);
  await using model = await openInput(ports.fs, cwd, options.model);
  await using donor = await openInput(ports.fs, cwd, options.from);
  await using files = openFiles(ports.fs);
  const plan = planTokens(await requiredTokenizer(ports, model), await requiredTokenizer(ports, donor));
  const embeddings = pairsOf(model, donor);
  return await makeOutput(ports, out, async staging => {
    const tensors: { name: string; unexplained: number }[] = [];
    const made = new Map<string, Uint8Array>();
    for (const pair of embeddings) {
      options.signal?.throwIfAborted();
      options.onEvent?.({ type: 'step', message: `mapping ${pair.own.name}` });
      const { bytes, unexplained } = await newRows({ model, donor, files }, pair, plan);
      made.set(pair.own.name, bytes);
      tensors.push({ name: pair.own.name, unexplained });
    }
    const written = [...model.tensors.values()].map(tensor =>
      made.has(tensor.name) ? { ...tensor, shape: [plan.rows, ...tensor.shape.slice(1)] } : tensor,
    );
    await writeTensors(
      ports.fs,
      join(staging, 'model.safetensors'),
      written,
      async ({ name }) => made.get(name) ?? bytesOf(files, model, name),
    );
    await writeCompanions(ports, staging, { model, donor, rows: plan.rows });
    for (const input of [model, donor]) await input.checkUnchanged();
    const shared = plan.tokens.filter(({ own }) => own !== undefined).length;
    return { kind: 'transplanted', out, shared, mapped: plan.tokens.length - shared, tensors };
  });
}

async function requiredTokenizer({ fs }: Ports, input: OpenInput): Promise<TokenizerFile> {
  const file = await tokenizerOf(fs, input);
  if (file) return file;
  throw new MgitError('TOKENIZER_MISSING', `${input.name} has no tokenizer.json`, {
    hint: 'name folders of models, with fast tokenizers (tokenizer.json)',
  });
}

interface TokenPlan {
  /** Rows of the new embeddings. */
  readonly rows: number;
  /** Each token of the new vocabulary: its row there, and in the model's own. */
  readonly tokens: readonly { readonly row: number; readonly own: number | undefined }[];
}

function planTokens(own: TokenizerFile, other: TokenizerFile): TokenPlan {
  const tokens = [...other.ids]
    .map(([token, row]) => ({ row, own: own.ids.get(token) }))
    .sort((left, right) => left.row - right.row);
  return { tokens, rows: tokens.reduce((most, { row }) => Math.max(most, row + 1), 0) };
}

interface EmbeddingPair {
  readonly own: InputTensor;
  readonly other: InputTensor;
}

/** The embeddings, heads and their biases of the model, each with the donor's: of the same name, or else the donor's first embedding. */
function pairsOf(model: OpenInput, donor: OpenInput): readonly EmbeddingPair[] {
  const embeddingsOf = (input: OpenInput): readonly InputTensor[] =>
    [...input.tensors.values()].filter(
      tensor => tensor.shape.length <= 2 && isVocabularyTensor(input, tensor),
    );
  const others = embeddingsOf(donor).toSorted((left, right) => right.shape.length - left.shape.length);
  const pairs = embeddingsOf(model).flatMap(own => {
    const other = others.find(({ name }) => name === own.name) ?? others[0];
    return other ? [{ own, other }] : [];
  });
  if (pairs.length > 0) return pairs;
  throw new MgitError(
    'TRANSPLANT_IMPOSSIBLE',
    `${model.name} or ${donor.name} has no embedding with a row for each token`,
    {
      hint: 'both folders need a config.json whose vocab_size is that of their embeddings',
    },
  );
}

interface Models {
  readonly model: OpenInput;
  readonly donor: OpenInput;
  readonly files: OpenFiles;
}

async function newRows(
  { model, donor, files }: Models,
  { own, other }: EmbeddingPair,
  { tokens, rows }: TokenPlan,
): Promise<{ readonly bytes: Uint8Array; readonly unexplained: number }> {
  const [width, otherWidth] = [own.shape[1] ?? 1, other.shape[1] ?? 1]; // The bias of a head has one number for each token.
  const [mine, theirs] = [await floatsOf(files, model, own.name), await floatsOf(files, donor, other.name)];
  const rowOf = (values: Float32Array, row: number, columns: number) =>
    values.subarray(row * columns, (row + 1) * columns);
  const isShared = (row: number, ownRow: number | undefined): ownRow is number =>
    ownRow !== undefined && ownRow < (own.shape[0] ?? 0) && row < (other.shape[0] ?? 0);
  const shared = tokens.flatMap(({ row, own: ownRow }) => (isShared(row, ownRow) ? [{ row, ownRow }] : []));
  if (shared.length < 2) throw tooFew(model, donor);
  const step = Math.max(1, shared.length / MOST_TOKENS);
  const used = Array.from(
    { length: Math.min(shared.length, MOST_TOKENS) },
    (_, at) => shared[Math.floor(at * step)] ?? shared[0],
  );
  const from = new Float32Array(used.length * otherWidth);
  const to = new Float32Array(used.length * width);
  for (const [at, token] of used.entries()) {
    from.set(rowOf(theirs, token?.row ?? 0, otherWidth), at * otherWidth);
    to.set(rowOf(mine, token?.ownRow ?? 0, width), at * width);
  }
  const map = fitEmbeddings({ from, to, tokens: used.length });
  const size = byteLength(own.dtype, [width]);
  const bytes = new Uint8Array(rows * size);
  const exact = await bytesOf(files, model, own.name);
  const convert = elementConverter('F32', own.dtype, await loadKernels());
  for (const { row, own: ownRow } of tokens)
    if (ownRow !== undefined && ownRow < (own.shape[0] ?? 0))
      bytes.set(exact.subarray(ownRow * size, (ownRow + 1) * size), row * size);
    else if (row < (other.shape[0] ?? 0)) {
      const values = mapped(map, rowOf(theirs, row, otherWidth));
      convert(bytes.subarray(row * size, (row + 1) * size), new Uint8Array(values.buffer));
    }
  return { bytes, unexplained: unexplainedBy(map, { from, to, tokens: used.length }) };
}

/** Of the variance of the shared rows. */
function unexplainedBy(
  map: ReturnType<typeof fitEmbeddings>,
  { from, to, tokens }: Parameters<typeof fitEmbeddings>[0],
): number {
  const { inputs, outputs } = map;
  const means = new Float64Array(outputs);
  for (const [at, value] of to.entries()) means[at % outputs] = (means[at % outputs] ?? 0) + value / tokens;
  let [rest, whole] = [0, 0];
  for (let token = 0; token < tokens; token++) {
    const found = mapped(map, from.subarray(token * inputs, (token + 1) * inputs));
    for (let j = 0; j < outputs; j++) {
      const value = to[token * outputs + j] ?? 0;
      rest += (value - (found[j] ?? 0)) ** 2;
      whole += (value - (means[j] ?? 0)) ** 2;
    }
  }
  return whole === 0 ? 0 : rest / whole;
}

function tooFew(model: OpenInput, donor: OpenInput): MgitError {
  return new MgitError(
    'TRANSPLANT_IMPOSSIBLE',
    `${model.name} and ${donor.name} have hardly a token in common`,
    {
      hint: 'choose a tokenizer with more of the same tokens',
    },
  );
}

/** The model's config with the vocabulary's size and ids, and the donor's tokenizer. */
async function writeCompanions(
  { fs }: Ports,
  folder: string,
  { model, donor, rows }: Pick<Models, 'model' | 'donor'> & { readonly rows: number },
): Promise<void> {
  const ids = Object.fromEntries(Object.entries(donor.config ?? {}).filter(([key]) => TOKEN_IDS.test(key)));
  const config = { ...model.config, ...ids, vocab_size: rows };
  await writeSmall(fs, join(folder, 'config.json'), jsonBytes(config));
  const own = await readFiles(fs, model.location.folder ?? '', [
    'preprocessor_config.json',
    'processor_config.json',
  ]);
  const theirs = await readFiles(fs, donor.location.folder ?? '', [...ALONG, ...VOCABULARY_FILES]);
  for (const [name, bytes] of [...own, ...theirs]) await writeSmall(fs, join(folder, name), bytes);
}
