import { MgitError } from '../../base/errors.ts';

/** How tensors are called elsewhere: names that `from` matches as a whole become `to`. */
export interface RenameRule {
  /** Each `*` stands for one character or more, the shortest run that fits. */
  readonly from: string;
  /** Its stars stand for what those of `from` matched, in their order; at most as many. */
  readonly to: string;
}

/** A name as rules change it. */
export type Rename = (name: string) => string;

/** Applies rules one after the other, each once, to what the one before has made of a name. Time is linear in the name. Errors: `RENAME_INVALID`. */
export function renamer(rules: readonly RenameRule[]): Rename {
  const steps = rules.map(compileRule);
  return name => steps.reduce((renamed, step) => step(renamed), name);
}

/** Reads `from=to`. Errors: `USAGE`, `RENAME_INVALID`. */
export function parseRenameRule(text: string): RenameRule {
  const at = text.indexOf('=');
  if (at < 1)
    throw new MgitError('USAGE', `--rename ${text} is not of the form from=to`, {
      hint: "for example --rename 'module.*=*'",
    });
  return { from: text.slice(0, at), to: text.slice(at + 1) };
}

/** False for a rule with more stars on the right than on the left. */
export function isRenameRule({ from, to }: RenameRule): boolean {
  return from !== '' && to.split('*').length <= from.split('*').length;
}

function compileRule(rule: RenameRule): Rename {
  const { from, to } = rule;
  const [wanted, target] = [from.split('*'), to.split('*')];
  if (!isRenameRule(rule))
    throw new MgitError('RENAME_INVALID', `the renaming of ${from} to ${to} has more stars on the right`, {
      hint: 'each * on the right takes what one on the left has matched',
    });
  return name => {
    const stars = matchStars(name, wanted);
    return stars === undefined
      ? name
      : target.map((text, at) => (at === 0 ? text : `${stars[at - 1]}${text}`)).join('');
  };
}

/** What the stars between the literals stand for: each literal where it first fits, the last at the end. Undefined where they do not fit. */
function matchStars(name: string, literals: readonly string[]): readonly string[] | undefined {
  const [first = '', ...others] = literals;
  const last = others.pop();
  if (last === undefined) return name === first ? [] : undefined;
  if (!name.startsWith(first)) return undefined;
  const stars: string[] = [];
  let at = first.length;
  for (const literal of others) {
    const found = name.indexOf(literal, at + 1);
    if (found < 0) return undefined;
    stars.push(name.slice(at, found));
    at = found + literal.length;
  }
  const end = name.length - last.length;
  if (end <= at || !name.endsWith(last)) return undefined;
  return [...stars, name.slice(at, end)];
}
