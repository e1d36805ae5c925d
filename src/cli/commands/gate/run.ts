import { runGates } from '../../../ops/gate/run-gates.ts';
import { type CommandSpec, flagOption, listOption, textArgument } from '../../command.ts';
import { gateRunJson, gateRunText, verdictExitCode } from '../../views/gate.ts';
import { longOperation, withRepository } from '../../with-repository.ts';
import { ONTO, targetRef } from './target.ts';

export const run: CommandSpec = {
  name: 'run',
  summary: 'evaluate base, parents and candidate side by side, decide, and sign a report',
  description:
    'Policy, keys, recipes and data digests are those of the tip of the branch. The branch itself is not moved. ' +
    'Ends with 0 (pass), 3 (fail), 5 (inconclusive) or 6 (could not run).',
  arguments: [{ name: '<candidate>', description: 'a commit that is built on the tip of the branch' }],
  options: [
    ONTO,
    { flags: '--gate <name>', description: 'only this gate', repeatable: true },
    { flags: '--allow-policy-change', description: 'allow changes of policy, keys or what gates read' },
  ],
  example: 'mgit gate run better-digits --onto main',
  run: (context, input) =>
    withRepository(context, async repository => {
      const candidate = await repository.history.resolveCommit(textArgument(input, 0) ?? 'HEAD');
      const only = listOption(input, 'gate');
      const result = await runGates(repository, {
        ...longOperation(context),
        candidate,
        targetRef: await targetRef(repository, input),
        allowPolicyChange: flagOption(input, 'allowPolicyChange'),
        ...(only.length > 0 ? { only } : {}),
      });
      return {
        json: gateRunJson(result),
        human: gateRunText(context.io, result),
        exitCode: verdictExitCode(result.verdict),
      };
    }),
};
