import { type AttributeRule, type AttributeState, parseAttributes } from './attributes-file.ts';

/** The attributes of one path; what is not in it is unspecified. */
export type PathAttributes = ReadonlyMap<string, Exclude<AttributeState, null>>;

/** Where attributes come from. */
export interface AttributeSource {
  /** The text of `.gitattributes` in a directory (`''` or `a/b/`), or undefined. */
  readonly read: (directory: string) => Promise<string | undefined>;
  /** Files of lower precedence, lowest first: the system's and the user's. */
  readonly below: readonly string[];
  /** `info/attributes`, which wins over everything. */
  readonly info: string | undefined;
  readonly ignoreCase: boolean;
}

/** Evaluates attributes of paths. */
export interface Attributes {
  of(path: string): Promise<PathAttributes>;
}

const BUILT_IN = '[attr]binary -diff -merge -text';

/**
 * Attributes as Git evaluates them: `info/attributes` before the path's own directory, then its parents up to the root, then the user's
 * and the system's files; within a file the last match decides, attribute by attribute; macros expand where they are set. Source: gitattributes(5).
 */
export function attributesFrom(source: AttributeSource): Attributes {
  const parsed = new Map<string, Promise<readonly AttributeRule[]>>();
  const rulesOf = (directory: string): Promise<readonly AttributeRule[]> => {
    const known = parsed.get(directory);
    if (known !== undefined) return known;
    const rules = source
      .read(directory)
      .then(text => (text === undefined ? [] : parseAttributes(text, directory, source.ignoreCase)));
    parsed.set(directory, rules);
    return rules;
  };
  const text = (content: string): readonly AttributeRule[] => parseAttributes(content, '', source.ignoreCase);
  const below = [BUILT_IN, ...source.below].map(text);
  const info = source.info === undefined ? [] : text(source.info);
  const stackFor = async (directory: string): Promise<Stack> => {
    const directories = await Promise.all(directoriesOf(directory).map(rulesOf));
    const nested = directories.slice(1).map(rules => rules.filter(rule => rule.kind === 'paths'));
    return [...below, ...directories.slice(0, 1), ...nested, info].filter(rules => rules.length > 0);
  };
  const stacks = new Map<string, Promise<Stack>>();
  return {
    of: async path => {
      const directory = path.slice(0, path.lastIndexOf('/') + 1);
      const stack = stacks.get(directory) ?? stackFor(directory);
      stacks.set(directory, stack);
      return evaluate(path, await stack);
    },
  };
}

/** Rules by file, lowest precedence first. */
type Stack = readonly (readonly AttributeRule[])[];

/** The root and the directories that lead to a path: `''`, `a/`, `a/b/`. */
function directoriesOf(path: string): string[] {
  const directories = [''];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1))
    directories.push(path.slice(0, at + 1));
  return directories;
}

type Found = Map<string, AttributeState>;

function evaluate(path: string, stack: Stack): PathAttributes {
  const found: Found = new Map();
  let macros: Macros | undefined;
  for (const rules of stack.toReversed())
    for (const rule of rules.toReversed()) {
      if (rule.kind !== 'paths' || rule.pattern.directoryOnly || !rule.pattern.matches(path)) continue;
      macros ??= macrosOf(stack);
      settle(rule.states, found, macros);
    }
  const specified = [...found].filter((entry): entry is [string, true | false | string] => entry[1] !== null);
  return new Map(specified);
}

type Macros = ReadonlyMap<string, AttributeRule>;

function macrosOf(stack: Stack): Macros {
  const macros = new Map<string, AttributeRule>();
  for (const rules of stack) for (const rule of rules) if (rule.kind === 'macro') macros.set(rule.name, rule);
  return macros;
}

/** What is already decided stays: the stack is read from the highest precedence down. */
function settle(states: AttributeRule['states'], found: Found, macros: Macros): void {
  for (const [name, state] of states.toReversed()) {
    if (found.has(name)) continue;
    found.set(name, state);
    const macro = state === true ? macros.get(name) : undefined;
    if (macro !== undefined) settle(macro.states, found, macros);
  }
}

/** Whether a path's attributes say that it is a model (`filter=mgit`). */
export function isModel(attributes: PathAttributes): boolean {
  return attributes.get('filter') === 'mgit';
}
