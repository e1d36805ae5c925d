import { MgitError } from '../../../base/errors.ts';
import type { History } from '../history.ts';
import type { EmbeddedObjects } from './embedded-objects.ts';
import type { RefFiles } from './ref-files.ts';

type TransferMethods = Pick<History, 'listRemoteRefs' | 'fetchObjects' | 'pushRefs'>;

export interface TransferContext extends Pick<History, 'config' | 'configAll' | 'listConfig' | 'isAncestor'> {
  readonly files: RefFiles;
  readonly store: EmbeddedObjects;
}

export function embeddedTransfer(_context: TransferContext): TransferMethods {
  const no = async (): Promise<never> => {
    throw new MgitError('REMOTE_UNSUPPORTED', 'not yet');
  };
  return { listRemoteRefs: no, fetchObjects: no, pushRefs: no };
}
