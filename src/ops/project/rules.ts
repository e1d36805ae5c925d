import type { Complain, DocumentPath } from '../../base/yaml-document.ts';
import { type AcceptRule, flatRules, type GatePolicy } from '../../eval/gate/policy.ts';
import { isRenameRule } from '../../formats/names/rename-rule.ts';
import type { ProjectFile } from './project-file.ts';

/** What the JSON schema cannot say: names that refer to each other, and keys that exclude each other. */
export function checkProjectRules(data: unknown, complain: Complain): void {
  const project = data as Partial<ProjectFile>;
  checkModels(project, complain);
  checkNames(project, complain);
  for (const [index, rule] of (project.merge?.rules ?? []).entries())
    if ((rule.method === undefined) === (rule.take === undefined) && !rule.parameters)
      complain(['merge', 'rules', index], 'a merge rule needs either method or take');
  const names = new Set<string>();
  for (const [index, gate] of (project.gates ?? []).entries()) {
    if (names.has(gate.name)) complain(['gates', index, 'name'], `there are two gates named ${gate.name}`);
    names.add(gate.name);
    checkGate(gate, index, project, complain);
  }
  checkProtection(project, names, complain);
}

/** The other gates of a branch would compare the healed candidate with models that were not, and a merge would win by extra training. */
function checkProtection(
  project: Partial<ProjectFile>,
  names: ReadonlySet<string>,
  complain: Complain,
): void {
  const healing = new Set(
    (project.gates ?? []).filter(({ finetune }) => finetune?.mode === 'heal').map(({ name }) => name),
  );
  for (const [branch, { gates }] of Object.entries(project.protect ?? {}))
    for (const [index, gate] of gates.entries()) {
      const at = ['protect', branch, 'gates', index];
      if (!names.has(gate)) complain(at, `there is no gate named ${gate}`);
      if (healing.has(gate) && gates.length > 1)
        complain(at, `gate ${gate} heals, so it must be the only one`);
    }
}

function checkModels(project: Partial<ProjectFile>, complain: Complain): void {
  for (const [index, { graph }] of (project.models ?? []).entries()) {
    if (!graph) continue;
    const keys = Object.keys(graph).sort().join(' ');
    if (keys !== 'onnx' && keys !== 'architecture config')
      complain(['models', index, 'graph'], 'a graph is either { architecture, config } or { onnx }');
  }
}

function checkNames(project: Partial<ProjectFile>, complain: Complain): void {
  for (const [index, rule] of (project.names ?? []).entries())
    if (!isRenameRule(rule))
      complain(['names', index, 'to'], 'each * on the right takes what one on the left has matched');
}

function checkGate(gate: GatePolicy, index: number, project: Partial<ProjectFile>, complain: Complain): void {
  const at = (...path: DocumentPath): DocumentPath => ['gates', index, ...path];
  if ((gate.eval === undefined) === (gate.command === undefined))
    complain(at(), `gate ${gate.name} needs either eval or command`);
  if (gate.eval && !gate.accept) complain(at(), `gate ${gate.name} needs accept rules`);
  for (const key of ['results', 'seeds', 'data', 'gpu', 'timeout'] as const)
    if (gate.eval && gate[key] !== undefined) complain(at(key), `${key} belongs to a command gate`);
  checkDevelopment(gate, at('development'), complain);
  if (gate.command && gate.finetune) complain(at('finetune'), 'a command gate does its own fine-tuning');
  if (gate.runner !== undefined && gate.runner !== 'local' && !project.runners?.[gate.runner])
    complain(at('runner'), `there is no runner named ${gate.runner}`);
  for (const [position, item] of (gate.accept ?? []).entries()) {
    const mixed = 'any_of' in item && Object.keys(item).length > 1;
    if (mixed) complain(at('accept', position), 'any_of stands alone: its rules hold the rest');
    for (const rule of flatRules([item]))
      checkRule(rule, gate, message => complain(at('accept', position), message));
  }
}

function checkRule(rule: AcceptRule, gate: GatePolicy, complain: (message: string) => never): void {
  if (rule.metric === undefined || rule.against === undefined) complain('a rule needs metric and against');
  if ((rule.margin === undefined) === (rule.improve === undefined))
    complain('a rule needs either margin or improve: true');
  if (gate.eval && !gate.eval.metrics.includes(rule.metric))
    complain(`${rule.metric} is not among the metrics of gate ${gate.name}`);
  if (rule.stage !== 'probe') return;
  if (gate.eval && (gate.finetune?.mode ?? 'none') === 'heal')
    complain('stage: probe needs finetune.mode: probe');
  const seeds = gate.eval ? gate.finetune?.seeds : gate.seeds;
  if ((seeds?.length ?? 0) < 2)
    complain('stage: probe needs at least two seeds: its noise is measured across them');
}

/** An evaluation's development data is another path, split or part of it; a command's is said in full, so that nothing is taken for it by mistake. */
function checkDevelopment({ development, ...gate }: GatePolicy, at: DocumentPath, complain: Complain): void {
  if (!development) return;
  const isList = typeof development.data === 'object';
  if (gate.command && !isList)
    complain(at, `development of a command gate needs data, as a list of files and folders`);
  const foreign = gate.command ? (['split', 'limit', 'digest'] as const) : (['command'] as const);
  for (const key of foreign)
    if (development[key] !== undefined)
      complain(
        [...at, key],
        `${key} does not belong to the development of ${gate.command ? 'a command' : 'an eval'}`,
      );
  if (gate.eval && isList) complain([...at, 'data'], 'development of an eval reads one path');
}
