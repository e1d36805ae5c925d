/** With what the candidate is compared: every parent, the best of them, the merge base, or the target's tip. */
export type Against = 'base' | 'best-parent' | 'parents' | 'target';

/** Models as they are, or after the gate's throw-away fine-tune (a command's repetitions over seeds count as such). */
export type Stage = 'as-is' | 'probe';

/** One condition: not worse by `margin` or more, or (`improve`) better. Exactly one of the two is given. */
export interface AcceptRule {
  readonly metric: string;
  readonly against: Against;
  /** In the metric's own unit. */
  readonly margin?: number;
  readonly improve?: true;
  /** Of the one-sided bound; default 0.95. */
  readonly confidence?: number;
  readonly stage?: Stage;
  /** Default: by the metric's name. */
  readonly better?: 'higher' | 'lower';
}

/** A rule, or a group of which any one must hold (Holm's correction applies). */
export type Acceptance = AcceptRule | { readonly any_of: readonly AcceptRule[] };

/** The fine-tune that base, parents and candidate all get. */
export interface FinetunePolicy {
  /** Default `probe`. */
  readonly mode?: 'probe' | 'heal';
  /** Path of the recipe in the target's tree. */
  readonly recipe: string;
  /** Overrides the recipe's. */
  readonly steps?: number;
  readonly seeds?: readonly number[];
  /** Pins training data outside the tree. */
  readonly digest?: string;
}

/** The embedded evaluation. */
export interface EvaluationPolicy {
  readonly task: string;
  readonly data: string;
  /** `sha256:<hex>`; needed where the data is not in the tree. */
  readonly digest?: string;
  /** Part of the data set; default `test`. */
  readonly split?: 'train' | 'test';
  /** The first so many items. */
  readonly limit?: number;
  readonly metrics: readonly string[];
}

/** Data that a command reads. */
export interface CommandData {
  readonly path: string;
  readonly digest?: string;
}

/**
 * Data on which merges are tried before one of them is gated (`mgit merge-search`). What is absent is as in the gate's `eval` or `command`,
 * but for `limit`.
 */
export interface DevelopmentPolicy {
  /** Of an `eval`. */
  readonly split?: 'train' | 'test';
  readonly limit?: number;
  readonly digest?: string;
  /** Of a command: it is needed there. */
  readonly command?: readonly string[];
  /** A path (of an `eval`), or what a command reads. */
  readonly data?: string | readonly CommandData[];
}

/** One gate of `mgit.yaml`, named as there. It has either `eval` or `command`. */
export interface GatePolicy {
  readonly name: string;
  readonly finetune?: FinetunePolicy;
  readonly eval?: EvaluationPolicy;
  readonly command?: readonly string[];
  /** What the command writes; default `mgit`. */
  readonly results?: 'mgit' | 'lm-eval';
  /** The command runs once per seed. */
  readonly seeds?: readonly number[];
  readonly data?: readonly CommandData[];
  /** Seconds; default 3600. */
  readonly timeout?: number;
  readonly gpu?: string;
  readonly runner?: string;
  readonly development?: DevelopmentPolicy;
  readonly accept?: readonly Acceptance[];
}

/** How a branch is protected. */
export interface Protection {
  readonly gates: readonly string[];
  readonly reviewers?: number;
  /** Folder of public keys; default `keys/`. */
  readonly trusted_keys?: string;
}

/** All rules of a list, groups opened. */
export function flatRules(accept: readonly Acceptance[]): readonly AcceptRule[] {
  return accept.flatMap(item => ('any_of' in item ? item.any_of : [item]));
}
