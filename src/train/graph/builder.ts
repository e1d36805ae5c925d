import type { Attribute, ElementType, Graph, GraphConstant, GraphNode, Value } from './value.ts';

/** What a new node says about itself. */
export interface NewNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly shape: readonly number[];
  readonly type?: ElementType;
}

/** Collects a graph. The emitters in `emit/` know the operators; this knows only names and order. */
export interface GraphBuilder {
  input(name: string, shape: readonly number[], type?: ElementType): Value;
  /** A constant tensor; the same numbers are stored once. */
  constant(data: readonly number[], shape: readonly number[], type?: ElementType): Value;
  node(node: NewNode): Value;
  /** The numbers of a constant; undefined for every other value. */
  dataOf(value: Value): readonly number[] | undefined;
  /** Makes a value an output of the graph under a name of its own. */
  output(value: Value, name: string): Value;
  nodes(): readonly GraphNode[];
  finish(): Graph;
}

/** An empty graph under construction. */
export function createGraph(): GraphBuilder {
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  const nodes: GraphNode[] = [];
  const constants = new Map<string, GraphConstant>();
  const byName = new Map<string, GraphConstant>();
  const node = (spec: NewNode, name = `${spec.op}_${nodes.length}`): Value => {
    const output: Value = { name, type: spec.type ?? 'float32', shape: spec.shape };
    nodes.push({ op: spec.op, inputs: spec.inputs, attributes: spec.attributes ?? {}, output });
    return output;
  };
  const constant = (data: readonly number[], shape: readonly number[], type: ElementType): Value => {
    const key = `${type} ${shape} ${data}`;
    const known = constants.get(key);
    if (known) return known.value;
    const added = { value: { name: `constant_${constants.size}`, type, shape }, data };
    constants.set(key, added);
    byName.set(added.value.name, added);
    return added.value;
  };
  return {
    input: (name, shape, type = 'float32') => {
      const value: Value = { name, type, shape };
      inputs.push(value);
      return value;
    },
    constant: (data, shape, type = 'float32') => constant(data, shape, type),
    node: spec => node(spec),
    dataOf: value => byName.get(value.name)?.data,
    output: (value, name) => {
      const output = node({ op: 'Identity', inputs: [value], shape: value.shape, type: value.type }, name);
      outputs.push(output);
      return output;
    },
    nodes: () => nodes,
    finish: () => ({ inputs, outputs, constants: [...constants.values()], nodes }),
  };
}
