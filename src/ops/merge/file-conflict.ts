import type { Side, TensorConflict } from '../../merge/conflict.ts';

/** A path whose merge needs a decision: a recorded value that `status` lists and `merge --continue` deals with. */
export type FileConflict =
  | { readonly kind: 'tensors'; readonly path: string; readonly tensors: readonly TensorConflict[] }
  | {
      readonly kind: 'text';
      readonly path: string;
      /** Places that both sides changed, marked in the file. */
      readonly regions: number;
      readonly resolutions: readonly ['edit'];
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly reason: 'modify-delete' | 'binary' | 'type-differs';
      readonly resolutions: readonly Side[];
    };

const REASONS = {
  'modify-delete': 'changed on one side and deleted on another',
  binary: 'changed on both sides, and it is no text',
  'type-differs': 'of different types on the two sides',
} as const;

/** One sentence per conflict, with its ways out, for a person. */
export function describeConflict(conflict: FileConflict): readonly string[] {
  const { path } = conflict;
  switch (conflict.kind) {
    case 'text':
      return [
        `${path}: ${conflict.regions} ${conflict.regions === 1 ? 'place' : 'places'} changed on both sides; edit the file, then mgit add ${path}`,
      ];
    case 'file':
      return [
        `${path}: ${REASONS[conflict.reason]}; mgit add or mgit rm it, or -X take:${path}=${conflict.resolutions.join('|')}`,
      ];
    default:
      return conflict.tensors.map(
        tensor =>
          `${path}: ${tensor.name}: ${tensor.message}; -X take:${tensor.name}=${tensor.resolutions.join('|')}`,
      );
  }
}
