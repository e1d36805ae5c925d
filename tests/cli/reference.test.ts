import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CommandSpec } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands/registry.ts';

const FILE = 'docs/cli.md';

const HEAD = `# Command line

Generated from the commands themselves: \`UPDATE=1 npx vitest run --project unit tests/cli/reference.test.ts\` writes it anew.

Every command takes \`-h, --help\`, \`-C <dir>\` (run as if started there), \`--json\` (one JSON document on stdout), \`--json-stream\` (events as JSON
lines, the result last), \`-q, --quiet\`, \`-v, --verbose\` and \`--no-color\` (or \`NO_COLOR\`). Data goes to stdout, progress and messages to stderr.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | refused or failed, and why |
| 2 | wrong usage |
| 3 | a gate rejected |
| 4 | conflicts are left to resolve |
| 5 | a gate was inconclusive |
| 6 | a gate could not run |
| 70 | a bug in mgit |

An error is \`error[CODE]: what happened\` and \`hint: what to do\` on stderr; with \`--json\` also \`{"error":{"code","message","hint"}}\` on stdout.
`;

test(`${FILE} is what the commands say`, async () => {
  const specs = await Promise.all(COMMANDS.filter(entry => !entry.hidden).map(entry => entry.load()));
  const text = `${HEAD}\n${specs.map(spec => section(spec, 'mgit', 2)).join('\n')}`;
  if (process.env.UPDATE) writeFileSync(FILE, text);
  expect(existsSync(FILE) ? readFileSync(FILE, 'utf8') : '').toBe(text);
});

test('the list of commands tells of each what the command itself tells', async () => {
  for (const entry of COMMANDS) {
    const spec = await entry.load();
    expect({ name: spec.name, summary: spec.summary }).toEqual({ name: entry.name, summary: entry.summary });
    expect(spec.example).toMatch(/mgit/);
  }
});

function section(spec: CommandSpec, parent: string, depth: number): string {
  const name = `${parent} ${spec.name}`;
  const usage = [name, ...(spec.arguments ?? []).map(argument => argument.name)].join(' ');
  const parts = [
    `${'#'.repeat(depth)} ${name}`,
    `${sentence(spec.summary)}${spec.description ? ` ${spec.description.replaceAll('\n', ' ')}` : ''}`,
    ...(spec.run ? [`    ${usage}`] : []),
    rows([
      ...(spec.arguments ?? []).map(({ name: argument, description }) => [argument, description] as const),
    ]),
    rows((spec.options ?? []).map(option => [option.flags, describe(option)] as const)),
    `Example: \`${spec.example}\``,
  ];
  const own = `${parts.filter(part => part !== '').join('\n\n')}\n`;
  return [own, ...(spec.subcommands ?? []).map(sub => section(sub, name, depth + 1))].join('\n');
}

function describe(option: NonNullable<CommandSpec['options']>[number]): string {
  const choices = option.choices ? ` (${option.choices.join(', ')})` : '';
  return `${option.description}${choices}${option.repeatable ? '; may be repeated' : ''}`;
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, text]) => `- \`${name}\`: ${text.replaceAll('\n', ' ')}`).join('\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
