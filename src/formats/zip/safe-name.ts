/** False for names that lead out of the folder in which an archive would be unpacked, and for the empty one. */
export function isSafeName(name: string): boolean {
  return !(
    name === '' ||
    name.includes('\0') ||
    /^(?:[A-Za-z]:|[\\/])/.test(name) ||
    name.split(/[\\/]/).includes('..')
  );
}
