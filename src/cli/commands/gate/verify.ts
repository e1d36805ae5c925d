import type { CommitId } from '../../../base/ids.ts';
import { verifyForBranch, verifyRange } from '../../../ops/gate/verify.ts';
import type { VerifiedStep, VerifyOptions } from '../../../ops/gate/verify-step.ts';
import type { Repository } from '../../../ops/repository.ts';
import { type CommandInput, type CommandSpec, listOption, textArgument, textOption } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { withRepository } from '../../with-repository.ts';
import { ONTO, targetRef } from './target.ts';

export const verify: CommandSpec = {
  name: 'verify',
  summary: 'check signed reports offline: for one commit, or for all that a push adds to a branch',
  description:
    'A commit that waits must have been gated on the current tip; one that has landed, on a commit before it. ' +
    'A range old..new must be covered by a chain of reports. Keys count as the tip trusted them on which each report was made.',
  arguments: [{ name: '<commit|old..new>', description: 'what to check' }],
  options: [
    ONTO,
    { flags: '--keys <rev>', description: 'signatures must be by keys that this commit trusts, too' },
    {
      flags: '--reports <rev>',
      description: 'read reports from this commit instead of refs/mgit/reports',
      repeatable: true,
    },
  ],
  example: 'mgit gate verify origin/main..main --onto main',
  run: (context, input) =>
    withRepository(context, async repository => {
      const what = textArgument(input, 0) ?? 'HEAD';
      const options = await verifyOptions(repository, input);
      const steps = await verified(repository, what, options);
      return { json: jsonValue({ verified: true, steps }), human: stepsText(steps, options.ref) };
    }),
};

async function verifyOptions(repository: Repository, input: CommandInput): Promise<VerifyOptions> {
  const { history } = repository;
  const keys = textOption(input, 'keys');
  const reports: CommitId[] = [];
  for (const revision of listOption(input, 'reports')) reports.push(await history.resolveCommit(revision));
  return {
    ref: await targetRef(repository, input),
    ...(keys === undefined ? {} : { keysFrom: await history.resolveCommit(keys) }),
    ...(reports.length > 0 ? { reports } : {}),
  };
}

async function verified(
  { history }: Repository,
  what: string,
  options: VerifyOptions,
): Promise<readonly VerifiedStep[]> {
  const range = /^(.+?)\.\.(.+)$/.exec(what);
  if (!range) {
    const step = await verifyForBranch(history, await history.resolveCommit(what), options);
    return step ? [step] : [];
  }
  const [from, to] = [
    await history.resolveCommit(range[1] ?? ''),
    await history.resolveCommit(range[2] ?? ''),
  ];
  return verifyRange(history, { from, to }, options);
}

function stepsText(steps: readonly VerifiedStep[], ref: string): string {
  const name = ref.replace(/^refs\/heads\//, '');
  if (steps.length === 0) return `nothing to verify: ${name} is not protected there, or does not move`;
  return steps
    .map(({ candidate, tip, gates }) => {
      const heading = `${candidate.slice(0, 10)} was gated on ${tip.slice(0, 10)} of ${name}:`;
      const lines = gates.map(gate => {
        const policy = gate.policyChange ? ', policy change allowed' : '';
        return `  ${gate.gate}: pass, signed by ${gate.key.name} (${gate.key.keyId.slice(0, 16)}), attempt ${gate.attempt}${policy}`;
      });
      return [heading, ...lines].join('\n');
    })
    .join('\n');
}
