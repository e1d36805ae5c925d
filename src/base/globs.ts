import picomatch from 'picomatch';

/**
 * A matcher for names with `*`, `?`, `[...]` and `{a,b}`. In tensor names `.` is no separator, so `encoder.*` matches every
 * tensor below `encoder`. A plain list matches when any of its globs does.
 */
export function globMatcher(globs: string | readonly string[]): (name: string) => boolean {
  return picomatch(typeof globs === 'string' ? globs : [...globs], { dot: true, bash: true, nonegate: true });
}
