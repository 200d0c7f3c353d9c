// What the process that starts the host tells it, and hears from it.
import type { Fault } from './faults';

export interface HostConfiguration {
  /** The folder of package.json and host.json. */
  readonly appRoot: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Connection string. */
  readonly storage: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hub?: string;
  readonly workItemVisibilityMs?: number;
  readonly tenantId?: string;
  readonly clockOffsetMs?: number;
  readonly faults?: readonly Fault[];
}

export type ToHost =
  { readonly type: 'start'; readonly configuration: HostConfiguration } | { readonly type: 'stop' };

export type FromHost =
  | { readonly type: 'ready'; readonly url: string; readonly key: string }
  | { readonly type: 'failed'; readonly message: string };
