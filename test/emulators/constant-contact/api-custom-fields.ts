// `/contact_custom_fields`: the account's own fields.
import { z } from 'zod';
import { conflict, invalid, ok, timestamp } from './answers';
import type { ApiContext } from './api';
import { jsonOf, type Call, type Answer } from '../call';
import { newCustomField, type CustomField } from './lists';
import { linksTo, pageOf, readWindow } from './paging';

const mostFields = 100;
const types = [
  'string',
  'date',
  'text_area',
  'number',
  'currency',
  'datetime',
  'boolean',
  'single_select',
  'multi_select',
];
const newFieldSchema = z.object({ label: z.string().trim().min(1).max(50), type: z.enum(types) });

export function getCustomFields(call: Call, { account }: ApiContext): Answer {
  const window = readWindow(call.query, 100);
  if (!window) return invalid('limit or cursor does not have a valid value');
  const { page, next } = pageOf(account.fields.all(), window);
  return ok({ custom_fields: page.map(showField), ...linksTo('/v3/contact_custom_fields', window, next) });
}

export function postCustomField(call: Call, { account }: ApiContext): Answer {
  const wanted = newFieldSchema.safeParse(jsonOf(call));
  if (!wanted.success) return invalid('label or type does not have a valid value');
  const { label, type } = wanted.data;
  if (account.fields.named(newCustomField(label, type, call.at).name))
    return conflict('Validation failed: Label is not unique');
  if (account.fields.all().length >= mostFields)
    return invalid(`An account has at most ${mostFields} custom fields`);
  return { status: 201, body: showField(account.createField(label, type, call.at)) };
}

const showField = (field: CustomField): object => ({
  custom_field_id: field.id,
  label: field.label,
  name: field.name,
  type: field.type,
  version: 1,
  created_at: timestamp(field.createdAt),
  updated_at: timestamp(field.createdAt),
});
