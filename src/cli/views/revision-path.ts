import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../../base/canonical-json.ts';
import { counted } from '../../base/counted.ts';
import type { ShownPath } from '../../ops/history/show-path.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { type CliIo, formatBytes, paint, table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { label } from './printable.ts';

/** A folder's names, or the tensors of a model, as a person reads them. Files are printed as they are. */
export function pathText(io: CliIo, shown: Exclude<ShownPath, { kind: 'file' }>): string {
  if (shown.kind === 'folder') return shown.entries.join('\n');
  const { file, manifest } = shown;
  const { format, size, tensors } = manifest;
  const head = `${paint(io, 'bold', file.path)}  ${format}, ${counted(tensors.length, 'tensor')}, ${formatBytes(size)}`;
  const rows = tensors.map(({ name, dtype, shape, extent }) => [
    `  ${label(name)}`,
    `${dtype} [${shape.join(', ')}]`,
    formatBytes(byteLength(dtype, shape)),
    paint(io, 'dim', extent.digest.slice(0, 12)),
  ]);
  return rows.length === 0 ? head : `${head}\n${table(rows, ['left', 'left', 'right'])}`;
}

/** What is at a path, complete: content as text, or in base64 where it is none. */
export function pathJson(shown: ShownPath): JsonValue {
  if (shown.kind === 'folder') return { kind: 'folder', path: shown.path, entries: [...shown.entries] };
  const { path, id, mode } = shown.file;
  const about = { kind: shown.kind, path, id: String(id), mode };
  if (shown.kind === 'model') {
    const { format, size, extents, tensors } = shown.manifest;
    const views = tensors.map(({ extent, ...view }) => jsonValue({ ...view, digest: extent.digest }));
    return { ...about, format, size, extents: extents.map(jsonValue), tensors: views };
  }
  const content = Buffer.from(shown.bytes);
  const encoding = isUtf8(content) ? 'utf8' : 'base64';
  return { ...about, size: content.length, encoding, content: content.toString(encoding) };
}
