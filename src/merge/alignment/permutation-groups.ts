/** An axis of a tensor that a permutation turns. */
export interface PermutedAxis {
  readonly tensor: string;
  readonly axis: number;
}

/** Axes that are permuted together without changing what the model computes: the units of one layer. */
export interface PermutationGroup {
  readonly name: string;
  readonly size: number;
  readonly axes: readonly PermutedAxis[];
}

/** Axes by patterns of names, in which one `*` stands for the same text in all: a group for each text for which all required ones are there. */
export interface GroupPattern {
  readonly axes: readonly { readonly tensor: string; readonly axis: number; readonly isOptional?: boolean }[];
}

const required = (tensor: string, axis: number) => ({ tensor, axis });
const optional = (tensor: string, axis: number) => ({ tensor, axis, isOptional: true });

/** Units between two layers of one block, whose order nothing else sees. Names as in transformers, torchvision and timm. */
export const BUNDLED_PATTERNS: readonly GroupPattern[] = [
  {
    axes: [
      required('*.mlp.gate_proj.weight', 0),
      required('*.mlp.up_proj.weight', 0),
      required('*.mlp.down_proj.weight', 1),
      optional('*.mlp.gate_proj.bias', 0),
      optional('*.mlp.up_proj.bias', 0),
    ],
  },
  {
    axes: [
      required('*.intermediate.dense.weight', 0),
      optional('*.intermediate.dense.bias', 0),
      required('*.output.dense.weight', 1),
    ],
  },
  {
    axes: [
      required('*.mlp.c_fc.weight', 1),
      optional('*.mlp.c_fc.bias', 0),
      required('*.mlp.c_proj.weight', 0),
    ],
  },
  {
    axes: [required('*.mlp.fc1.weight', 0), optional('*.mlp.fc1.bias', 0), required('*.mlp.fc2.weight', 1)],
  },
  {
    axes: [
      required('*.conv1.weight', 0),
      optional('*.conv1.bias', 0),
      required('*.bn1.weight', 0),
      required('*.bn1.bias', 0),
      required('*.bn1.running_mean', 0),
      required('*.bn1.running_var', 0),
      required('*.conv2.weight', 1),
    ],
  },
];

/** Shapes by the names of tensors. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** The groups that patterns find among tensors; axes that do not have the same length make none. */
export function groupsOf(patterns: readonly GroupPattern[], shapes: Shapes): readonly PermutationGroup[] {
  return patterns.flatMap(({ axes }) => {
    const [first] = axes;
    if (!first) return [];
    return [...shapes.keys()].flatMap(name => {
      const stem = stemOf(name, first.tensor);
      const group = stem === undefined ? undefined : groupAt(stem, axes, shapes);
      return group ? [group] : [];
    });
  });
}

function stemOf(name: string, pattern: string): string | undefined {
  const [head = '', tail] = pattern.split('*');
  if (tail === undefined) return name === pattern ? '' : undefined;
  const isFit = name.startsWith(head) && name.endsWith(tail) && name.length > head.length + tail.length;
  return isFit ? name.slice(head.length, name.length - tail.length) : undefined;
}

function groupAt(stem: string, axes: GroupPattern['axes'], shapes: Shapes): PermutationGroup | undefined {
  const placed = axes.map(axis => ({ ...axis, tensor: axis.tensor.replace('*', stem) }));
  const [first] = placed;
  const found = placed.filter(({ tensor }) => shapes.has(tensor));
  if (placed.some(({ tensor, isOptional }) => !isOptional && !shapes.has(tensor))) return undefined;
  const sizes = new Set(found.map(({ tensor, axis }) => shapes.get(tensor)?.[axis] ?? 0));
  const [size = 0] = sizes;
  if (sizes.size !== 1 || size < 2) return undefined;
  return {
    name: stem || (first?.tensor ?? ''),
    size,
    axes: found.map(({ tensor, axis }) => ({ tensor, axis })),
  };
}

/** The hidden layers of a network of fully connected ones, whose weights [out, in] follow each other. */
export function layerGroups(weights: readonly string[], shapes: Shapes): readonly PermutationGroup[] {
  return weights.slice(0, -1).map((weight, at) => {
    const bias = weight.replace(/weight$/, 'bias');
    return {
      name: weight.replace(/\.weight$/, ''),
      size: shapes.get(weight)?.[0] ?? 0,
      axes: [
        { tensor: weight, axis: 0 },
        ...(shapes.has(bias) ? [{ tensor: bias, axis: 0 }] : []),
        { tensor: weights[at + 1] as string, axis: 1 },
      ],
    };
  });
}
