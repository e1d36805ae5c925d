import { generateOwnKey } from '../../../ops/gate/keys.ts';
import { type CommandSpec, textArgument } from '../../command.ts';
import { jsonValue } from '../../json.ts';

export const generate: CommandSpec = {
  name: 'generate',
  summary: 'make an Ed25519 key that only you can read',
  arguments: [{ name: '[name]', description: 'default: default' }],
  example: 'mgit key generate laptop',
  run: async (context, input) => {
    const key = await generateOwnKey(context.ports, textArgument(input, 0) ?? 'default');
    return {
      json: jsonValue(key),
      human: `made key ${key.name} (${key.keyId.slice(0, 16)}): ${key.path}\nTo have it trusted: mgit key trust ${key.name}, then commit and land the public key.`,
    };
  },
};
