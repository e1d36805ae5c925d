import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import type { CommitId } from '../../../src/base/ids.ts';
import { mergeReportTrees, REPORTS_REF, readReports } from '../../../src/ops/gate/reports.ts';
import { verifyCandidate, verifyRange } from '../../../src/ops/gate/verify.ts';
import {
  type GatedRepository,
  gatedRepository,
  MAIN,
  newKey,
  pretendManifest,
} from '../../testkit/gated-repository.ts';

/** What keeps `to` from becoming the tip of main after `from`. */
async function refusal(repository: GatedRepository, from: CommitId, to: CommitId): Promise<string> {
  try {
    await verifyRange(repository.history, { from, to }, { ref: MAIN });
  } catch (error) {
    if (isMgitError(error, 'GATE_VERIFY_FAILED')) return error.message;
    throw error;
  }
  return 'accepted';
}

/** A model commit on the tip, as a merge would make it. */
function candidateOf(repository: GatedRepository, changes: Record<string, string> = {}): Promise<CommitId> {
  const files = { ...repository.files, 'model.safetensors': pretendManifest('better'), ...changes };
  return repository.commit(files, [repository.tip]);
}

test('a candidate with an honest report is accepted, and its signer is named', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip);
  const [step] = await verifyRange(
    repository.history,
    { from: repository.tip, to: candidate },
    { ref: MAIN },
  );
  expect(step).toMatchObject({
    candidate,
    tip: repository.tip,
    gates: [{ gate: 'digits', key: { name: 'maintainer' } }],
  });
  expect(await verifyCandidate(repository.history, candidate, { ref: MAIN })).toEqual(step);
});

test('a chain of reports carries a branch over several steps; a gap breaks it', async () => {
  await using repository = await gatedRepository();
  const first = await candidateOf(repository);
  const second = await repository.commit({ ...repository.files, 'model.safetensors': pretendManifest('2') }, [
    first,
  ]);
  await repository.report(second, first);
  expect(await refusal(repository, repository.tip, second)).toContain('there is no report on');
  await repository.report(first, repository.tip);
  expect(await refusal(repository, repository.tip, second)).toBe('accepted');
});

test('without a report nothing moves', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  expect(await refusal(repository, repository.tip, candidate)).toContain('there is no report on');
});

test('attack: an edited number', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip, { edit: text => text.replace('0.8', '0.9') });
  expect(await refusal(repository, repository.tip, candidate)).toContain(
    'no signature of the report is by a key',
  );
});

test('attack: a verdict that is not pass', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip, { report: { verdict: 'inconclusive' } });
  expect(await refusal(repository, repository.tip, candidate)).toContain('its verdict is inconclusive');
});

test('attack: a foreign key', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip, { key: newKey() });
  expect(await refusal(repository, repository.tip, candidate)).toContain(
    'no signature of the report is by a key',
  );
});

test('attack: a key that the contribution brings along', async () => {
  await using repository = await gatedRepository();
  const key = newKey();
  const candidate = await candidateOf(repository, { 'keys/attacker.pem': key.publicPem });
  await repository.report(candidate, repository.tip, { key });
  expect(await refusal(repository, repository.tip, candidate)).toContain(
    'no signature of the report is by a key',
  );
});

test('attack: no signature at all', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip, { unsigned: true });
  expect(await refusal(repository, repository.tip, candidate)).toContain('carries no signature');
});

test('attack: a report of one candidate replayed on another', async () => {
  await using repository = await gatedRepository();
  const [good, bad] = [await candidateOf(repository), await candidateOf(repository, { 'readme.md': 'bad' })];
  await repository.report(good, repository.tip);
  const { bindings } = (await import('../../testkit/gate-report.ts')).sampleReport();
  await repository.report(bad, repository.tip, {
    bindings: { candidate: { ...bindings.candidate, commit: good } },
  });
  expect(await refusal(repository, repository.tip, bad)).toContain('its candidate is not that');
});

test('attack: a candidate whose tree was exchanged', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  const { tree } = await repository.history.readCommit(repository.tip);
  await repository.report(candidate, repository.tip, {
    bindings: { candidate: { commit: candidate, tree, models: [] } },
  });
  expect(await refusal(repository, repository.tip, candidate)).toContain('its candidate is not that');
});

