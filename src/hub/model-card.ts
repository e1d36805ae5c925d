import { stringify } from 'yaml';
import type { PublishedFile } from './publication.ts';

/** A commit that went into the model. */
export interface LineageCommit {
  readonly id: string;
  readonly subject: string;
  readonly parents: readonly string[];
  /** Who wrote it and when, as printed. */
  readonly author: string;
  readonly date: string;
  /** "train", "merge" or undefined for any other change. */
  readonly kind: 'train' | 'merge' | undefined;
}

/** How the model was merged, if its commit is a merge. */
export interface CardMerge {
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly parents: readonly string[];
}

/** One metric of a gate: the values side by side. */
export interface CardGateRow {
  readonly gate: string;
  readonly verdict: string;
  readonly metric: string;
  readonly dataset: string;
  readonly task: string;
  readonly items: number;
  readonly base: number | undefined;
  readonly parents: readonly (number | undefined)[];
  readonly candidate: number;
}

/** What a card tells. */
export interface CardContent {
  readonly name: string;
  readonly revision: string;
  readonly commit: string;
  readonly license: string | undefined;
  /** The repository's own README at that revision, front matter removed. */
  readonly ownText: string | undefined;
  /** The repository's own front matter; what it says wins. */
  readonly ownMetadata: Readonly<Record<string, unknown>>;
  readonly baseModels: readonly string[];
  readonly lineage: readonly LineageCommit[];
  readonly merge: CardMerge | undefined;
  readonly gates: readonly CardGateRow[];
  readonly files: readonly PublishedFile[];
}

/**
 * A model card: YAML front matter (Hugging Face's `license`, `base_model`, `base_model_relation`, `model-index`), the repository's own text, then
 * lineage, merge, gate results and files. Source: Hugging Face, "Model Cards" metadata specification.
 */
export function modelCard(content: CardContent): string {
  const sections = [
    content.ownText?.trim() || `# ${content.name}`,
    versionSection(content),
    content.merge ? mergeSection(content.merge) : '',
    content.gates.length > 0 ? gateSection(content.gates) : '',
    lineageSection(content.lineage),
    filesSection(content.files),
  ];
  return `---\n${stringify(metadataOf(content))}---\n\n${sections.filter(section => section !== '').join('\n\n')}\n`;
}

function metadataOf(content: CardContent): Record<string, unknown> {
  return {
    ...(content.license ? { license: content.license } : {}),
    tags: ['mgit', ...(content.merge ? ['merge'] : [])],
    ...(content.baseModels.length > 0
      ? { base_model: [...content.baseModels], base_model_relation: content.merge ? 'merge' : 'finetune' }
      : {}),
    ...(content.gates.length > 0 ? { 'model-index': [modelIndex(content)] } : {}),
    ...content.ownMetadata,
  };
}

function modelIndex(content: CardContent): object {
  const results = content.gates.map(row => ({
    task: { type: row.task },
    dataset: { name: row.dataset, type: row.dataset },
    metrics: [{ type: row.metric, value: row.candidate }],
  }));
  return { name: content.name, results };
}

function versionSection({ revision, commit }: CardContent): string {
  return `## Version\n\n${code(revision)}, commit \`${commit}\`. Weights and history are kept with mgit; every tensor is identified by its SHA-256.`;
}

function mergeSection(merge: CardMerge): string {
  const parameters = Object.entries(merge.parameters).map(
    ([name, value]) => `| ${code(name)} | ${code(JSON.stringify(value))} |`,
  );
  const table = parameters.length > 0 ? `\n\n| parameter | value |\n|---|---|\n${parameters.join('\n')}` : '';
  return `## Merge\n\nMerged by ${code(merge.method)} from ${merge.parents.map(parent => `\`${parent.slice(0, 12)}\``).join(' and ')}.${table}`;
}

function gateSection(gates: readonly CardGateRow[]): string {
  const parents = Math.max(...gates.map(row => row.parents.length));
  const parentTitles = Array.from({ length: parents }, (_, index) => `parent ${index + 1}`);
  const header = ['gate', 'verdict', 'metric', 'n', 'base', ...parentTitles, 'this model'];
  const rows = gates.map(row => [
    cell(row.gate),
    row.verdict,
    cell(row.metric),
    String(row.items),
    score(row.base),
    ...parentTitles.map((_, index) => score(row.parents[index])),
    `**${score(row.candidate)}**`,
  ]);
  const lines = [header, header.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`);
  return `## Gates\n\nEvaluated side by side on the same items before the change was accepted; the reports are signed.\n\n${lines.join('\n')}`;
}

function lineageSection(lineage: readonly LineageCommit[]): string {
  const rows = lineage.map(
    commit =>
      `- \`${commit.id.slice(0, 12)}\` ${cell(commit.subject)}${commit.kind ? ` (${commit.kind})` : ''}, ${cell(commit.author)}, ${commit.date}`,
  );
  return `## Lineage\n\n${rows.join('\n')}`;
}

function filesSection(files: readonly PublishedFile[]): string {
  const rows = files.map(file => `| ${code(file.path)} | ${file.size} | \`${file.sha256}\` |`);
  return `## Files\n\n| file | bytes | SHA-256 |\n|---|---|---|\n${rows.join('\n')}`;
}

function score(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

/** Text from a history is a stranger's: it must not break out of a table cell or become markup. */
function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[|`<>\\[\]]/g, character => `&#${character.charCodeAt(0)};`);
}

/** Text between back quotes, which a table's cell can hold. */
function code(text: string): string {
  return `\`${text.replace(/[\r\n`]+/g, ' ').replaceAll('|', '\\|')}\``;
}
