// Twelve optional columns, a fifth of their cells blank: few import jobs, nobody in more than five, no blank cell, every value arrives.
import { standardFields } from '../../shared/contacts/mapping';
import { containerUrl, startAppInMemory } from '../support/app-in-memory';

const contacts = 100_000;
/** Without dates, whose values Constant Contact checks. */
const fields = [
  ...Object.keys(standardFields).filter((field) => !/birthday|anniversary/.test(field)),
  'cf:tier',
];

/** Repeatable, and good enough to scatter blanks. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

test('every value of 100,000 contacts with 4,096 patterns of blanks arrives in at most 40 import jobs', async () => {
  const random = makeRandom(7);
  const people = Array.from({ length: contacts }, (_, number) => ({
    address: `person${number}@example.com`,
    cells: fields.map((field) => (random() < 0.2 ? '' : `${field} ${number % 977}`)),
  }));
  const csv = [
    ['Email', ...fields].join(','),
    ...people.map(({ address, cells }) => [address, ...cells].join(',')),
  ].join('\n');

  expect(fields).toHaveLength(12);
  const app = await startAppInMemory({
    constantContact: {
      seed: { customFields: [{ label: 'tier' }] },
      limits: { perSecond: 1_000_000, perDay: 1_000_000_000 },
    },
  });
  try {
    await app.segments.write('everybody.csv', csv, 'text/csv');
    const entity = {
      $type: 'LocalEntity',
      name: 'Everybody',
      attributes: ['Email', ...fields].map((name) => ({ name, dataType: 'string' })),
      partitions: [
        {
          name: 'p1',
          location: `${containerUrl}/everybody.csv`,
          fileFormatSettings: { columnHeaders: true },
        },
      ],
    };
    const model = { name: 'export', version: '1.0', entities: [entity] };
    await app.segments.write('model.json', JSON.stringify(model), 'application/json');
    const { id } = await app.makeExport({
      mapping: { email: 'Email', fields: Object.fromEntries(fields.map((field) => [field, field])) },
      segments: ['Everybody'],
    });

    const run = await app.run(id);

    expect(run).toMatchObject({ status: 'Successful', counts: { read: contacts, accepted: contacts } });
    const { jobs, maxJobsPerPerson, blankCells, oversize, violations } = app.constantContact.state(0);
    expect(jobs.length).toBeLessThanOrEqual(40);
    expect(maxJobsPerPerson).toBeLessThanOrEqual(5);
    expect({ blankCells, oversize, violations }).toEqual({ blankCells: 0, oversize: [], violations: [] });
    const members = new Map(
      [...app.constantContact.members(app.listId)].map((member) => [member.address, member.fields]),
    );
    expect(members.size).toBe(contacts);
    const different = people.filter(({ address, cells }) => {
      const expected = Object.fromEntries(
        fields.flatMap((field, index) => (cells[index] ? [[field, cells[index]]] : [])),
      );
      const actual = members.get(address) ?? {};
      return fields.some((field) => actual[field] !== expected[field]);
    });
    expect(different).toEqual([]);
  } finally {
    await app.stop();
  }
}, 120_000);
