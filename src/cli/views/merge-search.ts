import { counted } from '../../base/counted.ts';
import type { MergeSearchPreview, MergeSearchResult } from '../../ops/search/merge-search.ts';
import { describe } from '../../ops/search/trial-runner.ts';
import type { CommandOutcome } from '../command.ts';
import { type CliIo, paint, table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { mergeOutcome } from './merge-outcome.ts';
import { printable } from './printable.ts';

/** Trials that a table shows: the best of them. */
const SHOWN = 10;

/** What a search answers: its best trials, then what came of merging. */
export function searchOutcome(io: CliIo, result: MergeSearchResult): CommandOutcome {
  const { merge, ...search } = result;
  const merged = merge && mergeOutcome(io, merge);
  return {
    json: jsonValue({ ...search, merge: merged?.json ?? null }),
    human: [searchText(io, result), merged?.human ?? nothingMerged(result)].join('\n\n'),
    ...(merged?.exitCode === undefined ? {} : { exitCode: merged.exitCode }),
  };
}

function searchText(io: CliIo, { search, gate, metric, trials, best, ended }: MergeSearchResult): string {
  const known = trials.filter(({ isKnown }) => isKnown).length;
  const head = `${counted(trials.length, 'trial')} (${search}) by ${metric} on the development data of ${gate}`;
  const remarks = [
    ...(known > 0 ? [`${known} of them known from before`] : []),
    ...(ended === 'budget' ? ['the time is used up'] : []),
  ];
  const ranked = trials.toSorted((left, right) => (right.score ?? -Infinity) - (left.score ?? -Infinity));
  const rows = ranked.slice(0, SHOWN).map(trial => {
    const cells = [
      `#${trial.number}`,
      trial.value === null ? 'not finite' : String(Number(trial.value.toPrecision(6))),
    ];
    const row = [...cells, printable(describe(trial) || 'the target as it is')];
    return trial.number === best.number ? row.map(cell => paint(io, 'green', cell)) : row;
  });
  const more = ranked.length > SHOWN ? [`... and ${ranked.length - SHOWN} more`] : [];
  return [[head, ...remarks].join(', '), table(rows, ['left', 'right']), ...more].join('\n');
}

function nothingMerged({ best, method }: MergeSearchResult): string {
  if (best.revisions.length === 0) return 'The target does best by itself: nothing is merged.';
  const given = best.given.map(value => ` -X ${value}`).join('');
  return `Not merged. Merge with: mgit merge ${best.revisions.join(' ')} -s ${method}${given}`;
}

/** What a dry run answers. */
export function searchPreview(preview: MergeSearchPreview): CommandOutcome {
  const { search, method, gate, metric, dimensions, trials, target } = preview;
  const rows = dimensions.map(({ parameter, model, low, high, grid }) => [
    `  ${parameter}${model === undefined ? '' : ` of model ${model}`}`,
    search === 'grid' ? grid.join(', ') : `${low} to ${high}`,
  ]);
  const head = `Would search ${method} into ${target.replace(/^refs\/heads\//, '')} by ${metric} on the development data of ${gate}`;
  return {
    json: jsonValue(preview),
    human: [
      `${head}: at most ${counted(trials, 'trial')} (${search})`,
      ...(rows.length > 0 ? [table(rows)] : []),
    ].join('\n'),
  };
}
