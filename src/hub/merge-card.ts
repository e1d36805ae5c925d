import { basename } from 'node:path';
import { stringify } from 'yaml';

/** What the card of a merged folder tells. */
export interface MergeCardContent {
  readonly name: string;
  readonly method: string;
  /** The model, and its adapter where it has one. */
  readonly base: readonly string[] | undefined;
  /** Without the base; each with its adapter. */
  readonly models: readonly (readonly string[])[];
  /** The recipe as it was written. */
  readonly recipe: string;
  /** Name of the file that holds the recipe. */
  readonly recipeFile: string;
  readonly version: string;
  readonly hasConfig: boolean;
}

/** A model card for a merge of folders: Hugging Face's metadata with the lineage, then the models and the recipe. Source: Hugging Face, "Model Cards". */
export function mergeCard(content: MergeCardContent): string {
  const { name, method, base, models, recipe, recipeFile, version } = content;
  const metadata = {
    base_model: [...new Set([...(base ?? []), ...models.flat()].map(modelId))],
    base_model_relation: 'merge',
    ...(content.hasConfig ? { library_name: 'transformers' } : {}),
    tags: ['mgit', 'merge'],
  };
  const listed = models.map(model => `- ${code(shownName(model))}`).join('\n');
  const baseLine = base === undefined ? '' : `\nBase: ${code(shownName(base))}\n`;
  return `---
${stringify(metadata)}---

# ${name}

A merge by \`${method}\`, made with mgit ${version} from \`${recipeFile}\`.
${baseLine}
Models:

${listed}

\`\`\`yaml
${recipe.trimEnd()}
\`\`\`
`;
}

function shownName(parts: readonly string[]): string {
  return parts.map(modelId).join(' + ');
}

/** Names of the Hub stay; of a path, the last folder counts. */
function modelId(model: string): string {
  const isHubName = /^[A-Za-z0-9][\w.-]*\/[\w.-]+$/.test(model);
  return isHubName ? model : basename(model);
}

function code(text: string): string {
  return `\`${text.replaceAll('`', '')}\``;
}
