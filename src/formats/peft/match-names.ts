import { adapterMismatch } from './adapter-config.ts';

/** From a tensor's name in the model as PEFT saw it to its name in the checkpoint. */
export type Renaming = (name: string) => string;

/**
 * How an adapter's names are those of a checkpoint: as they are; without the name of the body, which a checkpoint of the body alone lacks
 * (`roberta.`, `transformer.`, `model.`); or with something in front. The first way holds that has every wanted name. Errors: `ADAPTER_MISMATCH`.
 */
export function matchNames(wanted: readonly string[], names: Iterable<string>): Renaming {
  const known = new Set(names);
  const found = renamings(wanted, known).find(rename => wanted.every(name => known.has(rename(name))));
  if (found) return found;
  const missing = wanted.filter(name => !known.has(name));
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  throw adapterMismatch(`it has no tensor ${missing[0]}${more}`);
}

function renamings([first = '']: readonly string[], known: ReadonlySet<string>): readonly Renaming[] {
  const body = first.slice(0, first.indexOf('.') + 1);
  const longer = [...known].filter(name => name.endsWith(`.${first}`));
  const [only] = longer;
  const before = longer.length === 1 && only !== undefined ? only.slice(0, -first.length) : '';
  return [
    name => name,
    name => (body !== '' && name.startsWith(body) ? name.slice(body.length) : name),
    name => `${before}${name}`,
  ];
}
