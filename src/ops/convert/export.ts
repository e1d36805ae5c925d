import { resolve } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import { writerForPath, writerOf } from '../../formats/write/registry.ts';
import { writePlaced } from '../content/write-content.ts';
import type { Repository } from '../repository.ts';
import { openCommitModel } from './commit-model.ts';
import { type Conversion, type ConversionChoices, planConversion } from './convert.ts';

/** What `mgit export` writes, and where to. */
export interface ExportRequest extends LongOperation, Omit<ConversionChoices, 'writer'> {
  /** Absolute. */
  readonly cwd: string;
  readonly revision: string;
  /** In the tree, of a model or a shard index; without it, the only model. */
  readonly path?: string;
  readonly output: string;
  /** Default: what the output's name says. */
  readonly format?: string;
}

/** A file that was written. */
export interface ConvertedFile extends Omit<Conversion, 'bytes'> {
  /** Absolute. */
  readonly output: string;
  readonly format: string;
}

/**
 * Writes a model of a commit as a file of any format that can hold it exactly, straight from the packs, in constant memory; the file appears when all of it
 * is verified and on disk. Errors: `EXPORT_UNSUPPORTED`, `OUTPUT_NOT_WRITABLE`, those of {@link openCommitModel} and {@link planConversion}.
 */
export async function exportModel(repository: Repository, request: ExportRequest): Promise<ConvertedFile> {
  const writer = request.format === undefined ? writerForPath(request.output) : writerOf(request.format);
  await using model = await openCommitModel(repository, request.revision, request.path);
  const { bytes, ...conversion } = await planConversion(model, { ...request, writer }, request);
  const output = resolve(request.cwd, request.output);
  await writePlaced(repository, output, bytes());
  return { ...conversion, output, format: writer.name };
}
