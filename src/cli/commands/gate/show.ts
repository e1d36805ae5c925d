import { MgitError } from '../../../base/errors.ts';
import { findReports } from '../../../ops/gate/status.ts';
import { type CommandSpec, textArgument } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { reportText } from '../../views/gate.ts';
import { withRepository } from '../../with-repository.ts';

export const show: CommandSpec = {
  name: 'show',
  summary: 'show the reports on a commit; their signatures are not checked here but by "gate verify"',
  arguments: [
    { name: '<id>', description: 'a commit, or a report as "gate log" names it: <commit>/<gate>/<attempt>' },
  ],
  example: 'mgit gate show HEAD',
  run: (context, input) =>
    withRepository(context, async repository => {
      const id = textArgument(input, 0) ?? 'HEAD';
      const reports = await findReports(repository.history, id);
      if (reports.length === 0)
        throw new MgitError('GATE_REPORT_MISSING', `there is no gate report on ${id}`, {
          hint: 'list the reports with "mgit gate log", or get those of others with "mgit fetch"',
        });
      return {
        json: jsonValue({ reports }),
        human: reports
          .map(({ report, key }) => {
            const environment = Object.entries(report.environment).map(([name, value]) => `${name} ${value}`);
            return `${reportText(context.io, report)}\n  signed by ${key.slice(0, 16)} (not checked), ran with ${environment.join(', ')}`;
          })
          .join('\n\n'),
      };
    }),
};
