import { MgitError } from '../base/errors.ts';
import { type CommandInput, textOption } from './command.ts';

/** Reads `--depth <n>`. Errors: `USAGE`. */
export function depthOption(input: CommandInput): number | undefined {
  const text = textOption(input, 'depth');
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new MgitError('USAGE', `--depth takes a whole number from 1 on, not ${JSON.stringify(text)}`);
}
