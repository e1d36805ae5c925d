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
}
