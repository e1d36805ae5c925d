/** A trailer as git-interpret-trailers(1) reads it, or the line that `git cherry-pick -x` writes. */
const FOOTER_LINE = /^(?:[A-Za-z0-9-]+: \S|\(cherry picked from commit [0-9a-f]+\)$)/;

/** Adds a line to the trailers at the end of a commit message; the first one gets a blank line before it. */
export function addFooter(message: string, line: string): string {
  const body = message.trimEnd();
  const last = body.split('\n\n').at(-1) ?? '';
  const hasFooter = body.includes('\n\n') && last.split('\n').every(text => FOOTER_LINE.test(text));
  return `${body}${hasFooter ? '\n' : '\n\n'}${line}\n`;
}
