import { counted } from '../../base/counted.ts';
import { type CommitVerification, verifyCommit } from '../../ops/maintenance/verify-commit.ts';
import { type CommandSpec, textArgument } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes } from '../io.ts';
import { jsonValue } from '../json.ts';
import { printable } from '../views/printable.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'verify',
  summary: 'read every tensor of a commit, recompute what is computed, and compare digests',
  description: 'Gate reports are checked by "mgit gate verify".',
  arguments: [{ name: '[commit]', description: 'default: HEAD' }],
  example: 'mgit verify v1.2',
  run: (context, input) =>
    withRepository(context, async repository => {
      const revision = textArgument(input, 0) ?? 'HEAD';
      const result = await verifyCommit(repository, revision, longOperation(context));
      return {
        json: jsonValue(result),
        human: verificationText(result),
        exitCode: result.failures.length === 0 ? EXIT.done : EXIT.failed,
      };
    }),
};

function verificationText({
  commit,
  models,
  extents,
  recomputed,
  bytes,
  failures,
}: CommitVerification): string {
  const lines = failures.map(({ path, tensors, code, message }) => {
    const what = tensors.length > 0 ? `${path}: ${tensors.join(', ')}` : path;
    return `${code} ${printable(what)}: ${printable(message)}`;
  });
  const read = `${counted(models, 'model')}, ${counted(extents, 'extent')} (${recomputed} recomputed), ${formatBytes(bytes)}`;
  const verdict = failures.length === 0 ? 'verified' : `${counted(failures.length, 'extent')} failed`;
  return [...lines, `${commit.slice(0, 7)} ${verdict}: ${read}`].join('\n');
}
