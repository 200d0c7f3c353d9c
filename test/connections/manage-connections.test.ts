// Making, agreeing to and changing connections.
import { consentStateOf, consentTexts, currentConsent } from '../../shared/connections/consent';
import { makeConnectionStore } from '../../shared/connections/connection-store';
import {
  connectionChangeSchema,
  makeManageConnections,
  newConnectionSchema,
} from '../../shared/connections/manage-connections';
import { failureOf, NOON } from '../constant-contact/support/client';
import { makeJumpingClock } from '../constant-contact/support/clocks';
import { makeRecordingLog } from '../constant-contact/support/recording-log';
import { makeMemoryTable } from '../support/memory-tables';
import { ada, bob } from './support/connections-world';

const wanted = { name: 'Newsletter', sharedWith: 'administrators', contactLimit: null } as const;
const at = (milliseconds = 0) => new Date(NOON + milliseconds).toISOString();

function start() {
  const time = makeJumpingClock(NOON);
  const connections = makeConnectionStore(makeMemoryTable());
  const manage = (consentVersion?: string) =>
    makeManageConnections({
      connections,
      clock: time.clock,
      log: makeRecordingLog().log,
      ...(consentVersion === undefined ? {} : { consentVersion }),
    });
  return { time, connections, manage, ...manage() };
}

test('a new connection has an id, whoever made it, and no consent, account or export user yet', async () => {
  const { create } = start();
  const { value, etag } = await create(wanted, ada);
  expect(value).toEqual({
    ...wanted,
    id: expect.stringMatching(/^[a-z2-7]{12}$/) as string,
    consent: null,
    account: null,
    exportUser: null,
    createdAt: at(),
    createdBy: ada,
    updatedAt: at(),
    updatedBy: ada,
    removing: null,
  });
  expect(etag).not.toBe('');
  expect(await failureOf(create({ ...wanted, name: 'NEWSLETTER' }, bob))).toMatchObject({
    code: 'name-taken',
    connectionId: value.id,
  });
});

test('agreeing records who, when and to which text, once', async () => {
  const { create, acceptConsent, time } = start();
  const { value } = await create(wanted, ada);
  time.advance(1_000);
  const accepted = await acceptConsent(value.id, undefined, currentConsent.version, bob);
  expect(accepted.value).toMatchObject({
    consent: { version: currentConsent.version, acceptedAt: at(1_000), acceptedBy: bob },
    updatedBy: bob,
  });
  time.advance(1_000);
  await expect(acceptConsent(value.id, accepted.etag, currentConsent.version, ada)).resolves.toEqual(
    accepted,
  );
});

test('only the present text can be accepted', async () => {
  const { create, acceptConsent, connections } = start();
  const { value } = await create(wanted, ada);
  for (const version of ['0', '', '__proto__'])
    expect(await failureOf(acceptConsent(value.id, undefined, version, ada))).toMatchObject({
      code: 'consent-outdated',
      version: currentConsent.version,
    });
  await expect(connections.get(value.id)).resolves.toMatchObject({ consent: null });
});

test('a change needs the agreement, the version that it is made to, and touches only what it names', async () => {
  const { create, change, acceptConsent, time } = start();
  const { value, etag } = await create(wanted, ada);
  expect(await failureOf(change(value.id, etag, { name: 'Other' }, ada))).toMatchObject({
    code: 'consent-needed',
  });
  const agreed = await acceptConsent(value.id, etag, currentConsent.version, ada);
  expect(await failureOf(change(value.id, etag, { name: 'Other' }, ada))).toMatchObject({
    code: 'connection-changed',
  });
  time.advance(1_000);
  const changed = await change(value.id, agreed.etag, { contactLimit: 50_000 }, bob);
  expect(changed.value).toEqual({
    ...agreed.value,
    contactLimit: 50_000,
    updatedAt: at(1_000),
    updatedBy: bob,
  });
});

test('after a new text, runs go on under the accepted one, and a change asks for the new one', async () => {
  const { create, acceptConsent, connections, manage } = start();
  const { value } = await create(wanted, ada);
  await acceptConsent(value.id, undefined, currentConsent.version, ada);
  const later = manage('99');
  expect(consentStateOf((await connections.get(value.id))!, '99')).toBe('outdated');
  expect(await failureOf(later.change(value.id, undefined, { name: 'New' }, ada))).toMatchObject({
    code: 'consent-needed',
    version: '99',
  });
  await later.acceptConsent(value.id, undefined, '99', ada);
  await expect(later.change(value.id, undefined, { name: 'New' }, ada)).resolves.toMatchObject({
    value: { name: 'New', consent: { version: '99' } },
  });
});

test('what is no connection, no field of it or no value for it is refused', () => {
  for (const body of [
    {},
    { name: '' },
    { name: 'a', extra: 1 },
    { name: 'a', contactLimit: 1_000_001 },
    { name: 'a', contactLimit: 0.5 },
    { name: 'a', sharedWith: 'everybody' },
    { name: 'a', id: 'abc' },
  ])
    expect(newConnectionSchema.safeParse(body).success).toBe(false);
  for (const body of [
    { name: null },
    { consent: null },
    { account: {} },
    { contactLimit: 0 },
    { removing: null },
  ])
    expect(connectionChangeSchema.safeParse(body).success).toBe(false);
  expect(newConnectionSchema.parse({ name: ' a ' })).toEqual({
    name: 'a',
    sharedWith: 'administrators',
    contactLimit: null,
  });
});

test('each version of the agreement says where the data goes and who answers for it', () => {
  expect(new Set(consentTexts.map(({ version }) => version)).size).toBe(consentTexts.length);
  for (const { paragraphs } of consentTexts) {
    const text = paragraphs.join('\n');
    for (const word of ['personal data', 'leaves the boundary', 'instruct', 'privacy', 'security', 'consent'])
      expect(text).toContain(word);
  }
});
