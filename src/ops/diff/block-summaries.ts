import type { TensorChange } from './model-diff.ts';

/** What changed in the part of a model whose tensors share the beginning of their names. */
export interface BlockSummary {
  readonly block: string;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Over the changed tensors together; null where none could be measured. */
  readonly relativeL2: number | null;
  readonly maxAbs: number | null;
  readonly nanAfter: number;
}

/** Collects the summaries of a model's blocks. */
export interface BlockSummaries {
  /** `change` undefined: the tensor is the same in both versions. */
  add(name: string, change: Pick<TensorChange, 'kind' | 'difference'> | undefined): void;
  /** In the order in which the blocks were first seen. */
  summaries(): readonly BlockSummary[];
}

/** A block while it is collected; squares, so that norms add up. */
interface Collected {
  added: number;
  removed: number;
  changed: number;
  unchanged: number;
  l2Squared: number;
  normSquared: number;
  maxAbs: number | null;
  nanAfter: number;
}

/** Empty summaries. */
export function createBlockSummaries(): BlockSummaries {
  const blocks = new Map<string, Collected>();
  return {
    add: (name, change) => {
      const block = blockOf(name);
      const collected = blocks.get(block) ?? emptyBlock();
      blocks.set(block, collected);
      collected[change?.kind ?? 'unchanged']++;
      if (change?.difference) addDifference(collected, change.difference);
    },
    summaries: () => [...blocks].map(([block, collected]) => summaryOf(block, collected)),
  };
}

/**
 * The block that a tensor belongs to: its name up to the first part that is a number (`model.layers.3`), else its first part
 * (`fc1` of `fc1.weight`).
 */
export function blockOf(name: string): string {
  const numbered = NUMBERED.exec(name);
  return numbered?.[0] ?? name.split('.', 1)[0] ?? '';
}

/** Up to a part that is a number, neither the first nor the last. */
const NUMBERED = /^(?!\d+(?:\.|$))[^.]*(?:\.(?!\d+(?:\.|$))[^.]*)*\.\d+(?=\.)/;

function emptyBlock(): Collected {
  return {
    added: 0,
    removed: 0,
    changed: 0,
    unchanged: 0,
    l2Squared: 0,
    normSquared: 0,
    maxAbs: null,
    nanAfter: 0,
  };
}

function addDifference(collected: Collected, difference: NonNullable<TensorChange['difference']>): void {
  const { l2, normBefore, maxAbs, nanAfter } = difference;
  collected.nanAfter += nanAfter;
  if (l2 === null || normBefore === null || maxAbs === null) return;
  collected.l2Squared += l2 ** 2;
  collected.normSquared += normBefore ** 2;
  collected.maxAbs = Math.max(collected.maxAbs ?? 0, maxAbs);
}

function summaryOf(block: string, { l2Squared, normSquared, ...rest }: Collected): BlockSummary {
  const isMeasured = rest.maxAbs !== null && normSquared > 0;
  return { block, ...rest, relativeL2: isMeasured ? Math.sqrt(l2Squared / normSquared) : null };
}
