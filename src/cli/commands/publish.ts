import type { JsonValue } from '../../base/canonical-json.ts';
import { type PublishOutcome, publish } from '../../ops/publish/publish.ts';
import { openRepository } from '../../ops/repository.ts';
import { type CommandSpec, flagOption, textArgument } from '../command.ts';
import { type CliIo, formatBytes, paint, table } from '../io.ts';

export const command: CommandSpec = {
  name: 'publish',
  summary: 'publish a revision with config, licence and a model card',
  description:
    'Destinations: hf://organisation/name (HF_TOKEN, HF_ENDPOINT) or a directory. The card tells lineage, merge method and gate results.',
  arguments: [
    { name: '<rev>', description: 'the revision, for example a tag' },
    { name: '<destination>', description: 'hf://organisation/name, or a directory' },
  ],
  options: [{ flags: '-n, --dry-run', description: 'show what would be published' }],
  example: 'mgit publish v1.2.0 hf://organisation/digits',
  confirms: true,
  run: async (context, input) => {
    await using repository = await openRepository(context.ports, context.cwd);
    const outcome = await publish(repository, {
      revision: textArgument(input, 0) ?? 'HEAD',
      target: textArgument(input, 1) ?? '.',
      cwd: context.cwd,
      dryRun: flagOption(input, 'dryRun'),
      onEvent: context.onEvent,
      signal: context.signal,
    });
    return { json: outcome as unknown as JsonValue, human: describe(context.io, outcome) };
  },
};

function describe(io: CliIo, outcome: PublishOutcome): string {
  const files = table(
    outcome.files.map(file => [`  ${file.path}`, formatBytes(file.size), file.sha256.slice(0, 12)]),
    ['left', 'right'],
  );
  const commit = outcome.commit.slice(0, 12);
  if (!outcome.result)
    return `would publish ${commit} to ${outcome.destination}:\n${files}\n\n${outcome.card.trimEnd()}`;
  return `${paint(io, 'green', 'published')} ${commit} to ${outcome.result.url}\n${files}`;
}
