/** Freezes a repository of the current format and the digests of its kernels as fixtures: once for each released version, never again. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeze } from '../tests/testkit/frozen/freeze.ts';
import { kernelDigests } from '../tests/testkit/frozen/kernel-digests.ts';

const [version] = process.argv.slice(2);
const directory = join(import.meta.dirname, '..', 'tests', 'fixtures', `format-${version}`);
if (!version || existsSync(directory))
  throw new Error(`name a version that is not frozen yet; ${directory} is`);
await freeze(directory);
mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'kernels.json'), `${JSON.stringify(await kernelDigests(), null, 2)}\n`);
