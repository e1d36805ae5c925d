import { diffIndices } from 'node-diff3';

/** Lines shown around a change, as in Git. */
const CONTEXT = 3;

interface Change {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** The hunks of a unified diff between two texts, without file headers; empty when they are equal. */
export function unifiedDiff(before: string, after: string): string {
  const [oldLines, newLines] = [linesOf(before), linesOf(after)];
  const changes = diffIndices(oldLines, newLines).map(({ buffer1, buffer2 }) => ({
    oldStart: buffer1[0],
    oldEnd: buffer1[0] + buffer1[1],
    newStart: buffer2[0],
    newEnd: buffer2[0] + buffer2[1],
  }));
  return groupNear(changes)
    .map(group => hunkText(group, oldLines, newLines))
    .join('');
}

/** Lines with their line feeds, so that a missing one at the end counts. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Changes whose context would touch share a hunk. */
function groupNear(changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    const previous = last?.at(-1);
    if (last && previous && change.oldStart - previous.oldEnd <= 2 * CONTEXT) last.push(change);
    else groups.push([change]);
  }
  return groups;
}

function hunkText(
  group: readonly Change[],
  oldLines: readonly string[],
  newLines: readonly string[],
): string {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) return '';
  const lead = Math.min(CONTEXT, first.oldStart);
  const trail = Math.min(CONTEXT, oldLines.length - last.oldEnd);
  const body: string[] = [];
  let position = first.oldStart - lead;
  for (const change of group) {
    body.push(...marked(' ', oldLines.slice(position, change.oldStart)));
    body.push(...marked('-', oldLines.slice(change.oldStart, change.oldEnd)));
    body.push(...marked('+', newLines.slice(change.newStart, change.newEnd)));
    position = change.oldEnd;
  }
  body.push(...marked(' ', oldLines.slice(position, position + trail)));
  const oldSpan = span(first.oldStart - lead, last.oldEnd + trail);
  const newSpan = span(first.newStart - lead, last.newEnd + trail);
  return `@@ -${oldSpan} +${newSpan} @@\n${body.join('')}`;
}

function marked(mark: ' ' | '-' | '+', lines: readonly string[]): string[] {
  return lines.map(line =>
    line.endsWith('\n') ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`,
  );
}

/** "first,count" with first counted from 1; an empty span names the line before it, as in POSIX. */
function span(start: number, end: number): string {
  const count = end - start;
  const first = count === 0 ? start : start + 1;
  return count === 1 ? `${first}` : `${first},${count}`;
}
