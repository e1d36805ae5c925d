import picomatch from 'picomatch';

/**
 * A matcher for names with `*`, `?`, `[...]` and `{a,b}`. In tensor names `.` is no separator, so `encoder.*` matches every
 * tensor below `encoder`. A plain list matches when any of its globs does.
 */
export function globMatcher(globs: string | readonly string[]): (name: string) => boolean {
  const options = { dot: true, bash: true, nonegate: true };
  const matcher = picomatch(typeof globs === 'string' ? globs : [...globs], options);
  return name => matcher(name); // picomatch's own takes a second argument, which makes it answer with an object.
}
