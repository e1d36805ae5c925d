import { gateLog } from '../../../ops/gate/status.ts';
import type { CommandSpec } from '../../command.ts';
import { table } from '../../io.ts';
import { jsonValue } from '../../json.ts';
import { verdictText } from '../../views/gate.ts';
import { withRepository } from '../../with-repository.ts';

export const log: CommandSpec = {
  name: 'log',
  summary: 'list all gate reports, newest first',
  example: 'mgit gate log',
  run: context =>
    withRepository(context, async repository => {
      const reports = await gateLog(repository.history);
      const rows = reports.map(({ path, report }) => [
        report.finishedAt.slice(0, 16).replace('T', ' '),
        path.replace(/^([0-9a-f]{10})[0-9a-f]*/, '$1').replace(/\.dsse\.json$/, ''),
        report.bindings.target.ref.replace(/^refs\/heads\//, ''),
        verdictText(context.io, report.verdict),
      ]);
      return {
        json: jsonValue({ reports }),
        human: rows.length > 0 ? table(rows) : 'there is no gate report yet',
      };
    }),
};
