import { MgitError } from '../../base/errors.ts';

/** The error of work that another process has overtaken. */
export function storeChanged(): MgitError {
  return new MgitError('STORE_CHANGED', 'another process has removed packs that this command relies on', {
    hint: 'run the command again; nothing is lost',
  });
}
