import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The absolute path of a file or folder of the public test data, in `MGIT_TEST_DATA` or beside the project. */
export function sharedData(...path: string[]): string {
  const root = process.env.MGIT_TEST_DATA ?? resolve(import.meta.dirname, '../../../shared/data');
  const found = join(root, ...path);
  if (!existsSync(found))
    throw new Error(`test data ${found} is absent: set MGIT_TEST_DATA to the folder that holds it`);
  return found;
}
