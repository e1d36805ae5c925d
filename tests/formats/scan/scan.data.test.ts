import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { scanFile } from '../../../src/formats/scan/scan.ts';
import { sharedData } from '../../testkit/shared-data.ts';

test('what scanners know as malicious is called dangerous, by name', async () => {
  const folder = sharedData('malicious-pickles');
  const answers: Record<string, string> = {};
  for (const file of globSync('**/*.*', { cwd: folder }).sort()) {
    const report = await scanFile(memoryByteSource(readFileSync(join(folder, file))));
    const names = report.names.filter(({ judgement }) => judgement === 'dangerous').map(({ name }) => name);
    answers[file] = [report.verdict, ...names].join(' ');
  }
  expect(answers).toMatchSnapshot();
});

test('checkpoints that people use are not', async () => {
  const folder = sharedData('models');
  for (const file of globSync('**/*.{pt,pth,th,ckpt,jit,tar,npy,npz,bin}', { cwd: folder })) {
    const { verdict } = await scanFile(memoryByteSource(readFileSync(join(folder, file))));
    expect(verdict, file).not.toBe('dangerous');
  }
});

test('reading hostile and broken files starts no process, writes no file and opens no connection', async () => {
  const script = join(import.meta.dirname, '../../testkit/scan-under-watch.ts');
  const folders = [sharedData('malicious-pickles'), sharedData('malformed')];
  const argv = ['--permission', '--allow-fs-read=*', '--no-warnings', script, ...folders];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  expect(Number(stdout)).toBe(folders.flatMap(cwd => globSync('**/*.*', { cwd })).length);
});
