/** A commit to draw: its id, its parents, and the lines of text beside it. */
export interface GraphNode {
  readonly id: string;
  readonly parents: readonly string[];
  readonly lines: readonly string[];
}

/** Draws history beside its text, as `git log --graph`: one column per line of development. Feed nodes newest first. */
export function graphDrawer(): (node: GraphNode) => string[] {
  let columns: readonly string[] = [];
  return node => {
    const drawing = draw(columns, node);
    columns = drawing.columns;
    return drawing.lines;
  };
}

interface Drawing {
  readonly lines: string[];
  readonly columns: readonly string[];
}

function draw(before: readonly string[], node: GraphNode): Drawing {
  const lines: string[] = [];
  let columns = [...before];
  if (!columns.includes(node.id)) columns.push(node.id);
  const at = columns.indexOf(node.id);
  for (let other = columns.lastIndexOf(node.id); other > at; other = columns.lastIndexOf(node.id)) {
    lines.push(...joinColumn(columns, at, other));
    columns = columns.toSpliced(other, 1);
  }
  const bars = columns.map(() => '|');
  lines.push(`${bars.with(at, '*').join(' ')} ${node.lines[0] ?? ''}`.trimEnd());
  const [first, ...others] = node.parents;
  const added = others.filter(parent => !columns.includes(parent));
  const after = first === undefined ? columns.toSpliced(at, 1) : columns.with(at, first);
  const fanned = after.toSpliced(first === undefined ? at : at + 1, 0, ...added);
  if (others.length > 0) lines.push(...fanOut(columns, { at, added, others }));
  const rest = fanned.map(() => '|').join(' ');
  for (const line of node.lines.slice(1)) lines.push(`${rest} ${line}`.trimEnd());
  if (first === undefined && node.lines.length === 1) lines.push(...closeColumn(columns, at));
  return { lines, columns: fanned };
}

/** Two columns lead to the same commit: the right one runs into the left one. */
function joinColumn(columns: readonly string[], at: number, other: number): string[] {
  const left = columns.slice(0, other).map(() => '|');
  const right = columns.slice(other + 1).map(() => '/');
  const dashes = left.map((bar, index) => (index > at && index < other ? `${bar}_` : `${bar} `));
  const head = other - at > 1 ? dashes.join('').replace(/ $/, '') : left.join(' ');
  return [`${head}/${right.length > 0 ? ` ${right.join(' ')}` : ''}`];
}

/** A merge: a new column for each parent that has none yet, and a line to each that has one. */
function fanOut(
  columns: readonly string[],
  merge: { readonly at: number; readonly added: readonly string[]; readonly others: readonly string[] },
): string[] {
  const left = columns.slice(0, merge.at + 1).map(() => '|');
  const right = columns.slice(merge.at + 1).map(() => '\\');
  if (merge.added.length > 0)
    return merge.added.map((_, index) => {
      const made = left.concat(Array.from({ length: index }, () => '|'));
      return [`${made.join(' ')}\\`, ...right].join(' ');
    });
  return merge.others
    .map(parent => columns.indexOf(parent))
    .filter(column => column !== merge.at)
    .map(column => linkTo(columns, merge.at, column));
}

/** A line from a merge to a parent that another column leads to already. */
function linkTo(columns: readonly string[], from: number, to: number): string {
  const cells = columns.map(() => '|');
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const mark = to > from ? '\\' : '/';
  return cells
    .map((bar, index) => {
      if (index === high) return bar;
      if (index < low || index > high) return `${bar} `;
      return `${bar}${high - low > 1 && index > low ? '_' : mark}`;
    })
    .join('')
    .trimEnd();
}

/** A root ends its column: those to its right move over. */
function closeColumn(columns: readonly string[], at: number): string[] {
  if (at === columns.length - 1) return [];
  const left = columns.slice(0, at).map(() => '| ');
  const right = columns.slice(at + 1).map(() => ' /');
  return [`${left.join('')}${right.join('')}`];
}
