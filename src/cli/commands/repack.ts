import { counted } from '../../base/counted.ts';
import { repackRepository } from '../../ops/maintenance/repack.ts';
import type { CommandSpec } from '../command.ts';
import { formatBytes } from '../io.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'repack',
  summary: 'code tensors against better bases and put small packs together; no commit changes',
  example: 'mgit repack',
  run: context =>
    withRepository(context, async repository => {
      const result = await repackRepository(repository, longOperation(context));
      const { recoded, bytesBefore, bytesAfter, removed, written } = result;
      const human =
        removed.length === 0
          ? 'nothing to gain'
          : `${counted(recoded, 'tensor')} coded anew, ${formatBytes(bytesBefore)} to ${formatBytes(bytesAfter)}; ${counted(removed.length, 'pack')} became ${written.length}`;
      return { json: jsonValue(result), human };
    }),
};
