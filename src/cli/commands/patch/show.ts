import { resolve } from 'node:path';
import { summarizePatch } from '../../../ops/patch/show.ts';
import { type CommandSpec, textArgument } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { patchText } from '../../views/patch.ts';

export const command: CommandSpec = {
  name: 'show',
  summary: 'say what is in a patch, what it needs, and what it takes',
  description: 'Works outside repositories, too.',
  arguments: [{ name: '<file>', description: 'a patch' }],
  example: 'mgit patch show topic.mpatch',
  run: async (context, input) => {
    const path = resolve(context.cwd, textArgument(input, 0) ?? '');
    const summary = await summarizePatch(context.ports.fs, path);
    return { json: jsonValue(summary), human: patchText(summary) };
  },
};
