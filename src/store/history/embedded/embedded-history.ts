import { MgitError } from '../../../base/errors.ts';
import type { History } from '../history.ts';
import type { OpenHistoryOptions } from '../open.ts';

export async function openEmbeddedHistory(_options: OpenHistoryOptions): Promise<History> {
  throw new MgitError('HISTORY_UNKNOWN', 'the embedded history is being built');
}
