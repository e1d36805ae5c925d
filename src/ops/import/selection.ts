import { pathPattern } from '../../store/worktree/path-pattern.ts';

/** Names that checkpoints usually have. */
export const USUAL_NAMES: readonly string[] = [
  '*.safetensors',
  '*.gguf',
  '*.onnx',
  '*.ckpt',
  '*.pt',
  '*.pth',
  '*pytorch_model*.bin',
  'adapter_model.bin',
];

/** Which paths become models. */
export interface Selection {
  /** As in `.gitattributes` at the root. */
  readonly globs: readonly string[];
  readonly selects: (path: string) => boolean;
}

/** Globs as `.gitattributes` at the root reads them; without any, {@link USUAL_NAMES}. */
export function selection(globs: readonly string[], excluded: readonly string[]): Selection {
  const included = globs.length > 0 ? globs : USUAL_NAMES;
  const [takes, leaves] = [anyOf(included), anyOf(excluded)];
  return { globs: included, selects: path => takes(path) && !leaves(path) };
}

function anyOf(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map(glob => pathPattern(glob, '', false));
  return path => patterns.some(pattern => pattern.matches(path));
}
