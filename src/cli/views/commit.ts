import type { Commit, Signature } from '../../store/history/history.ts';
import { type CliIo, paint } from '../io.ts';

/** A commit as `git log` prints it: id, names, author, date, message. */
export function commitText(io: CliIo, commit: Commit, names: readonly string[] = []): string {
  const lines = [`${paint(io, 'yellow', `commit ${commit.id}`)}${namesText(io, names)}`];
  if (commit.parents.length > 1) lines.push(`Merge: ${commit.parents.map(id => id.slice(0, 7)).join(' ')}`);
  lines.push(
    `Author: ${commit.author.name} <${commit.author.email}>`,
    `Date:   ${dateText(commit.author)}`,
    '',
  );
  const body = commit.message.trimEnd().split('\n');
  return [...lines, ...body.map(line => (line === '' ? '' : `    ${line}`))].join('\n');
}

/** A commit on one line, as `git log --oneline`. */
export function onelineText(
  io: CliIo,
  commit: Commit,
  about: { readonly id: string; readonly names: readonly string[] },
): string {
  const subject = commit.message.split('\n', 1)[0] ?? '';
  return `${paint(io, 'yellow', about.id)}${namesText(io, about.names)} ${subject}`;
}

function namesText(io: CliIo, names: readonly string[]): string {
  return names.length === 0 ? '' : ` ${paint(io, 'cyan', `(${names.join(', ')})`)}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Thu Jan 1 00:00:01 2026 +0000`, in the zone of whoever signed. */
export function dateText({ timestamp, timezoneOffset }: Signature): string {
  const local = new Date((timestamp + timezoneOffset * 60) * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const time = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(two).join(':');
  const minutes = Math.abs(timezoneOffset);
  const zone = `${timezoneOffset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
  return `${DAYS[local.getUTCDay()]} ${MONTHS[local.getUTCMonth()]} ${local.getUTCDate()} ${time} ${local.getUTCFullYear()} ${zone}`;
}

/** A commit as JSON: everything of it, times also as ISO 8601. */
export function commitJson(commit: Commit) {
  const person = (who: Signature) => ({ ...who, date: new Date(who.timestamp * 1000).toISOString() });
  return {
    id: commit.id as string,
    tree: commit.tree as string,
    parents: commit.parents.map(String),
    author: person(commit.author),
    committer: person(commit.committer),
    message: commit.message,
    signed: commit.signed,
  };
}
