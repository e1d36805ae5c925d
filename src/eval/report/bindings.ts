import type { CommitId, ObjectId } from '../../base/ids.ts';

/** Something a gate read, and the SHA-256 of it: of a file's bytes, or of a folder's listing (`docs/gates.md`). */
export interface BoundData {
  /** As the policy names it. */
  readonly path: string;
  readonly use: 'eval' | 'train' | 'command' | 'recipe';
  readonly source: 'tree' | 'outside';
  readonly digest: string;
}

/**
 * What a report is about, beyond its numbers. Everything here follows from the repository alone, so a verifier computes it again
 * and compares: a report fits exactly one candidate, tip, policy and set of data.
 */
export interface ReportBindings {
  readonly gate: string;
  readonly candidate: {
    readonly commit: CommitId;
    readonly tree: ObjectId;
    /** Model manifests: SHA-256 of the manifest's text. */
    readonly models: readonly { readonly path: string; readonly digest: string }[];
  };
  readonly target: { readonly ref: string; readonly tip: CommitId };
  readonly base: CommitId;
  readonly parents: readonly CommitId[];
  /** The merge that was healed, where the candidate is its healed child. */
  readonly healedFrom: CommitId | null;
  readonly policy: {
    /** SHA-256 of the canonical JSON of the gate and its branch's protection. */
    readonly digest: string;
    /** The blob of `mgit.yaml` at the tip. */
    readonly projectFile: ObjectId;
  };
  /** The files by which the candidate changes policy, keys or what gates read; the signer allowed exactly these. */
  readonly policyChanges: readonly string[];
  readonly policyChange: boolean;
  readonly recipes: readonly BoundData[];
  readonly data: readonly BoundData[];
  readonly seeds: readonly number[];
}
