import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PackId } from '../../../src/base/ids.ts';
import { directoryBackend } from '../../../src/remote/backends/directory.ts';
import { outgoingPack } from '../../testkit/outgoing-packs.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';
import { backendContract } from './contract.ts';

const pathIn = (root: string) => (id: PackId) => join(root, 'packs', `${id}.pack`);
const backendIn = (root: string) =>
  directoryBackend(testPorts(root), {
    location: root,
    temporaryDirectory: join(root, 'tmp'),
    packsDirectory: join(root, 'packs'),
  });

describe('directory backend', () => {
  backendContract(async root => ({
    backend: backendIn(root),
    damage: async ({ pointer }) => {
      const path = pathIn(root)(pointer.id);
      const bytes = await readFile(path);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      await chmod(path, 0o644);
      await writeFile(path, bytes);
    },
  }));

  test('a file that is not its pointer leaves nothing behind', async () => {
    await using home = await temporaryDirectory();
    const pack = await outgoingPack(home.path, 1, 1000);
    await writeFile(pack.path, 'something else');
    await expect(backendIn(home.path).save([pack])).rejects.toMatchObject({ code: 'TRANSFER_CORRUPT' });
    expect(await readdir(join(home.path, 'tmp'))).toEqual([]);
    expect(await backendIn(home.path).has([pack.pointer])).toEqual([]);
  });
});