test('attack: a report on an older tip, replayed after main has moved', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip);
  const moved = await repository.commit({ ...repository.files, 'notes.md': 'main moved' }, [repository.tip]);
  expect(await refusal(repository, moved, candidate)).toContain('which does not follow');
});

test('attack: another base or other parents', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip, { bindings: { base: candidate } });
  await repository.report(candidate, repository.tip, { attempt: 2, bindings: { parents: [candidate] } });
  const problems = await refusal(repository, repository.tip, candidate);
  expect(problems).toContain('its base is not that');
  expect(problems).toContain('its parents is not that');
});

test('attack: swapped data', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip, {
    bindings: { data: [{ path: 'data', use: 'eval', source: 'tree', digest: '0'.repeat(64) }] },
  });
  expect(await refusal(repository, repository.tip, candidate)).toContain('its data is not that');
});

test('attack: a contribution that weakens the policy, or changes keys or data, needs a report that allowed exactly that', async () => {
  await using repository = await gatedRepository();
  const weaker = repository.files['mgit.yaml']?.replace('margin: 0.01', 'margin: 1') ?? '';
  const candidate = await candidateOf(repository, { 'mgit.yaml': weaker });
  await repository.report(candidate, repository.tip, {
    bindings: { policyChange: false, policyChanges: [] },
  });
  expect(await refusal(repository, repository.tip, candidate)).toContain('its policyChange is not that');
  await repository.report(candidate, repository.tip, { attempt: 2 });
  expect(await refusal(repository, repository.tip, candidate)).toBe('accepted');
  const data = await candidateOf(repository, { 'data/test.csv': 'easier\n' });
  await repository.report(data, repository.tip, { bindings: { policyChange: false, policyChanges: [] } });
  expect(await refusal(repository, repository.tip, data)).toContain('its policyChange is not that');
});

test('attack: a report for another branch', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip, {
    bindings: { target: { ref: 'refs/heads/toy', tip: repository.tip } },
  });
  expect(await refusal(repository, repository.tip, candidate)).toContain('is about refs/heads/toy');
});

test('keys may be pinned to those of a commit that the verifier chose', async () => {
  await using repository = await gatedRepository();
  const key = newKey();
  const rotated = await repository.commit({ ...repository.files, 'keys/second.pem': key.publicPem }, [
    repository.tip,
  ]);
  const candidate = await repository.commit(
    { ...repository.files, 'keys/second.pem': key.publicPem, x: '1' },
    [rotated],
  );
  await repository.report(candidate, rotated, { key });
  const options = { ref: MAIN, keysFrom: repository.tip };
  await expect(verifyCandidate(repository.history, candidate, options)).rejects.toThrow('no signature');
  await verifyCandidate(repository.history, candidate, { ref: MAIN });
});

test('an unprotected branch may move freely', async () => {
  await using repository = await gatedRepository();
  const candidate = await candidateOf(repository);
  expect(
    await verifyRange(
      repository.history,
      { from: repository.tip, to: candidate },
      { ref: 'refs/heads/topic' },
    ),
  ).toEqual([]);
});

test('report trees unite without losing or replacing anything', async () => {
  await using repository = await gatedRepository();
  const { history } = repository;
  const candidate = await candidateOf(repository);
  await repository.report(candidate, repository.tip);
  const ours = (await history.readRef(REPORTS_REF)) as CommitId;
  await history.updateRefs([{ ref: REPORTS_REF, target: null }], 'test');
  await repository.report(candidate, repository.tip, { key: newKey() });
  const theirs = (await history.readRef(REPORTS_REF)) as CommitId;
  const united = await mergeReportTrees(history, ours, theirs);
  expect((await readReports(history, { at: united as CommitId })).map(({ attempt }) => attempt)).toEqual([
    1, 2,
  ]);
  expect(await mergeReportTrees(history, united, ours)).toBe(united);
  expect(await mergeReportTrees(history, undefined, ours)).toBe(ours);
  expect(await refusal(repository, repository.tip, candidate)).toContain('no signature');
  await history.updateRefs([{ ref: REPORTS_REF, target: united as CommitId }], 'test');
  expect(await refusal(repository, repository.tip, candidate)).toBe('accepted');
});
