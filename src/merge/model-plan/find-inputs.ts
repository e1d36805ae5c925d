import { MgitError } from '../../base/errors.ts';
import type { InputModel, InputTensor } from './input-model.ts';
import type { ModelsByName, OutputSource, OutputTensor } from './output-tensors.ts';

/** What to do about tensors that not all models have: refuse the merge, leave them out, or merge those of the models that have them. */
export type MissingTensors = 'refuse' | 'leave-out' | 'merge-present';

const OUTPUT_EMBEDDING = /(?:^|\.)(?:lm_head|embed_out|output)\.weight$/;
const INPUT_EMBEDDING = /(?:^|\.)(?:embed_tokens|wte|word_embeddings|embed_in|tok_embeddings)\.weight$/;

/** The tensor of a model that a source means. Where the output embedding is tied and not stored, it is the input embedding. */
export function findInput(model: InputModel | undefined, name: string): InputTensor | undefined {
  const found = model?.tensors.get(name);
  if (found || !model || !OUTPUT_EMBEDDING.test(name)) return found;
  if (model.config?.tie_word_embeddings === false) return undefined;
  return inputEmbedding(model);
}

/** The embedding of a model's tokens. */
export function inputEmbedding({ tensors }: InputModel): InputTensor | undefined {
  for (const [name, tensor] of tensors)
    if (INPUT_EMBEDDING.test(name) && tensor.shape.length === 2) return tensor;
  return undefined;
}

/** Rows of a model's embedding: what its `config.json` says, unless the embedding has fewer. */
export function vocabularyRows(model: InputModel): number | undefined {
  const rows = inputEmbedding(model)?.shape[0];
  const said = model.config?.vocab_size;
  if (typeof said !== 'number') return rows;
  return rows === undefined ? said : Math.min(rows, said);
}

/** True for tensors with a row for each token: embeddings, heads and their biases. */
export function isVocabularyTensor(model: InputModel, { name, shape }: InputTensor): boolean {
  if (!/embed|wte|lm_head|predictions|(?:^|\.)output\./.test(name) || /norm|position|token_type/i.test(name))
    return false;
  return shape[0] === inputEmbedding(model)?.shape[0] || shape[0] === model.config?.vocab_size;
}

/** Deals with tensors that not all of their sources have. Errors: `MERGE_TENSOR_MISSING`. */
export function presentTensors(
  tensors: readonly OutputTensor[],
  models: ModelsByName,
  missing: MissingTensors,
): readonly OutputTensor[] {
  const has = ({ source, name }: OutputSource): boolean =>
    findInput(models.get(source.model), name) !== undefined;
  const lacking: string[] = [];
  const present = tensors.flatMap(tensor => {
    const absent = tensor.sources.filter(source => !has(source));
    if (absent.length === 0) return [tensor];
    if (missing === 'leave-out') return [];
    if (missing === 'merge-present') return [{ ...tensor, sources: tensor.sources.filter(has) }];
    lacking.push(...absent.map(({ source, name }) => `${name} in ${source.model}`));
    return [];
  });
  if (lacking.length > 0) throw tensorMissing(lacking);
  return present;
}

function tensorMissing(lacking: readonly string[]): MgitError {
  const more = lacking.length > 5 ? ` and ${lacking.length - 5} more` : '';
  return new MgitError('MERGE_TENSOR_MISSING', `missing: ${lacking.slice(0, 5).join(', ')}${more}`, {
    hint: 'merge models of one architecture, or give --tensor-intersection or --tensor-union',
    details: { tensors: lacking },
  });
}
