import { counted } from '../../base/counted.ts';
import { cloneRepository } from '../../ops/transfer/clone.ts';
import { type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';
import { depthOption } from '../depth-option.ts';
import { jsonValue } from '../json.ts';
import { packsText } from '../views/transfer.ts';
import { longOperation } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'clone',
  summary: 'make a repository of a remote one',
  arguments: [
    { name: '<url>', description: 'https://, ssh:// or a path' },
    { name: '[dir]', description: 'default: the last part of the URL' },
  ],
  options: [
    { flags: '-b, --branch <name>', description: "check out this branch instead of the remote's default" },
    { flags: '-o, --origin <name>', description: 'name of the remote (default: origin)' },
    { flags: '-n, --no-checkout', description: 'do not write the files' },
    { flags: '--bare', description: 'a repository without files' },
    { flags: '--filter <glob>', description: 'bring these tensors only, or "none"; others come when needed' },
    { flags: '--depth <n>', description: 'commits of history behind each branch' },
  ],
  example: 'mgit clone https://example.org/team/digits.git',
  confirms: true,
  run: async (context, input) => {
    const result = await cloneRepository(context.ports, {
      ...longOperation(context),
      url: textArgument(input, 0) ?? '',
      cwd: context.cwd,
      directory: textArgument(input, 1),
      branch: textOption(input, 'branch'),
      remoteName: textOption(input, 'origin'),
      bare: flagOption(input, 'bare'),
      checkout: input.options.checkout !== false,
      filter: textOption(input, 'filter'),
      depth: depthOption(input),
    });
    const state = result.commit === undefined ? 'which has no commits yet' : counted(result.files, 'file');
    const packs = packsText('received', result.fetched.packs);
    return {
      json: jsonValue({ ...result, commit: result.commit ?? null, fetched: jsonOf(result.fetched) }),
      human: [`cloned into ${result.directory}: ${result.branch}, ${state}`, packs]
        .filter(Boolean)
        .join('\n'),
    };
  },
};

function jsonOf(fetched: Awaited<ReturnType<typeof cloneRepository>>['fetched']): object {
  return { ...fetched, defaultBranch: fetched.defaultBranch ?? null };
}
