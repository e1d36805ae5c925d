import { keyDirectory, listOwnKeys } from '../../../ops/gate/keys.ts';
import type { CommandSpec } from '../../command.ts';
import { table } from '../../io.ts';
import { jsonValue } from '../../json.ts';

export const list: CommandSpec = {
  name: 'list',
  summary: 'list your keys',
  example: 'mgit key list',
  run: async context => {
    const keys = await listOwnKeys(context.ports);
    const human =
      keys.length > 0
        ? table(keys.map(({ name, keyId, path }) => [name, keyId.slice(0, 16), path]))
        : `there are no keys in ${keyDirectory(context.ports)}`;
    return { json: jsonValue({ keys }), human };
  },
};
