/** A tensor's name as one of a stack of layers: `<stack>.<layer>.<rest>`. */
export interface LayerName {
  readonly stack: string;
  readonly layer: number;
  readonly rest: string;
}

/** Takes a tensor's name apart at its first number; undefined for tensors outside of layers. Source: mergekit, `architecture/auto.py`. */
export function layerName(tensor: string): LayerName | undefined {
  const match = /\.(\d{1,6})\./.exec(tensor);
  if (match?.[1] === undefined) return undefined;
  const after = match.index + match[0].length;
  return { stack: tensor.slice(0, match.index), layer: Number(match[1]), rest: tensor.slice(after) };
}

/**
 * Names of what follows the layers in the architectures that mergekit defines: the last normalisation, and heads. Everything else outside of
 * layers comes before them.
 */
const AFTER_LAYERS =
  /(?:^|\.)(?:norm|ln_f|final_norm|final_layernorm|final_layer_norm|layer_norm|norm_f|head|lm_head|embed_out|output|score|classifier|qa_outputs|pooler|cls|predictions)(?:\.|$)/;

/** How far into the model a tensor outside of layers is: 0 before them, 1 behind them. Embeddings come before, whatever they are called within. */
export function depthOutside(tensor: string): 0 | 1 {
  return AFTER_LAYERS.test(tensor) && !/(?:^|\.)embeddings\./.test(tensor) ? 1 : 0;
}

/** How far into its stack a layer is, from 0 to 1; a single layer is at the end. Source: mergekit, `plan.py`. */
export function depthOfLayer(layer: number, layers: number): number {
  return layers > 1 ? layer / (layers - 1) : 1;
}

/** The layers of each stack, by the stack's name. */
export function countLayers(tensors: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const tensor of tensors) {
    const name = layerName(tensor);
    if (name) counts.set(name.stack, Math.max(counts.get(name.stack) ?? 0, name.layer + 1));
  }
  return counts;
}
