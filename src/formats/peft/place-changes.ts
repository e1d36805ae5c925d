import type { TensorChange } from './adapter-type.ts';
import { matchNames } from './match-names.ts';

/** A change by the checkpoint's names. `isNew`: the checkpoint has no such tensor. */
export type PlacedChange = TensorChange & { readonly name: string; readonly isNew: boolean };

/** What an adapter does to a checkpoint with tensors of these names; what is optional and not there is left out. Errors: `ADAPTER_MISMATCH`. */
export function placeChanges(
  changes: readonly TensorChange[],
  names: ReadonlySet<string>,
): readonly PlacedChange[] {
  const wanted = changes.filter(change => change.kind === 'computed' && !change.isOptional);
  const rename = matchNames(
    (wanted.length > 0 ? wanted : changes).map(({ target }) => target),
    names,
  );
  return changes.flatMap(change => {
    const name = rename(change.target);
    const isNew = !names.has(name);
    return change.kind === 'computed' && change.isOptional && isNew ? [] : [{ ...change, name, isNew }];
  });
}
