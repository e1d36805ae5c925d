import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { Split } from '../../train/data/data-files.ts';
import { EMPTY_PROJECT, PROJECT_FILE, type ProjectFile, parseProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';

/** What the user said about an evaluation; the project file says the rest. */
export interface EvaluationWish {
  readonly task?: string;
  readonly model?: string;
  readonly config?: string;
  readonly data?: string;
  readonly split?: Split;
  readonly limit?: number;
}

/** Everything an evaluation needs to know. Paths of model and config are in the tree; that of the data is relative to the work tree. */
export interface EvaluationChoice {
  readonly task: string;
  readonly model: string;
  readonly config: string;
  readonly data: { readonly path: string; readonly split: Split; readonly limit?: number };
}

/**
 * Decides what is evaluated, and on what: by the user's words, then the work tree's `mgit.yaml` (its first model with a config, its first
 * gate that evaluates the task). Errors: `EVALUATION_UNDECIDED`, `PROJECT_FILE_INVALID`.
 */
export async function chooseEvaluation(
  repository: Repository,
  wish: EvaluationWish,
): Promise<EvaluationChoice> {
  const project = await workTreeProject(repository);
  const gate = project.gates.find(({ eval: policy }) => policy && policy.task === (wish.task ?? policy.task));
  const known = project.models.find(({ path, graph }) => graph && path === (wish.model ?? path));
  const config = known?.graph && 'config' in known.graph ? known.graph.config : undefined;
  return {
    task: wish.task ?? gate?.eval?.task ?? 'image-classification',
    model: wish.model ?? known?.path ?? undecided('model', '--model <path>', 'models'),
    config: wish.config ?? config ?? undecided('config', '--config <path>', 'models[].graph'),
    data: {
      path: wish.data ?? gate?.eval?.data ?? undecided('data', '--data <path>', 'gates[].eval'),
      split: wish.split ?? gate?.eval?.split ?? 'test',
      ...(wish.limit === undefined ? {} : { limit: wish.limit }),
    },
  };
}

async function workTreeProject({ ports, workTree }: Repository): Promise<ProjectFile> {
  const bytes = await ports.fs.readFile(join(workTree, PROJECT_FILE)).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
  return bytes === undefined ? EMPTY_PROJECT : parseProjectFile(new TextDecoder().decode(bytes));
}

function undecided(what: string, option: string, section: string): never {
  throw new MgitError('EVALUATION_UNDECIDED', `nothing says which ${what} to evaluate`, {
    hint: `give ${option}, or describe it under ${section} in ${PROJECT_FILE}`,
  });
}
