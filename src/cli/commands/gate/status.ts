import { gateStatus } from '../../../ops/gate/status.ts';
import type { CommandSpec } from '../../command.ts';
import { paint, table } from '../../io.ts';
import { jsonValue } from '../../json.ts';
import { verdictText } from '../../views/gate.ts';
import { withRepository } from '../../with-repository.ts';
import { ONTO, targetRef } from './target.ts';

export const status: CommandSpec = {
  name: 'status',
  summary: 'what a branch demands, and which candidates wait for it',
  options: [ONTO],
  example: 'mgit gate status --onto main',
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await gateStatus(repository, await targetRef(repository, input));
      const name = result.ref.replace(/^refs\/heads\//, '');
      if (!result.isProtected)
        return { json: jsonValue(result), human: `${name} is not protected: it requires no gates.` };
      const candidates = result.candidates.flatMap(({ commit, verdicts }) =>
        result.gates.map(gate => {
          const verdict = verdicts[gate];
          return [commit.slice(0, 10), gate, verdict ? verdictText(context.io, verdict) : 'not run'];
        }),
      );
      const human = [
        `${paint(context.io, 'bold', name)} requires ${result.gates.join(', ') || 'no gates'}`,
        `trusted keys: ${result.keys.map(key => `${key.name} (${key.keyId.slice(0, 16)})`).join(', ') || 'none'}`,
        candidates.length > 0 ? table(candidates) : 'no candidate waits',
      ].join('\n');
      return { json: jsonValue(result), human };
    }),
};
