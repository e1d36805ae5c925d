/** A number of things, as people write it: "1 pack", "2 packs". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
