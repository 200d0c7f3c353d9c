// Readiness: every probe is asked, and what fails says what to look at, without quoting anything.
import { makeReadiness, NotReady } from '../../shared/platform/readiness';

const well = { name: 'well', look: () => Promise.resolve(), remedy: 'none' };

test('a finding for each probe, in their order', async () => {
  const refused = () => Promise.reject(Object.assign(new Error('secret'), { statusCode: 403 }));
  const findings = await makeReadiness([
    { name: 'vault', look: refused, remedy: 'Look at the role.' },
    well,
    { name: 'secret', look: () => Promise.reject(new NotReady('missing')), remedy: 'Put it there.' },
  ])();
  expect(findings).toEqual([
    { name: 'vault', ok: false, problem: { code: 'http-403', remedy: 'Look at the role.' } },
    { name: 'well', ok: true, problem: null },
    { name: 'secret', ok: false, problem: { code: 'missing', remedy: 'Put it there.' } },
  ]);
});

test('what never answers has failed when the patience ends, and keeps no other from being told', async () => {
  const silent = { name: 'silent', look: () => new Promise<void>(() => undefined), remedy: 'The firewall?' };
  const findings = await makeReadiness([silent, well], 1)();
  expect(findings.map(({ ok, problem }) => [ok, problem?.code])).toEqual([
    [false, 'no-answer'],
    [true, undefined],
  ]);
});
