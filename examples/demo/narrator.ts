import { styleText } from 'node:util';

const TITLE_WIDTH = 92;
let chapterNumber = 0;

/** Begins a part of the story: what happens and why it matters. */
export function chapter(title: string, ...explanation: string[]): void {
  chapterNumber++;
  const heading = ` ${chapterNumber}. ${title} `;
  console.log(
    `\n${styleText(['bold', 'cyan'], `──${heading}${'─'.repeat(Math.max(0, TITLE_WIDTH - heading.length))}`)}`,
  );
  for (const line of explanation) console.log(line);
  console.log();
}

/** Shows a command as a person typed it. */
export function typed(who: string, commandLine: string): void {
  console.log(`${styleText('dim', `${who}$`)} ${styleText('bold', commandLine)}`);
}

/** Shows what a command answered, indented, long answers cut in the middle. */
export function answered(text: string, limit = 40): void {
  if (text.trim() === '') return;
  const lines = text.trimEnd().split('\n');
  const shown =
    lines.length <= limit
      ? lines
      : [...lines.slice(0, limit - 6), `... ${lines.length - limit + 1} more lines ...`, ...lines.slice(-5)];
  for (const line of shown) console.log(`    ${line}`);
}

/** States what the last step has proved, after it was checked. */
export function proved(statement: string): void {
  console.log(`${styleText('green', '  ✓')} ${statement}`);
}
