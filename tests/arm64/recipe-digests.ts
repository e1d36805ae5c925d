/**
 * Prints a line for each merge method: the SHA-256 of what it computes over all cases of `tests/testkit/recipe-cases.ts`. Run on two kinds
 * of processors, it must say the same.
 */
import { createHash, type Hash } from 'node:crypto';
import { mergeInMemory } from '../testkit/merge-task.ts';
import { recipeCases } from '../testkit/recipe-cases.ts';

const hashes = new Map<string, Hash>();
for (const merge of recipeCases()) {
  const hash = hashes.get(merge.method) ?? createHash('sha256');
  hashes.set(merge.method, hash.update(await mergeInMemory(merge)));
}
for (const [method, hash] of hashes) console.log(`${method} ${hash.digest('hex')}`);
