import { resolve } from 'node:path';
import type { JsonValue } from '../../base/canonical-json.ts';
import { counted } from '../../base/counted.ts';
import { isSystemError, MgitError } from '../../base/errors.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import { type ScanReport, scanFile } from '../../formats/scan/scan.ts';
import { type CommandSpec, listArgument } from '../command.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type CliIo, paint } from '../io.ts';
import { label } from '../views/printable.ts';

/** Names of unknown libraries that are shown; all are in `--json`. */
const SHOWN = 10;

export const command: CommandSpec = {
  name: 'scan',
  summary: 'say what a checkpoint file is, and what it would run when Python loads it',
  description:
    'Nothing is stored or executed. Looks into every pickle of the file, those in archives and inside each other included. Ends with status 1 if one of the files is dangerous.',
  arguments: [{ name: '<file...>', description: 'files, tracked or not' }],
  example: 'mgit scan ~/downloads/pytorch_model.bin',
  run: async (context, input) => {
    const scans: { readonly file: string; readonly report: ScanReport }[] = [];
    for (const file of listArgument(input, 0)) scans.push({ file, report: await scan(context, file) });
    const isDangerous = scans.some(({ report }) => report.verdict === 'dangerous');
    return {
      json: { files: scans.map(({ file, report }) => ({ file, ...report })) } as unknown as JsonValue,
      human: scans.map(({ file, report }) => describe(context.io, file, report)).join('\n'),
      exitCode: isDangerous ? EXIT.failed : EXIT.done,
    };
  },
};

async function scan({ ports, cwd }: CliContext, file: string): Promise<ScanReport> {
  await using source = await openByteSource(ports.fs, resolve(cwd, file)).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new MgitError('FILE_MISSING', `there is no file ${file}`, { hint: 'check the path' });
  });
  return await scanFile(source); // Or the file would be closed before it is read.
}

const COLORS = { clean: 'green', unknown: 'yellow', dangerous: 'red' } as const;

function describe(io: CliIo, file: string, report: ScanReport): string {
  const kind = report.format === null ? 'no format that mgit reads' : report.format;
  const count = report.tensors === null ? '' : `, ${counted(report.tensors, 'tensor')}`;
  const head = `${paint(io, COLORS[report.verdict], report.verdict)}  ${label(file)}: ${kind}${count}`;
  const names = report.names.filter(({ judgement }) => judgement !== 'data');
  const lines = names.slice(0, SHOWN).map(({ name, judgement, where }) => {
    const what = judgement === 'dangerous' ? 'would run' : 'names';
    return `    ${what} ${label(name)}${where === '' ? '' : ` (in ${label(where)})`}`;
  });
  const more = names.length > SHOWN ? [`    and ${names.length - SHOWN} more`] : [];
  const problem =
    report.problem && report.verdict !== 'dangerous' ? [`    ${label(report.problem.message)}`] : [];
  return [head, ...lines, ...more, ...problem].join('\n');
}
