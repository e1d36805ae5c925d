/** Parameters of a merge method as written by a person; the method's own table validates them. */
export type MergeParameters = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/** What happens to the tensors whose names match: another method, other parameters, or one side as it is. */
export interface MergeRule {
  /** A glob, or several. The first rule that matches decides. */
  readonly match: string | readonly string[];
  readonly method?: string;
  readonly take?: 'ours' | 'theirs' | 'base';
  readonly parameters?: MergeParameters;
}

/** The `merge` section of `mgit.yaml`. */
export interface MergeSettings {
  readonly method?: string;
  readonly parameters?: MergeParameters;
  readonly rules?: readonly MergeRule[];
  readonly measure?: MeasureData;
}

/** Data on which methods measure the models. */
export interface MeasureData {
  /** Paths from the work tree: one for all models, or one for each, ours first. */
  readonly data?: string | readonly string[];
  /** Default `train`. */
  readonly split?: 'train' | 'test';
  /** Items that are drawn of each. */
  readonly examples?: number;
  /** Of a search for coefficients. */
  readonly steps?: number;
  readonly seed?: number;
}
