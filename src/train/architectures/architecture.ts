import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/value.ts';

/** How a parameter starts when there is no model file yet. */
export type Initial =
  | { readonly kind: 'kaiming-uniform'; readonly fanIn: number }
  | { readonly kind: 'constant'; readonly value: number };

/** A tensor of the model file that the architecture computes with. */
export interface ParameterSpec {
  /** As in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  /** False for running statistics. */
  readonly trainable: boolean;
  readonly initial: Initial;
}

/** Images as a network takes them: [channels, height, width]. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** A network as its config describes it. */
export interface Network {
  readonly architecture: string;
  /** In the order in which a new file holds them. */
  readonly parameters: readonly ParameterSpec[];
  readonly classes: number;
  /** Errors: `DATA_SHAPE` when the network cannot take such images. */
  checkImages(shape: ImageShape): void;
  /** Emits images [N, C, H, W], normalised, to logits [N, classes]. `parameter` gives a parameter's value by its name in the file. */
  forward(graph: GraphBuilder, images: Value, parameter: (name: string) => Value): Value;
}

/** One architecture. Registered in `registry.ts`. */
export interface Architecture {
  readonly name: string;
  /** Reads the architecture's own part of a config. Errors: `CONFIG_INVALID`. */
  network(config: Readonly<Record<string, unknown>>): Network;
}
