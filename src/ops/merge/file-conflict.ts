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

/** Conflicts of tensors for the same reason are told apart up to so many. */
const TOLD_APART = 3;

/** A sentence per conflict, with its ways out, for a person; many tensors in conflict for the same reason are one. */
export function describeConflict(conflict: FileConflict): readonly string[] {
  const { path } = conflict;
  switch (conflict.kind) {
    case 'text':
      return [
        `${path}: ${conflict.regions} ${conflict.regions === 1 ? 'place' : 'places'} changed on both sides; edit the file, then mgit add ${path}`,
      ];
    case 'file':
      return [
        `${path}: ${REASONS[conflict.reason]}; mgit add or mgit rm it, or ${taking(path, conflict.resolutions)}`,
      ];
    default:
      return describeTensors(path, conflict.tensors);
  }
}

function describeTensors(path: string, tensors: readonly TensorConflict[]): readonly string[] {
  const groups = Map.groupBy(tensors, ({ message }) => message);
  return [...groups.values()].flatMap(group => {
    const [first] = group;
    if (first === undefined || group.length <= TOLD_APART) return group.map(tensor => describe(path, tensor));
    const names = group.slice(0, TOLD_APART).map(({ name }) => name);
    const listed = `${group.length} tensors (${names.join(', ')}, ...)`;
    const glob = groups.size === 1 ? path : `${path}:<glob>`;
    return [`${path}: ${listed}: ${first.message}; ${taking(glob, first.resolutions)}`];
  });
}

function describe(path: string, { name, message, resolutions, ...versions }: TensorConflict): string {
  return `${path}: ${name}: ${message}${differing(versions)}; ${taking(name, resolutions)}`;
}

/** What the sides have where that is the conflict. */
function differing({ reason, models }: Pick<TensorConflict, 'reason' | 'models'>): string {
  if (reason !== 'shape-differs' && reason !== 'dtype-differs') return '';
  const all = models.map(side => (side ? `${side.dtype} [${side.shape.join(', ')}]` : 'none'));
  return `: ${all.join(' and ')}`;
}

function taking(glob: string, sides: readonly Side[]): string {
  return `-X take:${glob}=${sides.join('|')}`;
}
