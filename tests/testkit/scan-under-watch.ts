import { globSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { scanFile } from '../../src/formats/scan/scan.ts';

/** Reads and scans every file of the folders that it is given; for a process that may neither write, nor start others, nor (by this) connect. */
Socket.prototype.connect = () => {
  throw new Error('a connection was opened');
};
let count = 0;
for (const folder of process.argv.slice(2))
  for (const file of globSync('**/*.*', { cwd: folder })) {
    const source = memoryByteSource(readFileSync(`${folder}/${file}`));
    await scanFile(source);
    await detectFormat(source)
      .then(format => format.parse(source))
      .catch((error: unknown) => {
        if ((error as { readonly name?: string }).name !== 'MgitError') throw error;
      });
    count++;
  }
console.log(count);
