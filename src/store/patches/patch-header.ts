import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { schemaValidator } from '../../base/json-schema.ts';
import { patchCorrupt } from './patch-error.ts';

/** How changes are approximated: only the largest are made, or each matrix's is a product of two factors. */
export type LossyKind =
  | { readonly type: 'sparse'; readonly density: number }
  | { readonly type: 'low-rank'; readonly rank: number };

/** How the tensors of a patch are carried: as they are, or approximated. */
export type PatchKind = { readonly type: 'lossless' } | LossyKind;

/** A file as a tree names it. */
export interface FileVersion {
  readonly id: ObjectId;
  readonly mode: number;
}

/** A path that a commit changed; null: it is not there. */
export interface PatchChange {
  readonly path: string;
  readonly before: FileVersion | null;
  readonly after: FileVersion | null;
}

/** What happens to a model, from the base to the last commit. */
export interface PatchModel {
  readonly path: string;
  /** Bytes of the model file in the end. */
  readonly size: number;
  readonly changedTensors: number;
  /** Of a lossy patch: how far each changed tensor is from what it was made from, relative to the change. */
  readonly errors: readonly { readonly tensor: string; readonly relativeL2: number }[];
}

/** What a patch file says of itself. */
export interface PatchHeader {
  /** The commit that the first one continues. */
  readonly base: CommitId;
  readonly kind: PatchKind;
  /** Oldest first; each continues the one before. */
  readonly commits: readonly { readonly id: CommitId; readonly changes: readonly PatchChange[] }[];
  readonly models: readonly PatchModel[];
}

/** Canonical JSON. */
export function encodePatchHeader(header: PatchHeader): Uint8Array {
  return Buffer.from(canonicalJson(header as unknown as JsonValue));
}

/** Errors: `PATCH_CORRUPT`, also for any other text than the canonical one. */
export function decodePatchHeader(bytes: Uint8Array): PatchHeader {
  const header = parse(bytes);
  const validate = schemaValidator('patch.schema.json');
  if (!validate(header)) {
    const [problem] = validate.errors ?? [];
    throw patchCorrupt(`its header is not valid (${problem?.instancePath} ${problem?.message})`);
  }
  return header as PatchHeader;
}

function parse(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: JsonValue = JSON.parse(text);
    if (canonicalJson(value) === text) return value;
  } catch (cause) {
    throw patchCorrupt('its header is no JSON', cause); // Too deep for the stack is among the reasons.
  }
  throw patchCorrupt('its header is not canonical');
}
