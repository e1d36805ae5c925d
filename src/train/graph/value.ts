import { elementCount } from '../../tensor/dtype.ts';

/** Element types that graphs compute with. */
export type ElementType = 'float32' | 'int64' | 'bool';

/** A tensor inside a graph. Shapes are static: one graph serves one batch size. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Gradients stop here. */
  readonly detached?: boolean;
}

/** A node's attribute. ONNX tells integers and reals apart, JavaScript does not, so the kind is explicit. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number };

/** One application of an ONNX operator with one output. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly output: Value;
}

/** A tensor stored in the model file: small constants only, weights are inputs. */
export interface GraphConstant {
  readonly value: Value;
  readonly data: readonly number[];
}

/** A finished graph, nodes in an order in which they can run. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: readonly GraphConstant[];
  readonly nodes: readonly GraphNode[];
}

/** Elements of a value. */
export function sizeOf(value: Value): number {
  return elementCount(value.shape);
}
