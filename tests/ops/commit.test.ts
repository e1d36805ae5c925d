import { expect, test } from 'vitest';
import { scene } from '../testkit/scene.ts';

test('an mgit.yaml that cannot be read is kept out, and one that plain git let in can be repaired', async () => {
  await using day = await scene();
  await day.write('mgit.yaml', 'version: 1\nmerge:\n  metod: linear\n');
  await day.mgit('add', '.');
  const refused = await day.attempt('commit', '-m', 'broken');
  expect(refused.stderr).toContain(
    'error[PROJECT_FILE_INVALID]: mgit.yaml:3:3: merge has an unknown key "metod"',
  );
  await day.git('commit', '-qm', 'broken');
  await day.write('README.md', 'more\n');
  await day.mgit('add', '.');
  expect((await day.attempt('commit', '-m', 'more')).stderr).toContain('error[PROJECT_FILE_INVALID]');
  await day.write('mgit.yaml', 'version: 1\nmerge:\n  method: linear\n');
  expect(await day.mgit('commit', '-am', 'repaired')).toContain('repaired');
});

test('a protected branch takes no commit, whatever mgit.yaml is staged', async () => {
  await using day = await scene();
  await day.write('mgit.yaml', 'version: 1\nprotect:\n  main: { gates: [] }\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'protect');
  await day.write('mgit.yaml', 'version: 1\n');
  expect((await day.attempt('commit', '-am', 'lift')).stderr).toContain('error[BRANCH_PROTECTED]');
});
