import { MgitError } from '../../base/errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 24 * 3600,
  week: 7 * 24 * 3600,
  month: 30 * 24 * 3600,
  year: 365 * 24 * 3600,
};

/**
 * The instant that `--prune` or `gc.pruneExpire` names, in milliseconds since the epoch: `now`, `never`, `2.weeks.ago`, `3 days ago` or
 * an ISO date. `now` spares nothing, whatever its time, as in Git. Errors: `DATE_INVALID`.
 */
export function parsePruneTime(text: string, now: number): number {
  const words = text.trim().toLowerCase().replaceAll('.', ' ');
  if (words === 'now' || words === 'all') return Number.POSITIVE_INFINITY;
  if (words === 'never' || words === 'false') return Number.NEGATIVE_INFINITY;
  const ago = /^(\d{1,6}) +([a-z]+?)s? ago$/.exec(words);
  const unit = UNITS[ago?.[2] ?? ''];
  if (ago && unit !== undefined) return now - Number(ago[1]) * unit * 1000;
  const date = /^\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d)?(?:z|[+-]\d\d:?\d\d)?)?$/i.test(text.trim())
    ? Date.parse(text.trim())
    : Number.NaN;
  if (Number.isNaN(date))
    throw new MgitError('DATE_INVALID', `${JSON.stringify(text)} is not a time`, {
      hint: 'write now, never, 2.weeks.ago or 2026-01-31',
    });
  return date;
}
