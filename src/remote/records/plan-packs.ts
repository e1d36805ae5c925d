import type { PackId } from '../../base/ids.ts';
import { encodePackIndex, type NewEntry } from '../../store/packs/encode-index.ts';
import { PACK_LIMITS } from '../../store/packs/limits.ts';
import { encodeFooter, FOOTER_BYTES, PACK_HEADER } from '../../store/packs/pack-frame.ts';
import {
  ENTRY_BYTES,
  FRAME_ENTRY_BYTES,
  INDEX_HEAD_BYTES,
  type PackFrame,
} from '../../store/packs/pack-index.ts';
import type { RemoteFrame, RemoteRecord } from './remote-record.ts';

/** A local pack to be made of a remote's records: every byte of it is known but for those of the frames. */
export interface PlannedPack {
  readonly id: PackId;
  readonly size: number;
  /** Where the frames' bytes come from, in the order in which they follow the header. */
  readonly frames: readonly RemoteFrame[];
  /** Index and footer, behind the frames. */
  readonly tail: Uint8Array;
}

/** Bounds of planned packs; smaller than the standard only in tests. */
export interface PlanLimits {
  /** A pack is complete when its frames have this many bytes: what an interruption costs at most, besides one record. */
  readonly enough: number;
  readonly packBytes: number;
}

const STANDARD: PlanLimits = { enough: 128 * 1024 * 1024, packBytes: PACK_LIMITS.packBytes };

/**
 * Lays records out in packs, in their order; the parts of a record that does not fit into one pack are planned together. The same records
 * give the same packs, so that an interrupted download is found again by its id.
 */
export function* planPacks(
  records: readonly RemoteRecord[],
  limits: PlanLimits = STANDARD,
): Generator<readonly PlannedPack[]> {
  let draft = newDraft();
  for (const record of records) {
    const isFull = draft.position > limits.enough || !fits(draft, record.frames, record, limits);
    if (draft.entries.length > 0 && isFull) {
      yield [seal(draft)];
      draft = newDraft();
    }
    const packs: PlannedPack[] = [];
    for (const part of partsOf(record, limits)) {
      if (draft.entries.length > 0 && part.start > 0) {
        packs.push(seal(draft));
        draft = newDraft();
      }
      place(draft, record, part);
    }
    if (packs.length > 0) {
      yield [...packs, seal(draft)];
      draft = newDraft();
    }
  }
  if (draft.entries.length > 0) yield [seal(draft)];
}

interface Draft {
  readonly entries: NewEntry[];
  readonly frames: RemoteFrame[];
  position: number;
  /** Bytes of the index. */
  index: number;
}

function newDraft(): Draft {
  return { entries: [], frames: [], position: PACK_HEADER.length, index: INDEX_HEAD_BYTES };
}

/** A part of a record: frames that follow each other, and where the first begins in the extent. */
interface RecordPart {
  readonly start: number;
  readonly span: number;
  readonly frames: readonly RemoteFrame[];
}

function fits(
  draft: Draft,
  frames: readonly RemoteFrame[],
  { parameters }: RemoteRecord,
  { packBytes }: PlanLimits,
): boolean {
  const stored = frames.reduce((sum, frame) => sum + frame.storedLength, 0);
  const index = ENTRY_BYTES + frames.length * FRAME_ENTRY_BYTES + parameters.length;
  return draft.position + stored + draft.index + index + FOOTER_BYTES <= packBytes;
}

function* partsOf(record: RemoteRecord, limits: PlanLimits): Generator<RecordPart> {
  if (record.frames.length === 0) yield { start: 0, span: record.length, frames: [] };
  let start = 0;
  let frames: RemoteFrame[] = [];
  const part = (): RecordPart => {
    const span = frames.reduce((sum, frame) => sum + frame.rawLength, 0);
    return { start, span, frames };
  };
  for (const frame of record.frames) {
    if (frames.length > 0 && !fits(newDraft(), [...frames, frame], record, limits)) {
      const full = part();
      yield full;
      start += full.span;
      frames = [];
    }
    frames.push(frame);
  }
  if (frames.length > 0) yield part();
}

function place(draft: Draft, record: RemoteRecord, { start, span, frames }: RecordPart): void {
  const { digest, length, kind, elementSize, flags, parameters } = record;
  const placed: PackFrame[] = [];
  for (const { storedLength, rawLength } of frames) {
    placed.push({ offset: draft.position, storedLength, rawLength });
    draft.position += storedLength;
  }
  const coding = { digest, length, kind, elementSize, flags, parameters };
  draft.entries.push({ ...coding, segmentStart: start, segmentSpan: span, frames: placed });
  draft.frames.push(...frames);
  draft.index += ENTRY_BYTES + frames.length * FRAME_ENTRY_BYTES + parameters.length;
}

function seal(draft: Draft): PlannedPack {
  const index = encodePackIndex(draft.entries);
  const { footer, id } = encodeFooter(index, draft.position);
  const tail = Buffer.concat([index, footer]);
  return { id, size: draft.position + tail.length, frames: draft.frames, tail };
}
