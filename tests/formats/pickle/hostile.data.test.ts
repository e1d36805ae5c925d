import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { detectFormat } from '../../../src/formats/registry.ts';
import { sharedData } from '../../testkit/shared-data.ts';

test('files made to harm whoever loads them are refused by the name of what they would call, or hold only data', async () => {
  const folder = sharedData('malicious-pickles');
  const answers: Record<string, string> = {};
  for (const file of globSync('**/*.*', { cwd: folder }).sort()) {
    const source = memoryByteSource(readFileSync(`${folder}/${file}`));
    answers[file] = await detectFormat(source)
      .then(format => format.parse(source))
      .then(
        ({ format, tensors }) => `${format} with ${tensors.length} tensors`,
        error => `${error.code}: ${error.message}`,
      );
  }
  expect(answers).toMatchSnapshot();
});
