// What host.json and package.json of the app say to the host, with the real host's defaults.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';

export interface HostConfig {
  readonly routePrefix: string;
  readonly hubName: string;
  readonly maxConcurrentActivityFunctions: number;
  /** How long an activity whose host died stays invisible. */
  readonly workItemVisibilityMs: number;
  readonly functionTimeoutMs: number;
}

interface HostJson {
  readonly version?: string;
  readonly functionTimeout?: string;
  readonly extensions?: {
    readonly http?: { readonly routePrefix?: string };
    readonly durableTask?: {
      readonly hubName?: string;
      readonly maxConcurrentActivityFunctions?: number;
      readonly storageProvider?: { readonly workItemQueueVisibilityTimeout?: string };
    };
  };
}

/** .NET's `[days.]hh:mm:ss` in milliseconds; -1 (no limit) is the longest wait that there is. */
export function parseTimeSpan(text: string): number {
  if (text === '-1') return 2 ** 31 - 1;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const all = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  if (all <= 0) throw new Error(`"${text}" is no time span (hh:mm:ss)`);
  return all * 1000;
}

/** `%NAME%` stands for a setting, in host.json and in schedules. */
export function withSettings(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/%([^%]+)%/g, (_all, name: string) => {
    const value = env[name];
    if (value === undefined)
      throw new Error(`'%${name}%' does not resolve to a value: the setting ${name} is missing`);
    return value;
  });
}

export function readHostConfig(
  appRoot: string,
  env: Readonly<Record<string, string>>,
  overrides: { readonly hub?: string | undefined; readonly workItemVisibilityMs?: number | undefined },
): HostConfig {
  const hostJson = JSON.parse(readFileSync(path.join(appRoot, 'host.json'), 'utf8')) as HostJson;
  if (hostJson.version !== '2.0') throw new Error('host.json must say "version": "2.0"');
  const durable = hostJson.extensions?.durableTask;
  const visibility = durable?.storageProvider?.workItemQueueVisibilityTimeout ?? '00:05:00';
  const hubName = overrides.hub ?? withSettings(durable?.hubName ?? 'TestHubName', env);
  // The name begins those of tables, queues and containers.
  if (!/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(hubName))
    throw new Error(`task hub name "${hubName}": letters and digits only, 3 to 45, a letter first`);
  return {
    routePrefix: (hostJson.extensions?.http?.routePrefix ?? 'api').replaceAll(/^\/+|\/+$/g, ''),
    hubName,
    maxConcurrentActivityFunctions: durable?.maxConcurrentActivityFunctions ?? 10 * cpus().length,
    workItemVisibilityMs: overrides.workItemVisibilityMs ?? parseTimeSpan(visibility),
    functionTimeoutMs: parseTimeSpan(hostJson.functionTimeout ?? '00:30:00'),
  };
}
