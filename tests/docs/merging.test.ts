import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeParameter } from '../../src/cli/views/merge.ts';
import type { ComputingMethod, MergeMethod } from '../../src/merge/method.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';

const FILE = 'docs/merging.md';
const [BEGIN, END] = ['<!-- methods -->\n', '<!-- end of methods -->'];

test(`${FILE} lists the methods as they describe themselves`, () => {
  const page = readFileSync(FILE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
  const text = `\n${METHODS.map(section).join('\n')}\n`;
  const wanted = page.slice(0, before) + text + page.slice(after);
  if (process.env.UPDATE) writeFileSync(FILE, wanted);
  expect(readFileSync(FILE, 'utf8')).toBe(wanted);
});

function section(method: MergeMethod): string {
  const { name, summary, whenToUse, source } = method;
  const facts = method.kind === 'compute' ? [modelsOf(method)] : [];
  return [
    `### \`${name}\`\n`,
    `${sentence(summary)} For ${whenToUse}. ${[...facts, `Source: ${linked(source)}`].join(' ')}\n`,
    ...(method.kind === 'compute' ? parametersOf(method) : []),
  ].join('\n');
}

function modelsOf({ models: { minimum, maximum }, baseRole, parameters }: ComputingMethod): string {
  const count = minimum === maximum ? `exactly ${minimum}` : `${minimum} or more`;
  const base = {
    unused: '',
    origin: '; changes are counted from the base',
    first: '; the base of a mergekit recipe is the first',
  }[baseRole];
  const numerics = parameters.some(({ name }) => name === 'numerics') ? ' Takes `numerics`.' : '';
  return `Models: ${count}${base}.${numerics}`;
}

function parametersOf({ parameters }: ComputingMethod): string[] {
  const rows = parameters
    .filter(({ name }) => name !== 'numerics')
    .map(parameter => {
      const type = parameter.choices?.join(' or ') ?? parameter.type;
      return `- \`${parameter.name}\` (${type}${parameter.perModel ? ' per model' : ''}): ${describeParameter(parameter)}`;
    });
  return rows.length === 0 ? [] : [`${rows.join('\n')}\n`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function linked(source: string): string {
  return source.replace(/https:[^\s;]+/g, '<$&>');
}
