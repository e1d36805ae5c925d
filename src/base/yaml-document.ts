import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Document, LineCounter } from 'yaml';
import { MgitError } from './errors.ts';
import { schemaValidator } from './json-schema.ts';
import { loadYaml } from './lazy-packages.ts';

const LARGEST_FILE = 1 << 20;

/** A place in a document: keys and indices from its root. */
export type DocumentPath = readonly (string | number)[];

/** What a complaint says in place of the kind's own words. */
export interface Complaint {
  readonly code?: string;
  readonly hint?: string;
}

/** Complains about a place; never returns. */
export type Complain = (path: DocumentPath, message: string, complaint?: Complaint) => never;

/** A kind of YAML file that people write: its JSON schema, the rules beyond it, and what its errors say. */
export interface DocumentKind {
  /** File name in `schema/`. */
  readonly schema: string;
  /** The code of every error, unless a rule names another. */
  readonly code: string;
  readonly hint: string;
  /** What is refused by its name, before the schema complains about its form. */
  readonly screen?: (data: unknown, complain: Complain) => void;
  /** What the schema cannot say, about data that it accepts. */
  readonly check?: (data: unknown, complain: Complain) => void;
}

interface Text {
  readonly name: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly kind: DocumentKind;
}

/**
 * Parses YAML and validates it; returns plain data that the kind's schema and rules accept. `name` is what errors call the file.
 * Errors: the kind's code, with line, column and the offending line.
 */
export function parseYamlDocument(text: string, name: string, kind: DocumentKind): unknown {
  const { LineCounter, parseDocument } = loadYaml();
  const source = { name, text, kind, lines: new LineCounter() };
  if (text.length > LARGEST_FILE) throw invalid(source, 0, 'the file is larger than 1 MiB');
  const document = parseDocument(text, { lineCounter: source.lines, prettyErrors: false, stringKeys: true });
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw invalid(source, error.pos[0], error.message);
  const data = plainData(document, source);
  const complain: Complain = (path, message, complaint) => {
    throw invalid(source, offsetOf(document, path), message, complaint);
  };
  kind.screen?.(data, complain);
  checkSchema(data, kind, complain);
  kind.check?.(data, complain);
  return data;
}

function plainData(document: Document.Parsed, source: Text): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(source, 0, error instanceof Error ? error.message : String(error));
  }
}

function checkSchema(data: unknown, kind: DocumentKind, complain: Complain): void {
  const validate = schemaValidator(kind.schema);
  if (validate(data)) return;
  const error = validate.errors?.[0];
  if (error) complain(pathOf(error, data), messageOf(error));
}

function pathOf(error: ErrorObject, data: unknown): DocumentPath {
  const path: (string | number)[] = [];
  let at: unknown = data;
  const extra = error.keyword === 'additionalProperties' ? [String(error.params.additionalProperty)] : [];
  const steps = error.instancePath.split('/').slice(1).map(unescapePointer);
  for (const step of [...steps, ...extra]) {
    path.push(Array.isArray(at) ? Number(step) : step);
    at = (at as Record<string, unknown> | undefined)?.[step];
  }
  return path;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function messageOf(error: ErrorObject): string {
  const where = error.instancePath === '' ? 'the file' : error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'additionalProperties')
    return `${where} has an unknown key ${JSON.stringify(error.params.additionalProperty)}`;
  if (error.keyword === 'enum') return `${where} must be one of ${error.params.allowedValues.join(', ')}`;
  if (error.keyword === 'const') return `${where} must be ${JSON.stringify(error.params.allowedValue)}`;
  return `${where} ${error.message}`;
}

/** Where a place stands in the text: its key if it is one of a map, else its value, else its nearest parent. */
function offsetOf(document: Document.Parsed, path: DocumentPath): number {
  const { isMap, isNode } = loadYaml();
  if (path.length === 0) return document.contents?.range?.[0] ?? 0;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(item => (isNode(item.key) ? String(item.key) : item.key) === String(last));
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  const node = document.getIn(path, true);
  return isNode(node) && node.range ? node.range[0] : offsetOf(document, path.slice(0, -1));
}

function invalid(source: Text, offset: number, message: string, complaint: Complaint = {}): MgitError {
  const { line, col } = source.lines.linePos(offset);
  const offending = source.text.split('\n')[line - 1] ?? '';
  return new MgitError(
    complaint.code ?? source.kind.code,
    `${source.name}:${line}:${col}: ${message}\n  ${line} | ${offending.trimEnd()}`,
    {
      hint: complaint.hint ?? source.kind.hint,
      details: { line, column: col },
    },
  );
}
