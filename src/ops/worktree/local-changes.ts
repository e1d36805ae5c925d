import { MgitError } from '../../base/errors.ts';

/** The refusal to lose what is only in the work tree or the index. `details.paths` holds all paths. */
export function localChanges(paths: readonly string[], hint: string): MgitError {
  const shown = paths.slice(0, 10).join(', ');
  const more = paths.length > 10 ? ` and ${paths.length - 10} more` : '';
  return new MgitError('LOCAL_CHANGES', `local changes would be lost: ${shown}${more}`, {
    hint,
    details: { paths },
  });
}
