import { MgitError } from '../base/errors.ts';

/** A pair of ref patterns with at most one `*` each. A negative one excludes what its source matches. */
export interface Refspec {
  readonly force: boolean;
  readonly negative: boolean;
  readonly source: string;
  /** Empty: nothing on this side. */
  readonly destination: string;
}

/** Reads `[+^]source[:destination]`. Errors: `REFSPEC_INVALID`. Source: git-fetch(1), "refspec". */
export function parseRefspec(text: string): Refspec {
  const match = /^([+^]?)([^:]*)(?::([^:]*))?$/.exec(text);
  const source = match?.[2] ?? '';
  const destination = match?.[3] ?? '';
  const stars = (pattern: string): number => pattern.split('*').length - 1;
  const isPaired = destination === '' || stars(source) === stars(destination);
  if (!match || stars(source) > 1 || !isPaired || text === '')
    throw new MgitError('REFSPEC_INVALID', `not a refspec: ${JSON.stringify(text)}`, {
      hint: 'write <source>:<destination>, for example main:main',
    });
  return { force: match[1] === '+', negative: match[1] === '^', source, destination };
}

/** Where a set of refspecs puts a ref of the other side; undefined when none asks for it. The first match wins. */
export function mapRef(
  ref: string,
  refspecs: readonly Refspec[],
): { readonly destination: string; readonly force: boolean } | undefined {
  if (refspecs.some(spec => spec.negative && matchOf(spec.source, ref) !== undefined)) return undefined;
  for (const spec of refspecs) {
    const star = spec.negative ? undefined : matchOf(spec.source, ref);
    if (star !== undefined)
      return { destination: spec.destination.replace('*', () => star), force: spec.force };
  }
  return undefined;
}

/** What the `*` of a pattern stands for in a ref (empty when the pattern has none); undefined when it does not match. */
function matchOf(pattern: string, ref: string): string | undefined {
  const at = pattern.indexOf('*');
  if (at < 0) return pattern === ref ? '' : undefined;
  const before = pattern.slice(0, at);
  const after = pattern.slice(at + 1);
  const isLong = ref.length >= before.length + after.length;
  return isLong && ref.startsWith(before) && ref.endsWith(after)
    ? ref.slice(before.length, ref.length - after.length)
    : undefined;
}
