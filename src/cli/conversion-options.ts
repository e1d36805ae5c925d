import { MgitError } from '../base/errors.ts';
import { parseRenameRule } from '../formats/names/rename-rule.ts';
import type { ConversionChoices } from '../ops/convert/convert.ts';
import type { ConvertedFile } from '../ops/convert/export.ts';
import { type CommandInput, flagOption, listOption, type OptionSpec } from './command.ts';
import { formatBytes } from './io.ts';

/** Formats that `--format` and `--as` take. ONNX and HDF5 are asked for, and answered with a reason. */
export const FORMAT_CHOICES = ['safetensors', 'pytorch', 'npz', 'npy', 'gguf', 'onnx', 'hdf5'];

/** Options of both `export` and `import`. */
export const CONVERSION_OPTIONS: readonly OptionSpec[] = [
  { flags: '--tensor <glob>', description: 'only these tensors', repeatable: true },
  {
    flags: '--rename <from=to>',
    description: "other names in the new file; each * takes what it matched: 'module.*=*'",
    repeatable: true,
  },
  { flags: '--widen', description: 'BF16, F16 and F8 that the format does not have become float32, exactly' },
  {
    flags: '--metadata <key=value>',
    description: 'text that goes into the header of a safetensors or GGUF file',
    repeatable: true,
  },
];

/** What these options say. Errors: `USAGE`. */
export function conversionChoices(input: CommandInput): Omit<ConversionChoices, 'writer'> {
  return {
    tensors: listOption(input, 'tensor'),
    renames: listOption(input, 'rename').map(parseRenameRule),
    widen: flagOption(input, 'widen'),
    metadata: Object.fromEntries(listOption(input, 'metadata').map(metadataPair)),
  };
}

function metadataPair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new MgitError('USAGE', `--metadata ${text} is not of the form key=value`);
}

/** One line on a file that was written. */
export function convertedText(
  name: string,
  { format, tensors, size, widened, isCopy }: Omit<ConvertedFile, 'output'>,
): string {
  const count = `${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}`;
  const notes = [...(isCopy ? ['byte for byte'] : []), ...(widened > 0 ? [`${widened} made float32`] : [])];
  return [name, format, count, formatBytes(size), ...notes].join('  ');
}
